"""The audit, for those who watch over the book."""
