from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import betainc, betaincc

from changqing.engine import threads
from changqing.engine.next_gap import SPANS, NextGap
from changqing.engine.rhythm_book import span_chances
from changqing.engine.span_law import deviance, rest_of_stirling, tail_of_span

positive = st.floats(0.05, 2e4)


def said_tail(a: float, b: float, ratio: float) -> float:
    """By scipy, from the smaller of x and y: near 1 the other has lost what the tail hangs on."""
    x, y = ratio / (1 + ratio), 1 / (1 + ratio)
    return float(betaincc(a, b, x) if x < y else betainc(b, a, y))


@settings(max_examples=150, deadline=None)
@given(a=positive, b=positive, odds=st.floats(-6, 6))
def test_the_tail_of_a_span_is_the_incomplete_beta_function(a: float, b: float, odds: float) -> None:
    """Around its mean, where it is neither 0 nor 1, and far from it."""
    ratio = a / b * np.exp(odds / np.sqrt(min(a, b)))
    x, y = ratio / (1 + ratio), 1 / (1 + ratio)
    rest = rest_of_stirling(a + b) - rest_of_stirling(a) - rest_of_stirling(b)
    found, density = tail_of_span(a, b, x, y, rest)
    assert found == pytest.approx(said_tail(a, b, ratio), rel=1e-9, abs=1e-12)
    step = 1e-4 / np.sqrt(max(a, b))
    up, down = (said_tail(a, b, ratio * np.exp(by)) for by in (step, -step))
    assert density == pytest.approx((down - up) / (2 * step), rel=1e-2, abs=1e-6)


@given(n=st.floats(0.1, 1e6), by=st.floats(-0.3, 0.3))
def test_a_deviance_loses_nothing_near_its_mean(n: float, by: float) -> None:
    mean = n * (1 + by)
    said = n * np.log1p((n - mean) / mean) - (n - mean)
    assert deviance(n, mean) == pytest.approx(said, rel=1e-6, abs=1e-9 * n)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_moment_has_the_tail_it_was_asked_for(seed: int) -> None:
    """Mixtures of many spans, from irregular to clockwork, for tails from nearly none to nearly all."""
    draw = np.random.default_rng(seed)
    size = 40
    shape, known = np.exp(draw.uniform(np.log(0.3), np.log(400), size)), draw.integers(1, 60, size) * 1.0
    law = NextGap(
        shape,
        3 + shape * known,
        15 / shape + known * draw.uniform(5, 90, size),
        span_chances(draw.uniform(0.1, 8, size), draw.uniform(3, 60, size)),
    )
    for goal in (draw.uniform(0, 1, size), 10 ** draw.uniform(-7, -1, size), np.full(size, 0.5)):
        assert law.longer_than(law.passed_by(goal)) == pytest.approx(goal, rel=1e-4, abs=3e-7)


def test_nothing_is_shorter_than_no_time_and_nothing_longer_than_all_time() -> None:
    law = NextGap(
        np.array([0.3, 3.0]), np.array([1.5, 30.0]), np.array([10.0, 300.0]), np.eye(SPANS.size)[:2]
    )
    assert law.longer_than(np.zeros(2)).tolist() == [1.0, 1.0]
    assert law.longer_than(np.full(2, 1e300)).tolist() == [0.0, 0.0]


def test_a_book_is_the_same_in_one_thread_and_in_several(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = np.random.default_rng(7)
    size = 101
    known = np.asarray(draw.integers(1, 60, size), np.float64)
    chances = span_chances(np.asarray(known / 10, np.float64), known)
    law = NextGap(known, 3 + known, 15 + known, chances)
    told = []
    for fewest in (1_000, 10):
        monkeypatch.setattr(threads, "WORTH_SHARING", fewest)
        monkeypatch.setenv("CHANGQING_LEDGER_THREADS", "3")
        told.append((law.passed_by(known / 100).tolist(), law.longer_than(known).tolist()))
    assert told[0] == told[1]
    parts: list[slice] = []
    threads.shared_out(parts.append, 35)
    assert sorted((part.start, part.stop) for part in parts) == [(0, 11), (11, 23), (23, 35)]
    parts.clear()
    monkeypatch.setenv("CHANGQING_LEDGER_THREADS", "1")
    threads.shared_out(parts.append, 35)
    assert parts == [slice(0, 35)]
