"""The engine beside ``lifetimes`` in one run: ratios of processor seconds, interleaved, on simulated books.

    make bench-engine            prints the table
    make bench-engine WRITE=1    writes it to docs/evidence/bench-engine.md too

Ratios, not seconds, are the measure: both run on the same machine, in turns. ``lifetimes`` stands still since
2020 and is what most people know; its fits use its own defaults.
"""

from __future__ import annotations

import argparse
import gc
import math
import platform
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from changqing.engine.bgnbd import BgNbd
from changqing.engine.conftest import published
from changqing.engine.gamma_gamma import GammaGamma
from changqing.engine.pareto_nbd import ParetoNbd

ROOT = Path(__file__).resolve().parent.parent
Columns = dict[str, Any]
EVIDENCE = ROOT / "docs" / "evidence" / "bench-engine.md"
# Fader, Hardie & Lee (2005): the refit of CDNOW
R, ALPHA, A, B = 0.242593, 4.413532, 0.792886, 2.425753


@dataclass
class Row:
    """One question asked of both: processor and wall seconds, best of several, and what the fits reached."""

    what: str
    goal: str
    ours: list[tuple[float, float]] = field(default_factory=list)
    theirs: list[tuple[float, float]] = field(default_factory=list)
    note: str = ""
    seconds: float = math.inf
    times: float = 0.0

    @property
    def verdict(self) -> str:
        """Whether the goals, in processor seconds and in times lifetimes, are met; nothing without a goal."""
        ours, theirs = (min(spent, default=(math.nan, math.nan))[0] for spent in (self.ours, self.theirs))
        if not self.goal:
            return ""
        met = ours <= self.seconds and (not self.times or theirs / ours >= self.times)
        return "met" if met else "**missed**"

    def line(self) -> str:
        ours, theirs = (min(times, default=(math.nan, math.nan)) for times in (self.ours, self.theirs))
        ratio = f"{theirs[0] / ours[0]:.3g} ×" if self.theirs else "–"
        told = f"{theirs[0]:.4g} / {theirs[1]:.4g}" if self.theirs else "–"
        mine = f"{ours[0]:.4g} / {ours[1]:.4g}"
        return f"| {self.what} | {mine} | {told} | {ratio} | {self.goal} | {self.verdict} | {self.note} |"


def timed(act: Callable[[], Any]) -> tuple[tuple[float, float], Any]:
    gc.collect()
    cpu, wall = time.process_time(), time.perf_counter()
    found = act()
    return (time.process_time() - cpu, time.perf_counter() - wall), found


def simulated(customers: int, seed: int = 1) -> Columns:
    """A book that lives by BG/NBD's own story, observed for 27 to 39 weeks in days, as CDNOW is."""
    chance = np.random.default_rng(seed)
    rate = chance.gamma(R, 1 / ALPHA, customers)
    leave = chance.beta(A, B, customers)
    end = chance.integers(27 * 7, 39 * 7 + 1, customers) / 7
    x, recency, now = np.zeros((3, customers))
    active = np.arange(customers)
    while active.size:
        now[active] += chance.exponential(1 / rate[active])
        active = active[now[active] <= end[active]]
        x[active] += 1
        recency[active] = now[active]
        active = active[chance.random(active.size) >= leave[active]]
    spend = chance.gamma(6.25 * np.maximum(x, 1), 1 / chance.gamma(3.74, 1 / 15.44, customers))
    return {"frequency": x, "recency": recency, "T": end, "monetary_value": spend / np.maximum(x, 1)}


def histories(book: Columns) -> Columns:
    return {name: book[name] for name in ("frequency", "recency", "T")}


def compare(row: Row, ours: Callable[[], Any], theirs: Callable[[], Any] | None, *, times: int) -> list[Any]:
    """Both in turns, ``times`` times; theirs once where it takes long."""
    found: list[Any] = [None, None]
    for turn in range(times):
        spent, found[0] = timed(ours)
        row.ours.append(spent)
        if theirs is not None and (turn == 0 or row.theirs[0][0] < 2):
            spent, found[1] = timed(theirs)
            row.theirs.append(spent)
    return found


def their(name: str, book: Columns) -> Any:
    import lifetimes

    fitter = getattr(lifetimes, name)()
    if name == "GammaGammaFitter":
        bought = book["frequency"] > 0
        return fitter.fit(book["frequency"][bought], book["monetary_value"][bought])
    return fitter.fit(book["frequency"], book["recency"], book["T"])


def asked_of(what: str, seconds: float = math.inf, times: float = 0) -> Row:
    """A row with its goals: at most so many processor seconds, at least so many times lifetimes."""
    goals = [f"≤ {seconds:g} CPU-s"] * math.isfinite(seconds) + [f"≥ {times:g} ×"] * bool(times)
    return Row(what, ", ".join(goals), seconds=seconds, times=times)


