"""A book of thirty accounts with three years of orders, and one whose accounts drift."""

from changqing.retention.conftest import drifting_book, people
from changqing.web.methods.conftest import scored_book

__all__ = ["drifting_book", "people", "scored_book"]
