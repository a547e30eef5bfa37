"""The drifting book, to review."""

from changqing.retention.conftest import drifting_book, people

__all__ = ["drifting_book", "people"]
