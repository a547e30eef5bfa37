"""The scored book of the methods, for the page that shows its growth."""

from changqing.web.methods.conftest import people, scored_book

__all__ = ["people", "scored_book"]
