"""Kaplan-Meier and Cox on the leukaemia data of Freireich et al. (1963), as every textbook prints them."""

from __future__ import annotations

import numpy as np
import pytest

from changqing.engine.computable import NotComputable
from changqing.engine.retention import cohorts, cox, kaplan_meier

TREATED = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
RELAPSED = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]


def test_survival_to_the_printed_digit() -> None:
    """Kleinbaum & Klein (2012), Survival Analysis, p. 59; errors and limits as R prints them."""
    found = kaplan_meier(TREATED, RELAPSED)
    assert found.time.tolist() == [6, 7, 10, 13, 16, 22, 23]
    assert found.at_risk.tolist() == [21, 17, 15, 12, 11, 7, 6]
    assert found.left.tolist() == [3, 1, 1, 1, 1, 1, 1]
    assert found.share.round(4).tolist() == [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482]
    assert found.error.round(4).tolist() == [0.0764, 0.0869, 0.0963, 0.1068, 0.1141, 0.1282, 0.1346]
    assert (round(found.low[0], 3), round(found.high[0], 3)) == (0.620, 0.952)
    assert (found.median, kaplan_meier(PLACEBO, [1] * 21).median) == (23, 8)
    assert found.at(5.9) == (1.0, 1.0, 1.0)
    assert found.at(6) == (found.share[0], found.low[0], found.high[0])


def test_all_leave_in_the_end() -> None:
    found = kaplan_meier([3, 1, 2], [1, 1, 1])
    assert found.share.tolist() == pytest.approx([2 / 3, 1 / 3, 0])
    assert (found.low[-1], found.high[-1], found.error[-1]) == (0, 0, 0)


def test_cox_as_r_prints_it() -> None:
    found = cox(TREATED + PLACEBO, RELAPSED + [1] * 21, {"placebo": [0] * 21 + [1] * 21})
    effect = found.effects["placebo"]
    assert (round(effect.coefficient, 4), round(effect.error, 4)) == (1.5721, 0.4124)
    assert (round(effect.ratio, 3), round(effect.low, 3), round(effect.high, 3)) == (4.817, 2.147, 10.809)
    assert (round(found.log_likelihood, 3), round(found.concordance, 2)) == (-85.008, 0.69)
    assert (found.accounts, found.left) == (42, 30)


def test_cox_refuses_what_it_cannot_tell() -> None:
    few = {"size": list(range(21)), "age": list(range(21, 0, -1))}
    for facts, code in ((few, "too_few_points"), ({"same": [1.0] * 21}, "too_few_points")):
        with pytest.raises(NotComputable) as refused:
            cox(TREATED, RELAPSED, facts)
        assert refused.value.code == code
    with pytest.raises(NotComputable) as refused:
        cox(PLACEBO, [1] * 21, {"same": [1.0] * 21})
    assert refused.value.code == "no_convergence"


def test_cohorts_by_hand() -> None:
    account = ["a", "a", "a", "b", "b", "c", "c", "d"]
    period = [0, 1, 2, 0, 2, 1, 2, 1]
    revenue = [10, 12, 9, 30, 15, 5, 8, 0]
    found = cohorts(account, period, revenue)
    assert found.cohort.tolist() == [0, 1]
    assert found.accounts.tolist()[0] == [2, 1, 2]
    assert found.accounts.tolist()[1][:2] == [1, 1]
    assert np.isnan(found.accounts[1, 2])
    assert found.revenue[0].tolist() == [40, 12, 24]
    assert found.kept[0].tolist() == [1, 0.5, 1]
    assert found.kept_revenue[1, :2].tolist() == [1, 1.6]
    assert found.net_retention.tolist() == pytest.approx([1, 20 / 45, 24 / 40])


def test_the_order_of_rows_changes_nothing() -> None:
    chance = np.random.default_rng(4)
    account, period, revenue = chance.integers(0, 9, 80), chance.integers(0, 6, 80), chance.uniform(1, 9, 80)
    turned = chance.permutation(80)
    one, two = cohorts(account, period, revenue), cohorts(account[turned], period[turned], revenue[turned])
    assert one.revenue == pytest.approx(two.revenue, nan_ok=True)


@pytest.mark.parametrize(
    ("stayed", "left", "code"),
    [
        ([], [], "empty"),
        ([1.0], [0], "no_repeat"),
        ([-1.0], [1], "negative_value"),
        ([1.0], [1, 1], "unequal_lengths"),
    ],
)
def test_what_has_no_answer_says_so(stayed: list[float], left: list[int], code: str) -> None:
    with pytest.raises(NotComputable) as refused:
        kaplan_meier(stayed, left)
    assert refused.value.code == code
