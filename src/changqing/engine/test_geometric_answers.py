"""What the living will still buy: the sum, the table, ₂F₁ and quadrature tell the same."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import special

from changqing.engine.computable import Floats
from changqing.engine.geometric_ahead import ahead, at_points, read, tally
from changqing.engine.geometric_answers import WORTH_A_TABLE, Story, _by_gauss, alive, expected
from changqing.engine.histories import Purchases

# the exponents of a, b, u and the span
ANY = st.tuples(st.floats(-1.3, 1.3), st.floats(-1.3, 2.0), st.floats(-1.5, 1.7), st.floats(-6.0, 1.5))


def by_quadrature(a: float, b: float, u: float, span: float) -> float:
    """∫ (1 − (1+ps)^−u)/p · Beta(p; a, b) dp on 800 × 24 nodes in t = ln(p/(1−p)), where no end is
    singular."""
    edges = np.linspace(-40 / a - 8, 40 / b + 8, 801)
    nodes, weights = np.polynomial.legendre.leggauss(24)
    half = np.diff(edges)[:, None] / 2
    t = edges[:-1, None] + half * (nodes + 1)
    log_p, log_q = -np.logaddexp(0, -t), -np.logaddexp(0, t)
    p = np.exp(log_p)
    lost = np.where(p > 1e-290, -np.expm1(-u * np.log1p(p * span)) / np.maximum(p, 1e-290), u * span)
    density = np.exp(a * log_p + b * log_q - special.betaln(a, b))
    return float((lost * density * half * weights).sum())


@settings(max_examples=60, deadline=None)
@given(ANY)
def test_the_sum_is_the_story_integrated(exponents: tuple[float, ...]) -> None:
    a, b, u, span = (10.0**each for each in exponents)
    assume(u * span < 1000)
    told = ahead(a, b, u, span)
    assert told == pytest.approx(by_quadrature(a, b, u, span), rel=1e-10)


@pytest.mark.parametrize("a", [0.3, 0.8, 1.4, 3.0])
@pytest.mark.parametrize("u", [0.25, 2.2, 40.3])
@pytest.mark.parametrize("span", [0.05, 0.4, 1.0, 4.0])
def test_the_sum_is_the_published_form(a: float, u: float, span: float) -> None:
    """To 1e-10, as scipy solves equation 10."""
    b = 2.4 + u
    shape = a + b - 1
    gauss = special.hyp2f1(shape - u, a - 1, shape, span / (1 + span))
    solved = shape / (a - 1) * (1 - (1 + span) ** (1 - a) * gauss)
    assert ahead(a, b, u, span) == pytest.approx(solved, rel=1e-10)


@settings(max_examples=60, deadline=None)
@given(st.floats(-1.3, 1.3), st.floats(-1.3, 2.0), st.integers(1, 8), st.floats(-3.0, 1.0))
def test_known_cases_have_closed_forms(a: float, b: float, u: int, span: float) -> None:
    """a → 0: nobody leaves, u·s; b → 0: all leave at once, 1 − (1+s)^−u; Beta(1, 1) and u = 1: ln(1+s)."""
    s = 10.0**span
    assert ahead(1e-13, 10.0**b, float(u), s) == pytest.approx(u * s, rel=1e-9)
    assert ahead(10.0**a, 1e-13, float(u), s) == pytest.approx(-math.expm1(-u * math.log1p(s)), rel=1e-9)
    assert ahead(1.0, 1.0, 1.0, s) == pytest.approx(math.log1p(s), rel=1e-11)


def book(seed: int, size: int, farthest: float) -> tuple[Floats, Floats]:
    chance = np.random.default_rng(seed)
    return np.minimum(chance.geometric(0.3, size) - 1.0, 40), chance.uniform(0, farthest, size)


@pytest.mark.parametrize("story", [Story(0.24, 4.4, 0.8, 2.4, False), Story(2.5, 9.0, 1.0, 1.6, True, 3)])
@pytest.mark.parametrize("farthest", [2.0, 50.0, 2000.0])
@pytest.mark.parametrize("horizon", [1e-6, 39.0, 400.0])
def test_what_is_read_off_a_table_is_what_each_would_be(
    story: Story, farthest: float, horizon: float
) -> None:
    x, end = book(3, 6000, farthest)
    together = expected(story, horizon, x, end)
    each = [
        float(expected(story, horizon, x[at : at + 1], end[at : at + 1])[0]) for at in range(0, x.size, 7)
    ]
    assert together[::7].tolist() == pytest.approx(each, rel=1e-11)


def test_one_time_for_all_and_no_time_at_all() -> None:
    x, end = np.zeros(4 * WORTH_A_TABLE), np.full(4 * WORTH_A_TABLE, 30.0)
    story = Story(0.24, 4.4, 0.8, 2.4, False)
    one = float(expected(story, 39.0, x[:1], end[:1])[0])
    assert expected(story, 39.0, x, end).tolist() == pytest.approx([one] * x.size, rel=1e-13)
    assert not expected(story, 0.0, x, end).any()


@pytest.mark.parametrize("a", [0.5, 1.0, 1.0 + 1e-7, 3.0])
def test_where_the_sum_is_too_long_the_solved_form_speaks(a: float) -> None:
    """Short of the border both tell the same; beyond it quadrature agrees."""
    by = (a, 2.0, 0.5, 1.0, 1.0)
    near = _by_gauss(by, np.full(3, 3.0), np.array([1.0, 10.0, 45.0]))
    assert [ahead(a, 5.0, 3.5, span) for span in (1.0, 10.0, 45.0)] == pytest.approx(near.tolist(), rel=1e-9)
    assert math.isnan(ahead(a, 5.0, 3.5, 1000.0))
    story = Story(0.5, 4.0, a, 2.0, False)
    far = float(expected(story, 4e5, np.array([3.0]), np.array([0.0]))[0])
    assert far == pytest.approx(by_quadrature(a, 5.0, 3.5, 1e5), rel=1e-8)


def test_who_had_no_chance_to_leave_is_there_whatever_the_rate() -> None:
    """Also where the odds of the others overflow."""
    data = Purchases(np.array([0.0, 5.0]), np.array([0.0, 1.0]), np.array([1e9, 1e9]))
    assert alive(Story(500.0, 1.0, 1.0, 0.5, False), data).tolist() == [1.0, 0.0]


def test_machine_code_and_python_are_the_same() -> None:
    found = np.empty((1, 2))
    compiled: list[Any] = [ahead, at_points, tally, read]
    plain, points, counted, reading = (made.py_func for made in compiled)
    points(np.array([[0.8, 2.4, 1.5]]), np.array([0.5, 2.0]), found)
    assert found[0].tolist() == pytest.approx(
        [plain(0.8, 2.4, 1.5, 0.5), plain(0.8, 2.4, 1.5, 2.0)], rel=1e-13
    )
    assert counted(np.array([0.0, 3.0, 3.0, 9.0]), 4).tolist() == [1, 0, 0, 2]
    tables = np.full(4, -1), np.empty((0, 24)), np.empty(0, np.int64)
    out = np.empty(1)
    reading(np.array([2.0]), np.array([40.0]), np.zeros(1), (0.8, 2.4, 0.5, 1.0, 20.0), tables, out)
    assert out[0] == pytest.approx(plain(0.8, 4.4, 2.5, 0.5), rel=1e-13)
