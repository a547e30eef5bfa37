"""Profit over a lifetime against checked and published examples."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from changqing.engine.computable import NotComputable
from changqing.engine.profit import (
    Base,
    Step,
    cost_to_serve,
    financing_cost,
    lifetime_profit,
    more_longer_deeper,
    pocket_price_waterfall,
)

QUARTERLY: dict[str, Any] = {"purchases_per_year": 4, "discount_rate": 0.12}


def test_lifetime_profit_of_the_checked_example() -> None:
    """Twelve quarterly purchases of 100, 60 a year for contacts, 12 %: 1002.94 − 161.40 = 841.54."""
    found = lifetime_profit([100] * 12, contacts=[[60], [60], [60]], unit_costs=[1], **QUARTERLY)
    assert (round(found.margin, 2), round(found.contact_cost, 2), round(found.profit, 2)) == (
        1002.94,
        161.40,
        841.54,
    )


def test_contacts_by_channel_cost_what_their_years_cost() -> None:
    """Two visits at 20 and ten calls at 2 are 60 a year, with one price or one for each year."""
    one = lifetime_profit([100] * 12, contacts=[[2, 10]] * 3, unit_costs=[20, 2], **QUARTERLY)
    each = lifetime_profit([100] * 12, contacts=[[2, 10]] * 3, unit_costs=[[20, 2]] * 3, **QUARTERLY)
    assert (round(one.profit, 2), each) == (841.54, one)


def test_lifetime_profit_without_discount_and_contacts_is_the_sum() -> None:
    found = lifetime_profit([10.0, -3.0, 5.5], purchases_per_year=0.7, discount_rate=0)
    assert (found.margin, found.contact_cost, found.profit) == (12.5, 0.0, 12.5)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"margins": []}, "empty"),
        ({"margins": [1, math.nan]}, "not_finite"),
        ({"purchases_per_year": 0}, "inconsistent"),
        ({"purchases_per_year": math.inf}, "inconsistent"),
        ({"discount_rate": -0.1}, "inconsistent"),
        ({"discount_rate": math.nan}, "inconsistent"),
        ({"contacts": [60, 60], "unit_costs": [1]}, "unequal_lengths"),
        ({"contacts": [[60], [60]], "unit_costs": [1, 2]}, "unequal_lengths"),
        ({"contacts": [[60], [60]]}, "unequal_lengths"),
        ({"contacts": [[-1]], "unit_costs": [1]}, "negative_value"),
        ({"contacts": [[1]], "unit_costs": [math.nan]}, "not_finite"),
    ],
)
def test_lifetime_profit_refuses(changed: dict[str, Any], code: str) -> None:
    with pytest.raises(NotComputable) as refused:
        lifetime_profit(**{"margins": [1.0], "purchases_per_year": 1, "discount_rate": 0.1, **changed})
    assert refused.value.code == code


def test_levers_by_hand() -> None:
    """10 × 4 × 5 = 200 to 12 × 4 × 5 = 240 is all "more"; all three doubled share 7 × 200 alike."""
    before = Base(10, 4, 5)
    more = more_longer_deeper(before, Base(12, 4, 5))
    assert (more.more, more.longer, more.deeper) == (40.0, 0.0, 0.0)
    doubled = more_longer_deeper(before, Base(20, 8, 10))
    assert [doubled.more, doubled.longer, doubled.deeper] == pytest.approx([1400 / 3] * 3)


BASES = st.builds(Base, st.floats(0, 1e4), st.floats(0, 50), st.floats(-1e6, 1e6))


@given(BASES, BASES)
def test_levers_add_up_and_turn_round(before: Base, after: Base) -> None:
    there, back = more_longer_deeper(before, after), more_longer_deeper(after, before)
    scale = 1 + 1e4 * 50 * (abs(before.profit_per_year) + abs(after.profit_per_year))
    change = after.profit - before.profit
    assert there.more + there.longer + there.deeper == pytest.approx(change, abs=1e-12 * scale)
    assert [back.more, back.longer, back.deeper] == pytest.approx(
        [-there.more, -there.longer, -there.deeper], abs=1e-12 * scale
    )


@pytest.mark.parametrize("bad", [Base(-1, 1, 1), Base(1, math.nan, 1), Base(1, 1, math.inf)])
def test_levers_refuse(bad: Base) -> None:
    with pytest.raises(NotComputable):
        more_longer_deeper(Base(1, 1, 1), bad)


def test_cost_to_serve_of_the_published_department() -> None:
    """Kaplan & Anderson (2004): 560,000 for 700,000 minutes; orders 8, inquiries 44, credit checks 50."""
    found = cost_to_serve(
        cost=560_000, practical_minutes=700_000, minutes=[8, 44, 50], counts=[49_000, 1_400, 2_500]
    )
    assert found.rate_per_minute == 0.8
    assert found.by_activity.round(6).tolist() == [313_600, 49_280, 100_000]
    assert (round(found.total, 6), round(found.unused, 6)) == (462_880, 97_120)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"practical_minutes": 0}, "inconsistent"),
        ({"cost": -1}, "inconsistent"),
        ({"minutes": [1, 2]}, "unequal_lengths"),
        ({"counts": [-1]}, "negative_value"),
        ({"minutes": [-1]}, "negative_value"),
    ],
)
def test_cost_to_serve_refuses(changed: dict[str, Any], code: str) -> None:
    with pytest.raises(NotComputable) as refused:
        cost_to_serve(**{"cost": 1, "practical_minutes": 1, "minutes": [1], "counts": [1], **changed})
    assert refused.value.code == code


def test_waterfall_from_list_price_to_profit() -> None:
    found = pocket_price_waterfall(
        100.0,
        reductions={"discount": 10.1, "rebate": 5.2, "surcharge": -0.3},
        costs={"product": 60.0, "logistics": 30.0},
    )
    assert found.price_steps == (
        Step("discount", -10.1, 89.9),
        Step("rebate", -5.2, 84.7),
        Step("surcharge", 0.3, 85.0),
    )
    assert found.cost_steps == (Step("product", -60.0, 25.0), Step("logistics", -30.0, -5.0))
    assert (found.list_price, found.pocket_price, found.profit) == (100.0, 85.0, -5.0)


def test_waterfall_without_steps_is_the_list_price() -> None:
    found = pocket_price_waterfall(7, reductions={}, costs={})
    assert (found.pocket_price, found.profit) == (7.0, 7.0)


@pytest.mark.parametrize(("price", "cost"), [(-1.0, 0.0), (math.nan, 0.0), (1.0, math.inf)])
def test_waterfall_refuses(price: float, cost: float) -> None:
    with pytest.raises(NotComputable):
        pocket_price_waterfall(price, reductions={}, costs={"product": cost})


def test_financing_cost_by_hand() -> None:
    """73,000 for 50 days and a credit note of 7,300 for 100 days at 6 %: (3.65 m − .73 m)/365 × .06."""
    assert financing_cost([73_000, -7_300], [50, 100], yearly_rate=0.06) == pytest.approx(480.0, rel=1e-15)
    assert financing_cost([36_000], [30], yearly_rate=0.06, days_in_year=360) == pytest.approx(180.0)


@pytest.mark.parametrize(
    ("amounts", "days", "rate"), [([1], [1, 2], 0.1), ([1], [-1], 0.1), ([1], [1], -0.1), ([], [], 0.1)]
)
def test_financing_cost_refuses(amounts: list[float], days: list[float], rate: float) -> None:
    with pytest.raises(NotComputable):
        financing_cost(amounts, days, yearly_rate=rate)
