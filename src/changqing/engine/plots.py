"""Pictures of what the engine says, by matplotlib (``pip install 'changqing[plots]'``).

Each function draws on ``axes`` (a new figure's, unless given) and returns them, so that a notebook shows the
picture and the caller may change it. Nothing is computed here that a result does not hold.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from changqing.engine.backtest import Calibration
from changqing.engine.computable import Floats, NotComputable, Values, floats
from changqing.engine.concentration import WhaleCurve
from changqing.engine.histories import purchases, span_of
from changqing.engine.retention import Survival

INK, MODEL, LOSS, QUIET = "#1f2937", "#0f766e", "#b45309", "#9ca3af"
STEPS = 200


class Living(Protocol):
    """A model that says who is still a customer."""

    def probability_alive(self, *, frequency: Values, recency: Values, T: Values) -> Floats: ...  # noqa: N803


class Counting(Protocol):
    """A model that says how many customers it expects with so many purchases."""

    def expected_customers(self, most: int, *, T: Values) -> Floats: ...  # noqa: N803


def plot_probability_alive(model: Living, days: Values, *, until: float, axes: Any = None) -> Any:
    """P(alive) of one customer from its first purchase to ``until``, as it would have been said each day.

    ``days`` are the days of its purchases, rising; each is marked. Errors: those of ``floats``; inconsistent
    for days that do not rise or lie beyond ``until``.
    """
    bought = floats(days, name="days")
    span = span_of(until - float(bought[0]))
    if (np.diff(bought) <= 0).any() or bought[-1] > until:
        raise NotComputable("inconsistent", "days of purchases must rise and lie at or before `until`")
    since = bought - bought[0]
    # a purchase is a moment: the chance just before it, and at it
    moments = np.unique(np.concatenate([np.linspace(0, span, STEPS), since, np.nextafter(since[1:], 0)]))
    repeats = np.searchsorted(since, moments, side="right") - 1
    alive = model.probability_alive(frequency=repeats, recency=since[repeats], T=moments)
    axes = _axes(axes, "time since the first purchase", "P(still a customer)")
    axes.plot(moments, alive, color=MODEL)
    axes.vlines(since, 0, 1, color=QUIET, linewidth=0.8, linestyle=":", label="purchase")
    axes.set_ylim(0, 1.02)
    axes.set_xlim(0, max(span, 1e-9))
    axes.legend(frameon=False, loc="lower left")
    return axes


def plot_calibration(found: Calibration, *, axes: Any = None) -> Any:
    """What was said against what happened, bin by bin, with the range that chance alone allows (95 %).

    A bar that misses the diagonal is a bin in which the chances were wrong.
    """
    axes = _axes(axes, "said", "happened")
    said = np.array([each.said for each in found.bins])
    happened = np.array([each.happened for each in found.bins])
    reach = np.abs(np.array([[each.low, each.high] for each in found.bins]).T - happened)
    axes.plot([0, 1], [0, 1], color=QUIET, linewidth=0.8)
    axes.errorbar(said, happened, yerr=reach, fmt="o", color=MODEL, markersize=4, capsize=2)
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(-0.02, 1.02)
    axes.set_title(f"{found.accounts:,} accounts, Brier score {found.brier:.3f}", fontsize=10)
    return axes


def plot_frequencies(
    model: Counting,
    *,
    frequency: Values,
    recency: Values,
    T: Values,  # noqa: N803
    most: int = 7,
    axes: Any = None,
) -> Any:
    """Customers with 0, 1 … repeat purchases, ``most`` and more together: counted beside expected."""
    data = purchases(frequency, recency, T)
    counted = np.bincount(np.minimum(data.x, most).astype(np.int64), minlength=most + 1)
    told = model.expected_customers(most - 1, T=data.end)
    expected = np.concatenate([told, [data.x.size - told.sum()]])
    axes = _axes(axes, "repeat purchases", "customers")
    places = np.arange(most + 1)
    axes.bar(places - 0.2, counted, 0.4, color=QUIET, label="counted")
    axes.bar(places + 0.2, expected, 0.4, color=MODEL, label="expected by the model")
    axes.set_xticks(places, [*map(str, places[:-1]), f"{most}+"])
    axes.legend(frameon=False)
    return axes


def plot_survival(found: Survival, *, axes: Any = None) -> Any:
    """The share that stays longer than each time, a step where some left, with its 95 % interval."""
    axes = _axes(axes, "time", "share still there")
    time, share, low, high = (
        np.concatenate([[start], column])
        for start, column in ((0.0, found.time), (1.0, found.share), (1.0, found.low), (1.0, found.high))
    )
    axes.fill_between(time, low, high, step="post", color=MODEL, alpha=0.15, linewidth=0)
    axes.step(time, share, where="post", color=MODEL)
    axes.set_ylim(0, 1.02)
    axes.set_xlim(0, None)
    return axes


def plot_whale_curve(found: WhaleCurve, *, axes: Any = None) -> Any:
    """Cumulative profit from the most to the least profitable account; the fall after the peak is what the
    loss-making accounts eat."""
    axes = _axes(axes, "accounts, most profitable first", "cumulative profit")
    rank = np.arange(found.accounts + 1)
    profit = np.concatenate([[0.0], found.cumulative])
    axes.plot(rank, profit, color=MODEL)
    axes.fill_between(
        rank[found.peak_accounts :], profit[found.peak_accounts :], found.peak, color=LOSS, alpha=0.2
    )
    axes.axhline(found.total, color=QUIET, linewidth=0.8, linestyle=":")
    axes.annotate(
        f"{found.loss_making:,} accounts eat {found.eaten:,.0f}",
        (found.accounts, found.total),
        xytext=(-6, -14),
        textcoords="offset points",
        ha="right",
        color=LOSS,
    )
    axes.set_xlim(0, found.accounts)
    return axes


def _axes(axes: Any, across: str, up: str) -> Any:
    if axes is None:
        from matplotlib import pyplot

        axes = pyplot.subplots(figsize=(6, 4), layout="constrained")[1]
    axes.set_xlabel(across, color=INK)
    axes.set_ylabel(up, color=INK)
    axes.spines[["top", "right"]].set_visible(False)
    return axes
