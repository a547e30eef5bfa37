"""The small book of the reports and the drifting one of warnings, for the pages that show them."""

from changqing.reports.conftest import people, small_book
from changqing.retention.conftest import drifting_book

__all__ = ["drifting_book", "people", "small_book"]
