"""The small book of the reports, for the pages that show it."""

from changqing.reports.conftest import people, small_book

__all__ = ["people", "small_book"]
