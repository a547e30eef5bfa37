"""No death leaves half a truth: the short form of ``make kill``."""

from __future__ import annotations

import pytest

import deaths


@pytest.mark.beside
def test_the_book_is_whole_after_every_death() -> None:
    code, told = deaths.ended()
    assert code == 0, told
    assert told.splitlines()[-1] == "every book was whole after every death"
    survived = [line for line in told.splitlines() if "; settled after " in line]
    assert len(survived) == int(deaths.COUNT), told
