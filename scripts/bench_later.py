"""Files that a large book is handed when it is there: a preview, a workbook, as many accounts once more."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from bench_clock import clock
from bench_tables import MORE_ACCOUNTS, PREVIEW, WORKBOOK, WORKBOOK_LINES, Measured
from bench_workbook import as_workbook


def hand_files(measured: Measured, book: Any) -> None:
    """Files that a book is handed which is there; the accounts last, since it is another one after them."""
    _preview(measured, book.orders_csv)
    _workbook(measured, book.orders_csv)
    _more_accounts(measured, book)


def _preview(measured: Measured, orders: Path) -> None:
    """The orders handed over as a page does and looked at, as if by the queue: all of them are known already,
    so that each is compared too."""
    from changqing.journeys import try_import
    from changqing.people.queries import User

    user = User.objects.create_user("preview", None, full_name="Preview", role="operator")
    at_once, try_import.BYTES_AT_ONCE = try_import.BYTES_AT_ONCE, sys.maxsize
    with clock(measured.seconds, PREVIEW):
        draft = try_import.hand_over(by=user, path=orders, called=orders.name)
    try_import.BYTES_AT_ONCE = at_once
    if draft.state != "tried" or draft.preview["same"] + draft.preview["changed"] != measured.lines:
        raise SystemExit(f"the preview says {draft.state} {draft.error} {draft.preview}")
    try_import.let_go(by=user, pk=draft.pk)


def _workbook(measured: Measured, orders: Path) -> None:
    from changqing.journeys import import_ledger
    from changqing.people.permissions import operator

    path = as_workbook(orders, WORKBOOK_LINES)
    with clock(measured.seconds, WORKBOOK):
        entry = import_ledger.bring_in(by=operator(because="a benchmark"), kind="orders", path=path)
    came(entry, WORKBOOK_LINES)


def came(entry: Any, rows: int) -> None:
    """What was measured has to have happened: ``rows`` new ones, and nothing else."""
    told = {name: entry.report[name] for name in ("came", "changed", "went", "same", "refused")}
    if told != {"came": rows, "changed": 0, "went": 0, "same": 0, "refused": 0}:
        raise SystemExit(f"{entry.file_name}: {rows:,} new rows were handed in, the import says {told}")


def _more_accounts(measured: Measured, book: Any) -> None:
    """As many accounts once more, under other keys and names, into those that are there."""
    from changqing.journeys import import_ledger
    from changqing.people.permissions import operator

    more = book.accounts_csv.with_name("more.csv")
    with book.accounts_csv.open(encoding="utf-8") as whole, more.open("w", encoding="utf-8") as file:
        file.write(next(whole))
        for line in whole:
            key, name, rest = line.split(",", 2)
            file.write(f"N{key},新{name},{rest}")
    with clock(measured.seconds, MORE_ACCOUNTS):
        entry = import_ledger.bring_in(by=operator(because="a benchmark"), kind="accounts", path=more)
    came(entry, measured.accounts)
