"""Reads the small book's fixtures, so that the dossier is tested on accounts with figures."""

from __future__ import annotations

from changqing.reports.conftest import people, small_book

__all__ = ["people", "small_book"]
