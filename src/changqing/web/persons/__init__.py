"""Persons at our customers: the list, one person, their posts."""
