"""Calibration, coverage and lift on cases done by hand; the real ledger without hindsight."""

from __future__ import annotations

import datetime

import numpy as np
import pytest

from changqing.engine.backtest import calibration, coverage, lift, wilson
from changqing.engine.computable import NotComputable
from changqing.engine.test_rhythm import reseller_orders, simulated, watched


def test_calibration_by_hand() -> None:
    found = calibration([0.1, 0.2, 0.8, 0.9], [0, 1, 1, 1], bins=2)
    assert [(part.accounts, part.happened) for part in found.bins] == [(2, 0.5), (2, 1.0)]
    assert [part.said for part in found.bins] == pytest.approx([0.15, 0.85])
    assert found.brier == pytest.approx((0.01 + 0.64 + 0.04 + 0.01) / 4)
    assert found.base == pytest.approx(0.75 * 0.25)
    assert found.gap == pytest.approx((0.35 + 0.15) / 2)
    assert found.bins[1].lift == pytest.approx(1 / 0.75)
    assert found.skill == pytest.approx(1 - 0.175 / 0.1875)


def test_wilson_as_published() -> None:
    """Newcombe (1998), Statistics in Medicine 17, 857-872, table I: 81/263, 15/148, 0/20, 1/29."""
    cases = {
        (81, 263): (0.2553, 0.3662),
        (15, 148): (0.0624, 0.1605),
        (0, 20): (0, 0.1611),
        (1, 29): (0.0061, 0.1718),
    }
    for (hits, of), expected in cases.items():
        assert wilson(hits, of) == pytest.approx(expected, abs=5e-5)


def test_lift_is_against_all() -> None:
    assert lift([0.9, 0.1, 0.2, 0.3], [1, 0, 0, 0], share=0.25) == 4
    assert lift([0.5] * 10, [1] * 10) == 1


def test_coverage_counts_both_sides() -> None:
    found = coverage([1, 5, 9, 5], [2, 2, 2, 2], [8, 8, 8, 8])
    assert (found.share, found.below, found.above, found.accounts) == (0.5, 0.25, 0.25, 4)


@pytest.mark.parametrize(
    ("chances", "happened", "code"),
    [
        ([0.5], [1, 0], "unequal_lengths"),
        ([1.5] * 10, [1] * 10, "bad_share"),
        ([0.5] * 10, [2] * 10, "inconsistent"),
        ([0.5] * 3, [1] * 3, "too_few_points"),
        ([float("nan")] * 10, [1] * 10, "not_finite"),
    ],
)
def test_what_has_no_answer_says_so(chances: list[float], happened: list[int], code: str) -> None:
    with pytest.raises(NotComputable) as refused:
        calibration(chances, happened)
    assert refused.value.code == code


def test_simulated_accounts_come_back_as_often_as_said() -> None:
    """On books that live by the story, nine of ten bins keep what they said."""
    kept: list[bool] = []
    for seed in range(2):
        book = simulated(seed, accounts=500, leaves=0.08)
        happened = (book.coming - book.silence <= 60).astype(float)
        kept += [part.is_kept for part in calibration(book.fit().probability_of_order(60), happened).bins]
    assert np.mean(kept) >= 0.85


def test_the_real_ledger_half_a_year_ahead() -> None:
    """Fitted half a year before the end of what is known, at three dates: better than the overall share by a
    quarter at least, and off by less than ten points on average."""
    for end in (datetime.date(2018, 11, 30), datetime.date(2019, 2, 28), datetime.date(2019, 5, 31)):
        book = watched(reseller_orders(), float(end.toordinal()))
        happened = (book.coming - book.silence <= 182).astype(float)
        found = calibration(book.fit().probability_of_order(182), happened)
        assert found.skill is not None
        assert (found.skill > 0.25, found.gap < 0.10) == (True, True), (end, found.skill, found.gap)
