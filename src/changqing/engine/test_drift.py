"""Warning rules on books simulated with planted drifts, against known laws, and on hostile input.

CHANGQING_SIMULATED_BOOKS says how many books (seeds 1, 2 …) to judge on; `make judge-warnings` takes 20.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from scipy import stats

from changqing.engine.computable import Floats, Integers, NotComputable
from changqing.engine.drift import (
    Flags,
    missing,
    more_often,
    overdue,
    per_look,
    rate_law,
    shifted,
)
from changqing.engine.rhythm import Rhythms
from changqing.engine.rhythm_book import BookLaw
from changqing.engine.simulated import Book, Drift, simulated_book

BOOKS = int(os.environ.get("CHANGQING_SIMULATED_BOOKS", "2"))
# False alarms a year that each rule may have; all rules together .05.
BUDGET = {
    Drift.SILENT: 0.016,
    Drift.NARROWER: 0.012,
    Drift.RETURNING: 0.014,
    Drift.SLOWER: 0.004,
    Drift.CHEAPER: 0.004,
}
WITHIN_INTERVALS = 2.0


@dataclass(frozen=True, eq=False)
class Seen:
    """The orders of a book up to a day."""

    offsets: Integers
    owner: Integers
    upto: Flags

    @classmethod
    def on(cls, book: Book, today: float) -> Seen:
        accounts = book.orders.offsets.size - 1
        owner = np.repeat(np.arange(accounts), np.diff(book.orders.offsets))
        upto = book.orders.day <= today
        sizes = np.bincount(owner[upto], minlength=accounts)
        return cls(np.concatenate(([0], np.cumsum(sizes))), owner[upto], upto)


def more_in_newest(hits: Floats, trials: int, offsets: Integers, allowed: Floats) -> Flags:
    """More hits in the newest two or three orders than before."""
    total = np.concatenate(([0.0], np.cumsum(hits)))
    end, begin = offsets[1:], offsets[:-1]
    raised = np.zeros(end.size, bool)
    for window in (2, 3):
        newest, before = total[end] - total[end - window], total[end - window] - total[begin]
        of_newest = np.full(end.size, window * trials)
        of_before = (end - begin - window) * trials
        found = more_often(newest, of_newest, before, of_before, allowed=allowed / 2)
        raised |= found.is_raised
    return raised


def look(book: Book, today: float, law: BookLaw | None) -> tuple[dict[Drift, Flags], BookLaw]:
    """What each rule says of each account on one day."""
    seen, orders = Seen.on(book, today), book.orders
    day = orders.day[seen.upto]
    gaps = np.diff(day)[seen.owner[1:] == seen.owner[:-1]]
    rhythms = Rhythms.fit(
        gaps=gaps,
        offsets=seen.offsets - np.arange(seen.offsets.size),
        silence=today - day[seen.offsets[1:] - 1],
        book=law,
    )
    allowed = {rule: per_look(budget, 365.25 / rhythms.mean) for rule, budget in BUDGET.items()}
    families = orders.families[seen.upto]
    paid, margin = np.log(orders.paid_after[seen.upto]), orders.margin[seen.upto]
    left_out = (~families).sum(axis=1).astype(float)
    returned = orders.returned[seen.upto].astype(float)
    raised = {
        Drift.SILENT: overdue(rhythms, false_per_year=BUDGET[Drift.SILENT]).is_raised,
        Drift.NARROWER: more_in_newest(left_out, families.shape[1], seen.offsets, allowed[Drift.NARROWER]),
        Drift.RETURNING: more_in_newest(returned, 1, seen.offsets, allowed[Drift.RETURNING]),
        Drift.SLOWER: shifted(paid, seen.offsets, worse="higher", allowed=allowed[Drift.SLOWER]).is_raised,
        Drift.CHEAPER: shifted(margin, seen.offsets, worse="lower", allowed=allowed[Drift.CHEAPER]).is_raised,
    }
    return raised, rhythms.book


def due(book: Book, account: int) -> float:
    """The day from which a drift can be seen: its first order, or the day the missing order was due."""
    days = book.orders.day[book.orders.offsets[account] : book.orders.offsets[account + 1]]
    if book.drift[account] is Drift.SILENT:
        return float(days[-1] + book.interval[account])
    return float(days[days >= book.since[account]][0])


def watched_for_a_year(seed: int) -> tuple[int, int, list[float]]:
    """Steady accounts, false warnings among them, and after how many own intervals each drift was found."""
    book = simulated_book(seed)
    steady = np.isinf(book.since)
    still = {rule: np.zeros(steady.size, bool) for rule in BUDGET}
    false, found = 0, np.full(steady.size, math.inf)
    law: BookLaw | None = None
    for today in np.arange(0.0, 365.0, 7.0):
        raised, law = look(book, today, law)
        for rule, now in raised.items():
            new = now & ~still[rule]
            still[rule] = now
            false += int((new & steady).sum())
            mine = np.array([kind is rule for kind in book.drift]) & (book.since <= today)
            found[new & mine] = np.minimum(found[new & mine], today)
    drifting = np.flatnonzero(~steady)
    after = [(found[at] - due(book, int(at))) / book.interval[at] for at in drifting]
    return int(steady.sum()), false, after


def test_few_false_warnings_and_planted_drifts_found_soon() -> None:
    """Weekly looks for a year, all rules together: at most .05 false ones per steady account and year, and
    four of five drifts found within two of the account's own intervals."""
    years, false, after = 0, 0, np.zeros(0)
    for seed in range(1, BOOKS + 1):
        steady, wrong, found = watched_for_a_year(seed)
        years, false, after = years + steady, false + wrong, np.concatenate((after, found))
    assert years == 60 * BOOKS
    assert false / years <= 0.05
    assert (after <= WITHIN_INTERVALS).mean() >= 0.80


