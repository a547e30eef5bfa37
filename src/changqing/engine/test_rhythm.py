"""The rhythm of accounts: simulated books, the real ledger, limits and hostile input."""

from __future__ import annotations

import datetime
from collections import defaultdict
from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
from scipy import stats

from changqing.engine.computable import Floats, Integers, NotComputable
from changqing.engine.next_gap import SPANS, NextGap
from changqing.engine.rhythm import Rhythms
from changqing.engine.test_real_ledger import _rows, ledger_folder


@dataclass(frozen=True, eq=False)
class Watched:
    """Gaps to a day, the silence since, and the gap that came after: inf when the account had left."""

    gaps: Floats
    offsets: Integers
    silence: Floats
    coming: Floats

    def fit(self) -> Rhythms:
        return Rhythms.fit(gaps=self.gaps, offsets=self.offsets, silence=self.silence)


def watched(orders: list[Floats], until: float) -> Watched:
    """What is known on the day ``until`` of accounts with those order days, and what came next."""
    past = [days[days <= until] for days in orders]
    kept = [(seen, days[len(seen) :]) for seen, days in zip(past, orders, strict=True) if len(seen)]
    return Watched(
        gaps=np.concatenate([np.diff(seen) for seen, _ in kept]).astype(float),
        offsets=np.concatenate(([0], np.cumsum([len(seen) - 1 for seen, _ in kept]))),
        silence=np.array([until - seen[-1] for seen, _ in kept], float),
        coming=np.array([came[0] - seen[-1] if len(came) else np.inf for seen, came in kept]),
    )


def simulated(seed: int, *, accounts: int = 300, shape: float = 8.0, leaves: float = 0.05) -> Watched:
    """Two years of accounts that live by the story of the model, without skipped intervals."""
    chance = np.random.default_rng(seed)
    orders = []
    for _ in range(accounts):
        mean, k = 40 * np.exp(chance.normal(0, 0.5)), shape * np.exp(chance.normal(0, 0.4))
        life = 1 + int(chance.geometric(leaves)) if leaves else 200
        begins = chance.uniform(0, 600)
        orders.append(
            begins + np.concatenate(([0.0], np.cumsum(chance.gamma(k, mean / k, min(life, 400) - 1))))
        )
    return watched(orders, 730.0)


@cache
def reseller_orders() -> list[Floats]:
    """Days on which each account of the real ledger ordered for more than nothing."""
    folder = ledger_folder()
    if folder is None:
        pytest.skip("the real ledger is not here: set CHANGQING_SHARED to the folder that holds data/")
    money: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for line in _rows(folder, "order_lines.csv"):
        day = datetime.date.fromisoformat(line["OrderDate"][:10]).toordinal()
        money[line["ResellerKey"]][day] += float(line["SalesAmount"])
    return [np.array(sorted(day for day, sum_ in days.items() if sum_ > 0), float) for days in money.values()]


def test_next_orders_of_the_real_ledger_fall_in_their_band_without_hindsight() -> None:
    """Fitted at 2019-05-31, judged on the year that followed: 80 % promised, 75 to 85 % kept."""
    book = watched(reseller_orders(), datetime.date(2019, 5, 31).toordinal())
    band, back = book.fit().next_order(), np.isfinite(book.coming)
    held = ((book.coming >= band.low) & (book.coming <= band.high))[back]
    assert held.size == 307
    assert 0.75 <= held.mean() <= 0.85


def test_the_real_ledger_is_regular_about_a_quarter() -> None:
    fitted = watched(reseller_orders(), datetime.date(2019, 5, 31).toordinal()).fit()
    assert np.median(fitted.mean) == pytest.approx(91, abs=2)
    assert np.median(fitted.cv) == pytest.approx(0.08, abs=0.02)
    assert fitted.is_regular.mean() > 0.95


@pytest.mark.parametrize("shape", [1.0, 8.0, 30.0])
def test_bands_hold_what_they_promise(shape: float) -> None:
    held = []
    for seed in range(2):
        book = simulated(seed, shape=shape)
        band, back = book.fit().next_order(), np.isfinite(book.coming)
        held.append(((book.coming >= band.low) & (book.coming <= band.high))[back].mean())
    assert 0.77 <= np.mean(held) <= 0.85


