"""What the benchmark found, as tables, beside what was meant to be reached."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass, field
from typing import Any

import psutil
from bench_clock import Seconds
from browse import LOOP

MILLION = 1_000_000
MORE_ACCOUNTS = "import as many accounts once more"
PREVIEW = "preview of all orders"
WORKBOOK_LINES = 100_000
WORKBOOK = f"import {WORKBOOK_LINES:,} order lines from XLSX"
RANKED = "import orders → ranked"
JUDGED = "import orders → fitted, scored, warned"
SCORED = "score all accounts: tier, matrix, lifetime profit, rhythm, warnings"
TOUCHED = "of the 1,000 changed lines: score what they touched"
# Step, the most seconds by the wall, and of a book of how many lines (0: of any).
STEPS = (
    (RANKED, 20.0, MILLION),
    (RANKED, 90.0, 10 * MILLION),
    (PREVIEW, 15.0, MILLION),
    (WORKBOOK, 30.0, 0),
    (SCORED, 20.0, 0),
    (TOUCHED, 1.0, 0),
)
MOST_MB, MOST_MS, ROWS_A_SECOND = 4096.0, 100.0, 10_000.0


@dataclass
class Measured:
    """Everything one book showed; seconds, megabytes and milliseconds."""

    accounts: int
    lines: int
    seconds: dict[str, Seconds] = field(default_factory=dict)
    stages: dict[str, Seconds] = field(default_factory=dict)
    peak_mb: dict[str, float] = field(default_factory=dict)
    disk_mb: dict[str, float] = field(default_factory=dict)
    pages: list[dict[str, Any]] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict)


def goals(measured: Measured) -> list[tuple[str, str, str, bool]]:
    """What was meant to be reached: (what, at most or at least, what it was, whether it is met)."""
    found = []
    for name, most, lines in STEPS:
        if name in measured.seconds and lines in (0, measured.lines):
            took = measured.seconds[name][0]
            found.append((name, f"≤ {most:g} s", f"{took:.1f} s", took <= most))
    if MORE_ACCOUNTS in measured.seconds:
        rate = measured.accounts / measured.seconds[MORE_ACCOUNTS][0]
        told_rate = f"{rate:,.0f} rows a second"
        found.append(
            (MORE_ACCOUNTS, f"≥ {ROWS_A_SECOND:,.0f} rows a second", told_rate, rate >= ROWS_A_SECOND)
        )
    if "import" in measured.peak_mb:
        most_mb = measured.peak_mb["import"]
        found.append(
            ("most memory, import", f"≤ {MOST_MB:,.0f} MB", f"{most_mb:,.0f} MB", most_mb <= MOST_MB)
        )
    for row in measured.pages:
        if row["page"] in ("health check", LOOP):
            continue
        # what a person waits for is an answer: the page's, or that of the slowest fragment
        slow, whole = max(row["page_alone"][1], row["fragment"][2]), row["alone"][1]
        reads = f"{slow:.0f} ms, with its fragments {whole:.0f}"
        found.append((f"{row['page']}, {row['who']}", f"p95 ≤ {MOST_MS:g} ms", reads, slow <= MOST_MS))
    return found


def told_goals(measured: Measured) -> list[str]:
    rows = ["", "| goal | meant | is | |", "| --- | --- | --- | --- |"]
    met = {True: "met", False: "**not met**"}
    return rows + [
        f"| {what} | {meant} | {got} | {met[is_met]} |" for what, meant, got, is_met in goals(measured)
    ]


def told(measured: Measured) -> str:
    """One book as Markdown tables."""
    million = f"{measured.lines / 1e6:g}"
    rows = [f"## {measured.accounts:,} accounts, {million} million order lines", ""]
    rows += ["| step | seconds | of processor |", "| --- | ---: | ---: |"]
    rows += ["| {} | {:.2f} | {:.2f} |".format(*step) for step in _flat(measured.seconds)]
    rows += ["| – of that import: {} | {:.2f} | {:.2f} |".format(*stage) for stage in _flat(measured.stages)]
    rows += ["", "| | MB |", "| --- | ---: |"]
    rows += [f"| most memory, {name} | {size:,.0f} |" for name, size in measured.peak_mb.items()]
    rows += [f"| on disk, {name} | {size:,.0f} |" for name, size in measured.disk_mb.items()]
    who = ", ".join(f"{label} = {count:,} accounts" for label, count in measured.seen.items())
    rows += ["", f"Pages in milliseconds, p50 / p95, read by three persons ({who}).", ""]
    rows += [
        "Queries: of the page / with its fragments. Milliseconds of processor: of both, server and database.",
        "",
    ]
    rows += [
        "| page | sees | queries | alone | slowest fragment | with fragments | processor | so, 8 at a time "
        "| × health check |"
    ]
    rows += ["| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"]
    base = {row["who"]: row["alone"][0] for row in measured.pages if row["page"] == "health check"}
    for row in measured.pages:
        alone, whole, together = (
            f"{row[n][0]:.0f} / {row[n][1]:.0f}" for n in ("page_alone", "alone", "together")
        )
        name, usual, most = row["fragment"]
        fragment = f"{name} {usual:.0f} / {most:.0f}" if name else "–"
        times = row["page_alone"][0] / base[row["who"]]
        queries = "{} / {}".format(*row["queries"])
        rows.append(
            f"| {row['page']} | {row['who']} | {queries} | {alone} | {fragment} | {whole} "
            f"| {row['processor']:.0f} | {together} | {times:.0f} |"
        )
    return "\n".join(rows + told_goals(measured))


def _flat(stages: dict[str, Seconds]) -> list[tuple[str, float, float]]:
    return [(name, *took) for name, took in stages.items()]


def compared(books: list[Measured]) -> str:
    """What ten times the lines cost, within one run on one machine."""
    small, large = books[0], books[-1]
    title = f"## {large.lines / small.lines:g} times the lines cost"
    rows = [title, "", "| step | times the seconds | times the processor |", "| --- | ---: | ---: |"]
    for name, took in small.seconds.items():
        wall, worked = (more / max(less, 0.01) for more, less in zip(large.seconds[name], took, strict=True))
        rows.append(f"| {name} | {wall:.1f} | {worked:.1f} |")
    return "\n".join(rows)


def machine() -> str:
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"Python {platform.python_version()}, {os.cpu_count()} cores, {memory:.0f} GB, "
        f"{platform.system()}; ratios hold on other machines better than seconds."
    )
