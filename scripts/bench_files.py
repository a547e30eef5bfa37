"""Measures what a person at the Imports page waits for: the preview of a million lines, a large workbook.

``python scripts/bench_files.py`` makes a book in a folder of its own and prints each figure beside its goal.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from own_book import own_book


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--accounts", type=int, default=10_000)
    parser.add_argument("--workbook", type=int, default=100_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="changqing-bench-") as folder:
        return measure(Path(folder), asked)


def measure(folder: Path, asked: argparse.Namespace) -> int:
    with own_book(folder):
        return 0 if all([*_figures(folder, asked)]) else 1


def _figures(folder: Path, asked: argparse.Namespace) -> Iterator[bool]:
    """Whether each figure keeps to its goal."""
    from changqing.demo.large import make_large
    from changqing.journeys import try_import
    from changqing.journeys.give_out import write_book
    from changqing.journeys.import_ledger import bring_in
    from changqing.people.permissions import operator
    from changqing.people.queries import User

    by = operator(because="a benchmark")
    user = User.objects.create_user("bench", None, full_name="Bench", role="operator")
    book = make_large(folder / "files", accounts=asked.accounts, lines=asked.lines)
    with timed("accounts", asked.accounts, 0):
        bring_in(by=by, kind="accounts", path=book.accounts_csv)
    bring_in(by=by, kind="products", path=book.products_csv)
    path = book.orders_csv
    for state in ("into an empty book", "over itself"):
        try_import.BYTES_AT_ONCE = 1 << 40
        with timed(f"preview of {asked.lines:,} lines {state}", asked.lines, 15) as kept:
            draft = try_import.hand_over(by=user, path=path, called=f"{state}.csv")
        assert draft.state == "tried", draft.error
        yield kept[0]
        if state == "into an empty book":
            with timed(f"import of {asked.lines:,} lines", asked.lines, 0):
                bring_in(by=by, kind="orders", path=path)
    workbook = folder / "lines.xlsx"
    small = make_large(folder / "small", accounts=2_000, lines=asked.workbook)
    bring_in(by=by, kind="orders", path=small.orders_csv, source="small")
    write_book(by=by, kind="orders", source="small", shape="xlsx", to=workbook)
    with timed(f"workbook of {asked.workbook:,} lines", asked.workbook, 30) as kept:
        bring_in(by=by, kind="orders", path=workbook, source="book")
    yield kept[0]


@contextmanager
def timed(what: str, rows: int, goal: float) -> Iterator[list[Any]]:
    """Print how long the block took; ``goal`` in seconds, 0 where there is none."""
    kept: list[Any] = []
    began = time.perf_counter()
    yield kept
    took = time.perf_counter() - began
    kept.append(not goal or took <= goal)
    told = f" (goal {goal:.0f} s: {'kept' if kept[0] else 'MISSED'})" if goal else ""
    print(f"{what}: {took:.1f} s, {rows / took:,.0f} rows/s{told}", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
