"""Persons at our customers: their posts over time, on which ground we keep them, and how they leave again."""
