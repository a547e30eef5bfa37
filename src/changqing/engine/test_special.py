"""Tables of ₂F₁ are read off as exactly as each value would be computed."""

from __future__ import annotations

import numpy as np
import pytest

from changqing.engine.special import hyp2f1, hyp2f1_of_counts


@pytest.mark.parametrize("farthest", [0.3, 0.7, 0.95])
def test_what_is_read_off_a_table_is_what_each_would_be(farthest: float) -> None:
    chance = np.random.default_rng(3)
    x = np.minimum(chance.geometric(0.3, 6000) - 1.0, 40)
    z = chance.uniform(0, farthest, x.size)
    for a, b, c in ((3.2, -0.2, 3.5), (0.4, 1.6, 2.1), (8.0, -0.9, 8.5), (2.0, 2.5, 3.1)):
        told, each = hyp2f1_of_counts(a, b, c, x, z), hyp2f1(a, b, c + x, z)
        assert told.tolist() == pytest.approx(each.tolist(), rel=1e-12)


def test_a_table_for_one_time_alone() -> None:
    x, z = np.zeros(2000), np.full(2000, 0.4)
    assert hyp2f1_of_counts(1.5, 0.5, 2.5, x, z).tolist() == pytest.approx(
        [float(hyp2f1(1.5, 0.5, 2.5, 0.4))] * 2000, rel=1e-13
    )


def test_counts_beyond_any_table_are_computed_each() -> None:
    x = np.full(2000, 1e9)
    z = np.linspace(0.1, 0.5, 2000)
    told = hyp2f1_of_counts(2.0, 0.5, 3.0, x, z)
    assert told.tolist() == pytest.approx(hyp2f1(2.0, 0.5, 3.0 + x, z).tolist(), rel=1e-13)
