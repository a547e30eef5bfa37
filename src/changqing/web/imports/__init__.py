"""Imports: what each file did to the book, what is on its way, and undo and redo."""