@pytest.mark.parametrize("shape", [1.0, 8.0])
def test_as_many_are_alive_as_it_says(shape: float) -> None:
    book = simulated(11, accounts=600, shape=shape)
    said, alive = book.fit().probability_alive, np.isfinite(book.coming)
    assert said.mean() == pytest.approx(alive.mean(), abs=0.05)
    assert ((said - alive) ** 2).mean() < 0.6 * alive.mean() * (1 - alive.mean())


def test_regularity_is_found_and_few_gaps_lean_on_the_book() -> None:
    book = simulated(5, shape=8.0)
    fitted = book.fit()
    assert np.median(fitted.shape) == pytest.approx(8, rel=0.35)
    few = fitted.gaps <= 2
    raw = np.array(
        [
            np.diff(book.offsets)[at] and book.gaps[book.offsets[at] : book.offsets[at + 1]].mean()
            for at in range(few.size)
        ]
    )
    seen = few & (fitted.gaps > 0)
    assert np.std(np.log(fitted.mean[seen])) < np.std(np.log(raw[seen]))
    assert np.ptp(fitted.mean[fitted.gaps == 0]) < 1e-9 * fitted.mean[0]


def test_the_unit_of_time_and_the_order_of_accounts_change_nothing() -> None:
    book = simulated(2, accounts=60)
    weeks = Rhythms.fit(gaps=book.gaps / 7, offsets=book.offsets, silence=book.silence / 7)
    days = book.fit()
    assert weeks.mean * 7 == pytest.approx(days.mean, rel=1e-6)
    assert weeks.probability_alive == pytest.approx(days.probability_alive, abs=1e-4)
    sizes = np.diff(book.offsets)
    turned = np.arange(sizes.size)[::-1]
    flat = np.concatenate([book.gaps[book.offsets[at] : book.offsets[at + 1]] for at in turned])
    other = Rhythms.fit(
        gaps=flat, offsets=np.concatenate(([0], np.cumsum(sizes[turned]))), silence=book.silence[turned]
    )
    assert other.mean[::-1] == pytest.approx(days.mean, rel=1e-6)
    assert other.probability_alive[::-1] == pytest.approx(days.probability_alive, abs=1e-3)


def test_silence_lowers_life_and_moves_the_next_order_on() -> None:
    book = simulated(3, accounts=80)
    bounds, gaps = np.array([0, *(book.offsets[1:]), book.offsets[-1] + 4]), [*book.gaps, 30, 31, 29, 30]
    life, expected, tails = [], [], []
    law = book.fit().book
    for silence in (0.0, 20.0, 40.0, 80.0, 200.0, 1000.0, 1e9):
        fitted = Rhythms.fit(gaps=gaps, offsets=bounds, silence=[*book.silence, silence], book=law)
        life.append(fitted.probability_alive[-1])
        tails.append(fitted.tail[-1])
        band = fitted.next_order()
        expected.append(band.expected[-1])
        assert silence <= band.low[-1] <= band.expected[-1] <= band.high[-1]
    assert tails[0] == pytest.approx(1)
    assert life[0] == pytest.approx(fitted.stays[-1], abs=0.02)
    assert (np.diff(life) < 0).all()
    assert (np.diff(expected) > 0).all()
    assert life[-1] < 1e-3


def test_the_lapsed_come_back_as_the_past_has_shown() -> None:
    """A book as it stood: three were long silent, one of them has come back since."""
    gaps = np.concatenate([np.tile([30.0, 31.0, 29.0, 30.0], 20), [400.0]])
    offsets = np.concatenate(([0], np.cumsum([4] * 19 + [5])))
    silence = np.concatenate(([500.0] * 2, [10.0] * 18))
    fitted = Rhythms.fit(gaps=gaps, offsets=offsets, silence=silence)
    assert fitted.book.returns > 0
    chance, alive = fitted.probability_of_order(60), fitted.probability_alive
    assert chance[0] == pytest.approx((1 - alive[0]) * -np.expm1(-fitted.book.returns * 60), rel=0.2)
    assert 0.05 < chance[0] < 0.5
    assert (fitted.probability_of_order(1e6) >= chance).all()


