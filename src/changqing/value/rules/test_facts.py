"""The history of one account, cut at many days at once."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from changqing.value.rules.facts import EPOCH, Histories, gaps_of, gaps_until, number_of

DAYS = st.dictionaries(st.integers(15_000, 16_000), st.booleans(), min_size=1, max_size=40)


def of_one(days: dict[int, bool]) -> Histories:
    known = sorted(days)
    nothing = np.zeros(len(known))
    return Histories(
        accounts=np.array([7]),
        of=np.zeros(len(known), np.int64),
        days=np.array(known),
        revenue=nothing,
        margin=nothing,
        without_cost=nothing,
        returned=nothing,
        bought=np.array([days[day] for day in known]),
    )


@given(DAYS, st.lists(st.integers(14_990, 16_010), max_size=8))
def test_many_cuts_at_once_are_each_cut_by_itself(days: dict[int, bool], ends: list[int]) -> None:
    book = of_one(days)
    if not book.bought.any():
        return
    began = book.days[book.bought][0]
    cuts = np.array(sorted(end for end in ends if end >= began), np.int64)
    found = gaps_until(book, cuts)
    assert found.offsets.size == cuts.size + 1
    for at, end in enumerate(cuts.tolist()):
        day: date = EPOCH + timedelta(days=end)
        assert number_of(day) == end
        alone = gaps_of(book.until(day))
        mine = found.flat[found.offsets[at] : found.offsets[at + 1]]
        assert mine.tolist() == alone.flat.tolist()
        for name in ("purchases", "first", "last"):
            assert getattr(found, name)[at] == getattr(alone, name)[0], name
