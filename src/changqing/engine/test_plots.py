"""Pictures show the numbers of the results they are drawn from, and those in the guide are not stale."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from changqing.engine.backtest import calibration
from changqing.engine.bgnbd import BgNbd
from changqing.engine.computable import NotComputable
from changqing.engine.concentration import whale_curve
from changqing.engine.conftest import Columns
from changqing.engine.mbgnbd import MbgNbd
from changqing.engine.pareto_nbd import ParetoNbd
from changqing.engine.plots import (
    plot_calibration,
    plot_frequencies,
    plot_probability_alive,
    plot_survival,
    plot_whale_curve,
)
from changqing.engine.retention import kaplan_meier

ROOT = Path(__file__).parents[3]
CDNOW = BgNbd(0.242593, 4.413532, 0.792886, 2.425753)


@pytest.fixture
def axes() -> Any:
    return Figure().subplots()


def drawn(axes: Any, line: int = 0) -> tuple[list[float], list[float]]:
    return axes.lines[line].get_xdata().tolist(), axes.lines[line].get_ydata().tolist()


def test_chance_alive_falls_in_silence_and_leaps_at_purchases(axes: Any) -> None:
    assert plot_probability_alive(CDNOW, [3.0, 10.0, 24.0], until=50.0, axes=axes) is axes
    moments, chances = drawn(axes)
    assert (moments[0], moments[-1], chances[0]) == (0.0, 47.0, 1.0)
    for purchase, repeats, last in ((7.0, 1, 7.0), (21.0, 2, 21.0), (47.0, 2, 21.0)):
        told = CDNOW.probability_alive(frequency=[repeats], recency=[last], T=[purchase])
        assert chances[moments.index(purchase)] == told[0]
    before = CDNOW.probability_alive(frequency=[1], recency=[7.0], T=[np.nextafter(21.0, 0)])
    assert chances[moments.index(21.0) - 1] == before[0] < chances[moments.index(21.0)]


@pytest.mark.parametrize("days", [[5.0, 5.0], [9.0, 2.0], [1.0, 60.0]])
def test_days_that_do_not_rise_are_refused(days: list[float], axes: Any) -> None:
    with pytest.raises(NotComputable) as refused:
        plot_probability_alive(CDNOW, days, until=50.0, axes=axes)
    assert refused.value.code == "inconsistent"


def test_calibration_stands_where_the_bins_stand(axes: Any) -> None:
    chances = np.linspace(0.02, 0.98, 50)
    found = calibration(chances, np.arange(50) % 3 == 0, bins=5)
    plot_calibration(found, axes=axes)
    assert drawn(axes, 1) == ([each.said for each in found.bins], [each.happened for each in found.bins])
    reached = [segment[:, 1].tolist() for segment in axes.collections[0].get_segments()]
    assert np.allclose(reached, [[each.low, each.high] for each in found.bins])


def test_histogram_counts_every_customer_once(axes: Any, cdnow: Columns) -> None:
    history: Any = {name: cdnow[name] for name in ("frequency", "recency", "T")}
    plot_frequencies(CDNOW, **history, axes=axes)
    counted, expected = ([bar.get_height() for bar in bars] for bars in axes.containers)
    assert counted == [1411, 439, 214, 100, 62, 38, 29, 64]
    assert sum(expected) == pytest.approx(2357)
    # what chance alone explains, for the bars that hold most customers
    assert all(abs(ours - told) < 2 * told**0.5 for ours, told in zip(counted, expected, strict=True))
    assert [label.get_text() for label in axes.get_xticklabels()] == [*"0123456", "7+"]


@pytest.mark.parametrize(
    "model",
    [
        CDNOW,
        MbgNbd(0.525, 6.183, 0.891, 1.614),
        ParetoNbd(0.553, 10.578, 0.606, 11.669),
        ParetoNbd(5.0, 2.0, 8.0, 100.0),
    ],
)
def test_expected_customers_are_all_and_buy_what_is_expected(model: Any) -> None:
    spans = [0.0, 1.0, 20.0, 39.0]
    told = model.expected_customers(3000, T=spans)
    assert float(told.sum()) == pytest.approx(4, abs=1e-6)
    bought = sum(model.expected_purchases(span) for span in spans)
    assert float(np.arange(3001) @ told) == pytest.approx(bought, rel=1e-6)
    assert model.expected_customers(2, T=[0.0]).tolist() == pytest.approx([1.0, 0.0, 0.0])


def test_survival_steps_down_where_some_left(axes: Any) -> None:
    found = kaplan_meier([2, 3, 3, 5, 8, 8], [True, True, False, True, False, False])
    plot_survival(found, axes=axes)
    assert drawn(axes) == ([0.0, *found.time.tolist()], [1.0, *found.share.tolist()])
    band = axes.collections[0].get_paths()[0].vertices
    assert {round(value, 12) for value in found.low} <= {round(value, 12) for value in band[:, 1]}


def test_whale_curve_rises_to_its_peak_and_falls_to_the_total(axes: Any) -> None:
    found = whale_curve([10.0, -30.0, 0.0, 50.0, -10.0])
    plot_whale_curve(found, axes=axes)
    assert drawn(axes) == ([0, 1, 2, 3, 4, 5], [0.0, 50.0, 60.0, 60.0, 50.0, 20.0])
    assert [text.get_text() for text in axes.texts] == ["2 accounts eat 40"]


def test_pictures_of_the_guide_show_what_the_engine_says_now() -> None:
    spec = spec_from_file_location("plots_script", ROOT / "scripts" / "plots.py")
    assert spec is not None and spec.loader is not None
    script = module_from_spec(spec)
    spec.loader.exec_module(script)
    for name, figure in script.figures().items():
        picture = script.FOLDER / f"{name}.png"
        assert picture.stat().st_size < 400_000
        assert script.kept(picture) == script.digest(figure), f"{name} is stale: run scripts/plots.py"
