"""The data choose the model, and say why."""

from __future__ import annotations

import numpy as np
import pytest

from changqing.engine.choice import Candidate, Group, Why, choose
from changqing.engine.computable import Floats, NotComputable


def book(shape: float, *, seed: int = 1, accounts: int = 80) -> tuple[Floats, list[int]]:
    """Two years of accounts that leave after one order in twelve; a tenth order only once."""
    chance = np.random.default_rng(seed)
    rows = []
    for at in range(accounts):
        life = 1 if at % 10 == 0 else 1 + int(chance.geometric(1 / 12))
        mean = 30 * np.exp(chance.normal(0, 0.4))
        days = chance.uniform(0, 400) + np.concatenate(
            ([0.0], np.cumsum(chance.gamma(shape, mean / shape, life)))
        )
        rows.append(days[days <= 730] if at % 10 else days[:1])
    return np.concatenate(rows), [0, *np.cumsum([len(row) for row in rows]).tolist()]


def test_regular_orderers_get_their_rhythm() -> None:
    days, offsets = book(20.0)
    found = choose(days, offsets, until=730.0, holdout=180.0)
    reasons = {reason.group: reason for reason in found.reasons}
    regular = reasons[Group.REGULAR]
    assert regular.accounts > 40
    assert regular.chosen is Candidate.RHYTHM
    assert regular.why in (Why.BEST, Why.DEFAULT_HOLDS, Why.NOT_JUDGED)
    once = reasons[Group.ONCE]
    assert (once.chosen, once.why, once.is_prior) == (Candidate.RHYTHM, Why.PRIOR, True)
    assert sum(reason.accounts for reason in found.reasons) == len(offsets) - 1
    assert all(judged.brier is None or 0 <= judged.brier <= 1 for judged in regular.candidates)
    assert ((found.alive >= 0) & (found.alive <= 1)).all()
    # those who seem to have left come back at the rate the book shows, all at the same one
    back = found.returns[found.alive.argmin()]
    assert 0 < back < 0.05
    assert (found.returns <= found.alive + (1 - found.alive) * back + 1e-9).all()


def test_every_rejected_model_says_its_error_or_why_it_has_none() -> None:
    days, offsets = book(1.0, seed=3)
    found = choose(days, offsets, until=730.0, holdout=180.0)
    irregular = next(reason for reason in found.reasons if reason.group is Group.IRREGULAR)
    assert irregular.judged_on >= 10
    assert [judged.model for judged in irregular.candidates] == list(Candidate)
    for judged in irregular.candidates:
        assert (judged.brier is None) != (judged.failed is None)
    measured = {judged.model: judged.brier for judged in irregular.candidates if judged.brier is not None}
    if irregular.why is Why.BEST:
        assert measured[irregular.chosen] == min(measured.values())


def test_a_short_past_is_not_judged() -> None:
    days, offsets = book(20.0, accounts=15)
    found = choose(days, offsets, until=730.0, holdout=180.0)
    assert {reason.why for reason in found.reasons} <= {Why.NOT_JUDGED, Why.PRIOR}
    failed = {judged.failed for reason in found.reasons for judged in reason.candidates}
    assert failed == {"too_few_points"}


@pytest.mark.parametrize(
    ("days", "offsets", "until", "code"),
    [
        ([1.0, 2.0], [0, 1, 2], 9.0, "no_repeat"),
        ([2.0, 1.0], [0, 2], 9.0, "inconsistent"),
        ([1.0, 12.0], [0, 2], 9.0, "inconsistent"),
        ([1.0], [0, 0, 1], 9.0, "inconsistent"),
    ],
)
def test_what_has_no_answer_says_so(days: list[float], offsets: list[int], until: float, code: str) -> None:
    with pytest.raises(NotComputable) as refused:
        choose(days, offsets, until=until, holdout=3.0)
    assert refused.value.code == code


def test_customers_who_leave_at_any_time_are_told_by_every_model() -> None:
    """On a book that lives by Pareto/NBD's story, the account of it is fitted, judged, and near the best."""
    chance = np.random.default_rng(4)
    rows = []
    for _ in range(1200):
        rate, life = chance.gamma(1.4, 1 / 40), chance.exponential(1 / chance.gamma(1.2, 1 / 300))
        first = chance.uniform(0, 300)
        gaps = np.cumsum(chance.exponential(1 / rate, 60))
        rows.append(first + np.concatenate(([0.0], gaps[(gaps < life) & (first + gaps < 730)])))
    offsets = [0, *np.cumsum([len(row) for row in rows]).tolist()]
    found = choose(np.concatenate(rows), offsets, until=730.0, holdout=180.0)
    irregular = next(reason for reason in found.reasons if reason.group is Group.IRREGULAR)
    briers = {judged.model: judged.brier for judged in irregular.candidates}
    mine = briers[Candidate.PARETO_NBD]
    assert irregular.judged_on > 300
    assert mine is not None
    assert mine < 1.02 * min(brier for brier in briers.values() if brier is not None)