def test_limits_are_passed_as_often_as_stated() -> None:
    """Each gap has its share of the yearly budget, and no more gaps pass than that (three deviations)."""
    book = simulated(4, leaves=0.0)
    fitted = book.fit()
    limits = fitted.control_limits(false_per_year=0.05)
    rate = limits.false_per_gap * 365.25 / fitted.mean
    assert rate == pytest.approx(0.05, rel=1e-9)
    assert fitted.next_gap.longer_than(limits.limit) == pytest.approx(limits.false_per_gap, rel=1e-5)
    passed = book.coming > np.maximum(limits.limit, book.silence)
    meant = np.minimum(limits.false_per_gap / fitted.tail, 1)
    assert passed.sum() <= meant.sum() + 3 * np.sqrt((meant * (1 - meant)).sum())
    assert limits.false_per_look == pytest.approx(0.05 / 52)


def test_stretch_counts_from_the_band_of_the_last_order() -> None:
    book = simulated(6, accounts=50)
    fitted = book.fit()
    upper = fitted.next_gap.passed_by(np.full(50, 0.1))
    late = Rhythms.fit(gaps=book.gaps, offsets=book.offsets, silence=np.zeros(50), book=fitted.book).stretch()
    assert (late == 0).all()
    beyond = fitted.silence > upper
    assert (fitted.stretch()[beyond] > 0).all()
    assert (fitted.stretch()[~beyond] == 0).all()


def test_the_gap_is_gamma_when_everything_is_known() -> None:
    """With the rate known (strength → ∞) and one span the law is a gamma law; quantiles turn it around."""
    one = np.eye(SPANS.size)[:1]
    law = NextGap(np.array([3.0]), np.array([1e9]), np.array([1e9 * 10 / 3]), one)
    times = np.array([2.0, 10.0, 40.0])
    expected = stats.gamma(3, scale=10 / 3).sf(times)
    assert [law.longer_than(np.array([t]))[0] for t in times] == pytest.approx(expected, rel=1e-6)
    assert [law.passed_by(np.array([p]))[0] for p in expected] == pytest.approx(times, rel=1e-6)


@pytest.mark.parametrize(
    ("gaps", "offsets", "silence", "code"),
    [
        ([], [0, 0], [3.0], "no_repeat"),
        ([], [0], [], "empty"),
        ([1.0], [0, 2], [3.0], "inconsistent"),
        ([1.0], [0.0, 1.0], [3.0], "inconsistent"),
        ([1.0, 2.0], [0, 2, 1], [3.0, 1.0], "inconsistent"),
        ([0.0], [0, 1], [3.0], "negative_value"),
        ([-1.0], [0, 1], [3.0], "negative_value"),
        ([1.0], [0, 1], [-3.0], "negative_value"),
        ([float("nan")], [0, 1], [3.0], "not_finite"),
        ([1.0], [0, 1], [float("inf")], "not_finite"),
    ],
)
def test_what_has_no_answer_says_so(gaps: object, offsets: object, silence: object, code: str) -> None:
    with pytest.raises(NotComputable) as refused:
        Rhythms.fit(gaps=gaps, offsets=offsets, silence=silence)  # type: ignore[arg-type]
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("gaps", "offsets", "silence"),
    [
        ([30.0], [0, 1], [10.0]),
        ([30.0, 30.0, 30.0], [0, 3], [0.0]),
        ([1e9, 1e-3], [0, 1, 2], [0.0, 1e9]),
        ([7.0] * 50, [0, 50, 50], [3.0, 3.0]),
        ([1e-9] * 3, [0, 3], [1e-9]),
    ],
)
def test_extreme_books_get_a_stated_fallback(
    gaps: list[float], offsets: list[int], silence: list[float]
) -> None:
    fitted = Rhythms.fit(gaps=gaps, offsets=offsets, silence=silence)
    band = fitted.next_order()
    for told in (fitted.mean, fitted.cv, fitted.tail, fitted.probability_alive, band.low, band.high):
        assert np.isfinite(told).all()
    assert (band.low <= band.high).all()
    assert ((fitted.probability_alive >= 0) & (fitted.probability_alive <= 1)).all()
