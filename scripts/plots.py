"""The pictures of docs/engine/plots.md, on CDNOW and small books: ``.venv/bin/python scripts/plots.py``.

Each picture carries a digest of the numbers drawn in it, by which a test knows a stale one without drawing.
"""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from changqing.engine.backtest import calibration
from changqing.engine.bgnbd import BgNbd
from changqing.engine.concentration import whale_curve
from changqing.engine.conftest import published
from changqing.engine.plots import (
    plot_calibration,
    plot_frequencies,
    plot_probability_alive,
    plot_survival,
    plot_whale_curve,
)
from changqing.engine.retention import kaplan_meier

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "engine" / "pictures"
KEY = b"Description\0"


def figures() -> dict[str, Figure]:
    """Every picture by name."""
    table = published("cdnow_customers_summary_with_transactions.csv")
    history = {"frequency": table["x"], "recency": table["t_x"], "T": table["T"]}
    model = BgNbd.fit(**history)
    chance = np.random.default_rng(5)
    alive = model.probability_alive(**history)
    stayed = chance.exponential(30, 120).round(1)
    profits = np.concatenate([chance.pareto(1.5, 90) * 20, -chance.pareto(1.8, 30) * 30])
    return {
        "alive": _on(plot_probability_alive, model, [0.0, 4.0, 6.0, 13.0, 21.0], until=39.0),
        # what a perfect back-test looks like: it happens as often as was said
        "calibration": _on(plot_calibration, calibration(alive, chance.random(alive.size) < alive)),
        "frequencies": _on(plot_frequencies, model, **history),
        "survival": _on(plot_survival, kaplan_meier(np.minimum(stayed, 48), stayed < 48)),
        "whale": _on(plot_whale_curve, whale_curve(profits)),
    }


def _on(plot: Any, *given: Any, **named: Any) -> Figure:
    figure = Figure(figsize=(6, 3.6), layout="constrained")
    plot(*given, **named, axes=figure.subplots())
    return figure


def digest(figure: Figure) -> str:
    """Of all points drawn, to seven digits, and all words."""
    axes = figure.axes[0]
    points = [line.get_xydata() for line in axes.lines]
    points += [np.array([[bar.get_x(), bar.get_height()]]) for bar in axes.patches]
    points += [path.vertices for each in axes.collections for path in each.get_paths()]
    words = [text.get_text() for text in (*axes.texts, axes.title, axes.xaxis.label, axes.yaxis.label)]
    told = [f"{value + 0.0:.7g}" for part in points for value in np.asarray(part).ravel()]
    return hashlib.sha256("\n".join(told + words).encode()).hexdigest()


def kept(picture: Path) -> str:
    """The digest that a picture carries; empty when it has none."""
    data, at = picture.read_bytes(), 8
    while at < len(data):
        (size,), kind = struct.unpack(">I", data[at : at + 4]), data[at + 4 : at + 8]
        body = data[at + 8 : at + 8 + size]
        if kind == b"tEXt" and body.startswith(KEY):
            return body[len(KEY) :].decode()
        at += size + 12
    return ""


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, figure in figures().items():
        told = digest(figure)
        figure.savefig(FOLDER / f"{name}.png", dpi=110, metadata={"Description": told, "Software": None})
        print(f"{name}.png {told[:12]}")


if __name__ == "__main__":
    main()
