"""Books from which little can be learnt: a named error or finite numbers, and never a warning.

Warnings are errors in every test of this project, so a model that warns fails here.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from changqing.engine.backtest import calibration, coverage, lift
from changqing.engine.bgbb import BgBb
from changqing.engine.bgnbd import BgNbd
from changqing.engine.choice import choose
from changqing.engine.computable import NotComputable
from changqing.engine.forecast import forecast
from changqing.engine.gamma_gamma import GammaGamma
from changqing.engine.mbgcnbd import MbgCnbd
from changqing.engine.mbgnbd import MbgNbd
from changqing.engine.orders import histories_of
from changqing.engine.pareto_nbd import ParetoNbd
from changqing.engine.retention import kaplan_meier
from changqing.engine.rhythm import Rhythms
from changqing.engine.sbg import Sbg

BOOKS: dict[str, tuple[list[float], list[float], list[float]]] = {
    "all zeros": ([0, 0, 0], [0, 0, 0], [0, 0, 0]),
    "nobody again": ([0, 0, 0], [0, 0, 0], [5, 9, 9]),
    "one customer": ([3], [5], [9]),
    "one customer, just now": ([3], [9], [9]),
    "T = 0 among others": ([0, 2, 1], [0, 5, 3], [0, 9, 9]),
    "all bought today": ([2, 5, 1], [9, 9, 9], [9, 9, 9]),
    "all alike": ([4] * 40, [6] * 40, [9] * 40),
    "a billion orders": ([1e9, 2, 0, 1], [8, 5, 0, 1], [9, 9, 9, 9]),
    "a billion days": ([3, 2, 0, 1], [8e8, 5e8, 0, 1e8], [1e9, 9e8, 9e8, 1e9]),
    "a nanosecond": ([3, 2, 0, 1], [8e-9, 5e-9, 0, 1e-9], [9e-9, 9e-9, 9e-9, 9e-9]),
    "negative recency": ([1, 2], [-1, 3], [9, 9]),
    "not a number": ([1, math.nan], [1, 3], [9, 9]),
    "infinite": ([1, 2], [1, 3], [9, math.inf]),
}


def finite(told: Any) -> None:
    assert np.isfinite(np.asarray(told, np.float64)).all(), told


def fits(model: Any, book: dict[str, Any]) -> None:
    extra = {"log_gaps": np.zeros(len(book["T"]))} if model is MbgCnbd else {}
    fitted = model.fit(**book, **extra)
    finite([*fitted.params.values(), fitted.log_likelihood, *fitted.standard_errors.values()])
    alive = fitted.probability_alive(**book)
    assert ((alive >= 0) & (alive <= 1)).all()
    finite(fitted.conditional_expected_purchases(10.0, **book))


@pytest.mark.parametrize("model", [BgNbd, MbgNbd, ParetoNbd, MbgCnbd], ids=lambda model: model.__name__)
@pytest.mark.parametrize("name", BOOKS)
def test_a_book_that_teaches_little_is_named_or_fitted(name: str, model: Any) -> None:
    book = dict(zip(("frequency", "recency", "T"), BOOKS[name], strict=True))
    try:
        fits(model, book)
    except NotComputable as no:
        assert no.code in {"no_repeat", "at_boundary", "negative_value", "not_finite", "no_convergence"}
        assert str(no)
    else:
        assert name not in {"all zeros", "nobody again", "negative recency", "not a number", "infinite"}


@pytest.mark.parametrize("model", [BgNbd, MbgNbd, ParetoNbd], ids=lambda model: model.__name__)
def test_known_parameters_answer_for_any_history(model: Any) -> None:
    known = model(0.5, 5.0, 0.8, 3.0)
    book = {"frequency": [0, 0, 10**9, 1], "recency": [0, 0, 1e9, 1e-9], "T": [0, 1e9, 1e9, 1e9]}
    alive = known.probability_alive(**book)
    assert ((alive >= 0) & (alive <= 1)).all()
    for horizon in (0.0, 1e-9, 1e9):
        finite(known.conditional_expected_purchases(horizon, **book))


@pytest.mark.parametrize(
    ("act", "codes"),
    [
        (lambda: GammaGamma.fit(frequency=[0], monetary_value=[0]), {"no_repeat"}),
        (lambda: GammaGamma.fit(frequency=[1e9, 1, 2], monetary_value=[1e9, 1e-9, 5]), {"at_boundary", ""}),
        (lambda: GammaGamma.fit(frequency=[2, 2], monetary_value=[5, math.nan]), {"not_finite"}),
        (lambda: BgBb.fit(frequency=[0], recency=[0], periods=[0]), {"no_repeat"}),
        (lambda: BgBb.fit(frequency=[1e9], recency=[1e9], periods=[1e9]), {"out_of_range"}),
        (lambda: Sbg.fit([1e9, 1e9, 1e9]), {"at_boundary"}),
        (lambda: Sbg.fit([1, 1, 0]), {"at_boundary", "no_convergence"}),
        (lambda: Sbg.fit([1e9, 5e8, 3e8]), {""}),
        (lambda: Rhythms.fit(gaps=[1e9], offsets=[0, 1], silence=[0.0]), {""}),
        (lambda: choose([5.0], [0, 1], until=5.0, holdout=1.0), {"no_repeat"}),
        (lambda: choose([5.0, math.nan], [0, 2], until=5.0, holdout=1.0), {"not_finite"}),
        (lambda: forecast(np.zeros((3, 24))), {""}),
        (lambda: forecast(np.full((1, 24), 1e9)), {""}),
        (lambda: kaplan_meier([0, 0], [False, False]), {"no_repeat"}),
        (lambda: kaplan_meier([0, 1e9], [True, True]), {""}),
        (lambda: calibration([0.5], [1]), {"too_few_points"}),
        (lambda: calibration([0.5] * 20, [0] * 20), {""}),
        (lambda: lift([0.5] * 20, [0] * 20), {"zero_total"}),
        (lambda: coverage([1.0], [2.0], [1.0]), {"inconsistent"}),
        (lambda: histories_of([], [], until=1.0), {"empty"}),
    ],
)
def test_every_other_question_is_named_or_answered(act: Any, codes: set[str]) -> None:
    try:
        act()
    except NotComputable as no:
        assert no.code in codes, no.code
    else:
        assert "" in codes
