"""Orders in any order, returns among them, become the histories that a person would write down."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from changqing.engine.computable import NotComputable
from changqing.engine.histories import purchases
from changqing.engine.orders import histories_of

ORDERS = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(0, 12), st.integers(-3, 9)), min_size=1, max_size=40
)


def test_as_the_guide_has_it() -> None:
    found = histories_of(["a", "b", "a", "a"], [10, 80, 70, 40], until=100, value=[50.0, 9.0, 30.0, 20.0])
    assert found.customer.tolist() == ["a", "b"]
    assert (found.frequency.tolist(), found.recency.tolist()) == ([2, 0], [60, 0])
    assert (found.T.tolist(), found.monetary_value.tolist()) == ([90, 20], [25.0, 0.0])


@given(ORDERS, st.integers(0, 14))
def test_says_what_counting_by_hand_says(orders: list[tuple[str, int, int]], until: int) -> None:
    money: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for who, day, worth in orders:
        if day <= until:
            money[who][day] += worth
    days = {who: sorted(day for day, worth in of.items() if worth > 0) for who, of in money.items()}
    expected = [
        (who, len(when) - 1, when[-1] - when[0], until - when[0], sum(money[who][day] for day in when[1:]))
        for who, when in sorted(days.items())
        if when
    ]
    whose, when, worths = zip(*orders, strict=True)
    if not expected:
        with pytest.raises(NotComputable):
            histories_of(whose, when, until=until, value=worths)
        return
    found = histories_of(whose, when, until=until, value=worths)
    columns = (
        found.customer,
        found.frequency,
        found.recency,
        found.T,
        found.monetary_value * found.frequency,
    )
    told = [tuple(row) for row in zip(*(column.tolist() for column in columns), strict=True)]
    assert [row[:4] for row in told] == [row[:4] for row in expected]
    assert [row[4] for row in told] == pytest.approx([row[4] for row in expected])
    purchases(found.frequency, found.recency, found.T)


@pytest.mark.parametrize(
    ("given_", "code"),
    [
        ({"customer": ["a"], "day": [5], "until": 4}, "empty"),
        ({"customer": ["a", "a"], "day": [5, 5], "until": 9, "value": [5, -5]}, "empty"),
        ({"customer": [], "day": [], "until": 4}, "empty"),
        ({"customer": ["a", "b"], "day": [5], "until": 9}, "unequal_lengths"),
        ({"customer": ["a"], "day": [5], "until": 9, "value": [1, 2]}, "unequal_lengths"),
        ({"customer": ["a"], "day": [math.nan], "until": 9}, "not_finite"),
        ({"customer": ["a"], "day": [5], "until": math.inf}, "not_finite"),
    ],
)
def test_refuses_what_holds_no_purchase(given_: dict[str, Any], code: str) -> None:
    with pytest.raises(NotComputable) as refused:
        histories_of(**given_)
    assert refused.value.code == code
