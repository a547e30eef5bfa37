"""The small book of the reports, to find in."""

from changqing.reports.conftest import people, small_book

__all__ = ["people", "small_book"]