def fits(large: int) -> list[Row]:
    rows = []
    cdnow = published("cdnow_customers_summary_with_transactions.csv")
    names = {"frequency": "x", "recency": "t_x", "T": "T", "monetary_value": "zbar"}
    small = {ours: cdnow[theirs] for ours, theirs in names.items()}
    book, tenth = simulated(large), simulated(large // 10, seed=2)
    for what, goal, data, ours, name, times in (
        ("BG/NBD, CDNOW", (0.015, 0), small, BgNbd, "BetaGeoFitter", 9),
        (f"BG/NBD, {large:,}", (0.5, 40), book, BgNbd, "BetaGeoFitter", 3),
        ("Pareto/NBD, CDNOW", (math.inf, 0), small, ParetoNbd, "ParetoNBDFitter", 5),
        (f"Pareto/NBD, {large // 10:,}", (math.inf, 40), tenth, ParetoNbd, "ParetoNBDFitter", 3),
    ):
        row = asked_of(what, *goal)
        mine, other = compare(
            row,
            lambda data=data, ours=ours: ours.fit(**histories(data)),
            lambda data=data, name=name: their(name, data),
            times=times,
        )
        row.note = f"ln L {mine.log_likelihood:.6f}, {ahead(mine, other, data):+.2e} of theirs"
        rows.append(row)
    row = asked_of(f"Gamma-Gamma, {large:,}", times=10)
    bought = book["frequency"] > 0
    compare(
        row,
        lambda: GammaGamma.fit(
            frequency=book["frequency"][bought], monetary_value=book["monetary_value"][bought]
        ),
        lambda: their("GammaGammaFitter", book),
        times=3,
    )
    return [*rows, row, *predictions(small, book)]


def ahead(mine: Any, other: Any, data: Columns) -> float:
    """How much higher our maximum is than their parameters reach by our likelihood, a customer."""
    from changqing.engine import geometric_dropout, pareto_likelihood
    from changqing.engine.histories import purchases

    checked = purchases(data["frequency"], data["recency"], data["T"])
    theirs = np.array([*other.params_.to_dict().values()])
    ours = np.array([*mine.params.values()])
    likelihood: Any = (
        geometric_dropout.Likelihood(checked, at_first=False)
        if isinstance(mine, BgNbd)
        else pareto_likelihood.Likelihood(checked)
    )
    return float(likelihood(ours)[0] - likelihood(theirs)[0])


def predictions(small: Columns, large: Columns) -> list[Row]:
    from lifetimes import BetaGeoFitter

    mine = BgNbd.fit(**histories(small))
    other = BetaGeoFitter().fit(small["frequency"], small["recency"], small["T"])
    questions: dict[str, tuple[Any, Any]] = {
        "E[purchases in 39 weeks]": (
            lambda data: mine.conditional_expected_purchases(39, **histories(data)),
            lambda data: other.conditional_expected_number_of_purchases_up_to_time(
                39, data["frequency"], data["recency"], data["T"]
            ),
        ),
        "P(alive)": (
            lambda data: mine.probability_alive(**histories(data)),
            lambda data: other.conditional_probability_alive(data["frequency"], data["recency"], data["T"]),
        ),
    }
    rows = []
    for asked, (ours, theirs) in questions.items():
        for book, goal, times in (("CDNOW", 1, 9), (f"{large['T'].size:,}", 5, 5)):
            data = small if book == "CDNOW" else large
            # goals are set for the expectation, which has P(alive) as a factor
            row = asked_of(f"{asked}, {book}", times=goal if asked.startswith("E") else 0)
            compare(row, partial(ours, data), partial(theirs, data), times=times)
            rows.append(row)
    return rows


def linear(sizes: list[int]) -> tuple[list[Row], float]:
    """BG/NBD fits of growing books, ours alone, and the slope of log time on log size."""
    rows, seconds = [], []
    for size in sizes:
        book = histories(simulated(size))
        row = asked_of(f"BG/NBD, {size:,}, ours alone", 4 if size == 10_000_000 else math.inf)
        compare(row, lambda book=book: BgNbd.fit(**book), None, times=3 if size < 5_000_000 else 2)
        rows.append(row)
        seconds.append(min(row.ours)[0])
    return rows, float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def first_import() -> tuple[float, float]:
    """Processor and wall seconds of importing the engine in a fresh interpreter, beyond starting Python."""
    code = (
        "import time; t, c = time.perf_counter(), time.process_time(); import changqing.engine.bgnbd, "
        "changqing.engine.pareto_nbd, changqing.engine.gamma_gamma, changqing.engine.profit; "
        "print(time.process_time() - c, time.perf_counter() - t)"
    )
    command = [sys.executable, "-c", code]
    ran = [subprocess.run(command, capture_output=True, text=True, check=True).stdout for _ in range(9)]
    cpu, wall = zip(*(map(float, told.split()) for told in ran), strict=True)
    return min(cpu), min(wall)


def verdict(found: float, most: float) -> str:
    return "met" if found <= most else "**missed**"


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("--large", type=int, default=1_000_000)
    ask.add_argument("--largest", type=int, default=10_000_000)
    ask.add_argument("--write", action="store_true")
    asked = ask.parse_args()
    warnings.simplefilter("ignore")
    # what is compiled at the first call is compiled before anything is timed
    for model in (BgNbd, ParetoNbd):
        few = histories(simulated(2000))
        model.fit(**few).conditional_expected_purchases(39, **few)
    loading = first_import()
    sizes = [size for size in (10_000, 100_000, 1_000_000, 10_000_000) if size <= asked.largest]
    rows = fits(asked.large)
    growing, slope = linear(sizes)
    text = "\n".join(
        [
            "# Measured: `make bench-engine`",
            "",
            f"Two cores, Python {platform.python_version()}, numpy {np.__version__}.",
            "Processor / wall seconds, the best of several turns; the ratio is theirs over ours in processor",
            "seconds. Behind ln L stands by how much a customer our maximum lies above theirs.",
            "",
            "| | ours | lifetimes | ratio | goal | | |",
            "| --- | ---: | ---: | ---: | --- | --- | --- |",
            *(row.line() for row in [*rows, *growing]),
            "",
            f"Slope of log time on log size from {sizes[0]:,} to {sizes[-1]:,}: {slope:.3f} (goal ≤ 1.05, "
            f"{verdict(slope, 1.05)}).",
            f"First import of the engine, numpy included: {loading[0]:.2f} processor seconds, "
            f"{loading[1]:.2f} by the clock (goal ≤ 0.3 s, {verdict(loading[0], 0.3)}).",
            "",
        ]
    )
    print(text)
    if asked.write:
        EVIDENCE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
