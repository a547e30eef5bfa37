"""What a back-test tells: chances by the engine's own law, and how far chance alone would be off."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from changqing.base.packs import load
from changqing.value.rules.backtest import BackTest, Decile, Share, back_test, told_again
from changqing.value.rules.facts import Histories, number_of
from changqing.value.rules.lifetime import fit_book, rhythm_of
from changqing.value.rules.worth_method import WorthMethod

LAST = date(2024, 6, 30)
LIFE = load("worth", WorthMethod).method.lifetime


def book_of(accounts: int = 60) -> Histories:
    """Accounts that order about every 60 days for three years; every sixth stops somewhere on the way."""
    source = np.random.default_rng(3)
    of, days = [], []
    for at in range(accounts):
        day = float(number_of(LAST - timedelta(days=1095)) + source.integers(0, 60))
        end = number_of(LAST) - (source.integers(60, 900) if at % 6 == 0 else 0)
        while day <= end:
            of.append(at)
            days.append(int(day))
            day += source.gamma(20, 3.0)
    size = len(days)
    money = source.uniform(900, 1100, size)
    return Histories(
        accounts=np.arange(accounts),
        of=np.array(of),
        days=np.array(days),
        revenue=money,
        margin=0.3 * money,
        without_cost=np.zeros(size),
        returned=np.zeros(size),
        bought=np.ones(size, bool),
        families=np.full((accounts, 2), np.nan),
    )


def test_who_has_left_is_told_to_come_back_at_the_rate_of_the_book() -> None:
    book = book_of()
    fitted = fit_book(book, LAST, LIFE)
    rhythm = rhythm_of(book, LAST, fitted, LIFE)
    seen, found = rhythm
    assert found is not None and found.book.returns > 0
    told = told_again(rhythm, 365)
    regular = seen.model == 0
    assert regular.sum() > 50
    assert told[regular] == pytest.approx(found.probability_of_order(365.0)[regular])
    gone = regular & (seen.alive < 1e-4)
    assert gone.any()
    assert told[gone] == pytest.approx(-np.expm1(-365 * found.book.returns), rel=1e-3)


def test_a_test_is_kept_whole_and_tells_its_horizon() -> None:
    found = back_test(book_of(), LAST - timedelta(days=500), LAST, LIFE)
    assert found.horizon == 365
    assert found.accounts == sum(one.accounts for one in found.deciles) == 60
    assert BackTest.of_json(found.as_json()) == found
    half = back_test(book_of(), LAST - timedelta(days=100), LAST, LIFE)
    assert half.horizon == 100


def test_how_far_chance_alone_is_off() -> None:
    decile = Decile(accounts=100, alive=0.5, told=0.5, came=0.6)
    share = Share(1, 2)
    day = date(2024, 1, 1)
    found = BackTest(day, day, 200, {}, share, share, (decile, decile), 0, 0, 0, 0, {})
    assert found.calibration == pytest.approx(0.1)
    source = np.random.default_rng(1)
    drawn = np.abs(source.binomial(100, 0.5, 20_000) / 100 - 0.5).mean()
    assert found.calibration_by_chance == pytest.approx(drawn, rel=0.02)