@pytest.mark.parametrize("size", [12, 60])
def test_a_steady_account_is_flagged_as_often_as_allowed(size: int) -> None:
    values = np.random.default_rng(0).normal(size=20_000 * size)
    found = shifted(values, np.arange(0, values.size + 1, size), worse="higher", allowed=0.01)
    assert 0.004 <= found.is_raised.mean() <= 0.0115


def test_the_moderated_t_of_one_account_alone_is_students() -> None:
    """Where variances differ without end the book says nothing of the largest, and t is the plain one."""
    chance = np.random.default_rng(3)
    rows = [chance.normal(size=10) * 10.0**power for power in range(-40, 41)]
    found = shifted(np.concatenate(rows), np.arange(0, 811, 10), worse="higher", allowed=0.01)
    for at in (60, 80):
        values = rows[at]
        plain = []
        for window in (1, 2):
            before, newest = values[:-window], values[-window:]
            t = (newest.mean() - before.mean()) / (
                before.std(ddof=1) * math.sqrt(1 / window + 1 / before.size)
            )
            plain.append(stats.t.sf(t, before.size - 1))
        assert found.chance[at] == pytest.approx(min(1.0, 2 * min(plain)), rel=0.05)


def test_worse_is_a_direction_and_figures_are_told() -> None:
    values = [40.0, 41, 39, 40, 42, 38, 40, 41, 70, 72]
    slower = shifted(values, [0, 10], worse="higher", allowed=0.001)
    assert (bool(slower.is_raised[0]), slower.seen[0], slower.usual[0]) == (True, 71.0, 40.125)
    assert not shifted(values, [0, 10], worse="lower", allowed=0.001).is_raised[0]


def test_too_little_history_says_nothing() -> None:
    found = shifted([1.0, 2.0, 99.0], [0, 3, 3], worse="higher", allowed=0.05)
    assert not found.is_raised.any()
    assert np.isnan(found.chance).all()


def test_more_often_is_the_beta_binomial_tail() -> None:
    before, of_before = np.array([1.0, 2, 0, 5, 30]), np.array([40.0, 50, 40, 60, 60])
    law = rate_law(before, of_before)
    found = more_often([2, 1, 0, 3, 2], [3, 3, 3, 3, 3], before, of_before, allowed=0.01)
    expected = [
        stats.betabinom.sf(y - 1, 3, law.a + x, law.b + m - x)
        for y, x, m in zip([2, 1, 0, 3, 2], before, of_before, strict=True)
    ]
    assert found.chance == pytest.approx(expected, rel=1e-9)
    assert found.chance[2] == pytest.approx(1)


def test_a_rate_law_finds_the_law_it_was_drawn_from() -> None:
    chance = np.random.default_rng(8)
    of = np.full(4000, 40.0)
    law = rate_law(chance.binomial(40, chance.beta(2, 18, 4000)), of)
    assert [law.a, law.b] == pytest.approx([2, 18], rel=0.1)


def test_a_family_that_is_never_left_out_is_missed_soon_and_a_rare_one_late() -> None:
    pairs: dict[str, Any] = {"account": np.array([0, 0, 1]), "bought": [40, 4, 20], "orders": [40, 40, 40]}
    three = missing(**pairs, since=[3, 3, 0], accounts=2, allowed=0.01)
    assert three.is_missing.tolist() == [True, False, False]
    assert (three.is_raised.tolist(), three.families.tolist()) == ([True, False], [1, 0])
    chances = [missing(**pairs, since=[n, n, 0], accounts=2, allowed=0.01).chance for n in range(5)]
    assert (np.diff(np.array(chances), axis=0)[:, :2] < 0).all()
    assert chances[0].tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: shifted([1.0], [0, 2], worse="higher", allowed=0.1), "inconsistent"),
        (lambda: shifted([math.nan], [0, 1], worse="higher", allowed=0.1), "not_finite"),
        (lambda: shifted([1.0], [0, 1], worse="higher", allowed=0.0), "bad_share"),
        (lambda: more_often([2], [1], [0], [9], allowed=0.1), "inconsistent"),
        (lambda: more_often([-1], [1], [0], [9], allowed=0.1), "negative_value"),
        (lambda: more_often([1], [1], [0.5], [9], allowed=0.1), "inconsistent"),
        (lambda: per_look(0.0, [3.0]), "bad_share"),
        (
            lambda: missing(np.array([2]), bought=[1], orders=[1], since=[1], accounts=2, allowed=0.1),
            "inconsistent",
        ),
    ],
)
def test_what_has_no_answer_says_so(call: Any, code: str) -> None:
    with pytest.raises(NotComputable) as refused:
        call()
    assert refused.value.code == code


@pytest.mark.parametrize("value", [0.0, 7.0, 1e9, -1e9])
def test_values_without_scatter_neither_warn_nor_fail(value: float) -> None:
    found = shifted([value] * 20, [0, 20], worse="higher", allowed=0.01)
    assert not found.is_raised[0]
    assert 0 <= found.chance[0] <= 1
