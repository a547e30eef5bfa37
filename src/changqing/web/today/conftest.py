"""The drifting book, for the page that shows it."""

from changqing.retention.conftest import drifting_book, people

__all__ = ["drifting_book", "people"]
