"""Measures a large book on this machine: bringing it in, undoing, and reading it as three persons.

``python scripts/bench.py`` makes fresh books with one and with ten million order lines; ``--lines 1000000``
chooses, ``--write`` keeps the tables in docs/evidence/bench.md. Each book lives in a folder of its own and
is measured by a process of its own, since settings are read once. What was meant to be reached stands below
the figures, met or not. ``--into FOLDER`` keeps a book, ``--again`` reads its pages and scores it once more
without making it anew, and ``--only pages`` or ``--only files`` measures these alone: a book that is not
there is made by the shortest way.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench_clock import Clock, Peak, Seconds, clock, timed, worked_by
from bench_later import came, hand_files
from bench_tables import (
    JUDGED,
    RANKED,
    SCORED,
    TOUCHED,
    Measured,
    compared,
    machine,
    told,
)
from browse import read_as, web_server

ROOT = Path(__file__).resolve().parents[1]
EVIDENCE = ROOT / "docs" / "evidence" / "bench.md"
PASSWORD = f"qing-{secrets.token_hex(8)}"
WATCHERS = {"all": "executive", "a third": "director-1", "twelve": "manager-001"}


def measure(accounts: int, lines: int, folder: Path, *, again: bool = False, only: str = "") -> Measured:
    """Make, bring in and read one book in ``folder``, with a database of its own where none is given.

    ``again``: the book lies there already, and only what does not change it is measured. ``only`` its
    "pages", or the "files" that a book is handed later.
    """
    from changqing.machine.folder import DataFolder
    from changqing.machine.postgres import Postgres, database

    data = DataFolder(folder / "data")
    data.create()
    os.environ["CHANGQING_DATA"] = str(data.path)
    with database(data) as url:
        os.environ["DATABASE_URL"] = url
        measured = Measured(accounts, lines)
        Clock.server = Postgres(data).pid
        _set_up()
        if only == "files":
            book = _generate(measured, folder / "files")
            _make(book)
            hand_files(measured, book)
            return measured
        if again:
            _new_password()
        elif only == "pages":
            _make(_generate(measured, folder / "files"))
            _settle(measured)
        else:
            book = _all_steps(measured, folder / "files")
        is_whole = not again and not only
        if not only:
            _score(measured)
        if is_whole:
            _duplicates(measured)
        measured.disk_mb["ledger"] = _size(data.ledger)
        measured.disk_mb["PostgreSQL"] = _size(data.pg) if data.pg.exists() else 0.0
        print(told(measured), file=sys.stderr, flush=True)
        with web_server(pids := []) as port:
            _read(measured, port, pids[0])
        if is_whole:
            hand_files(measured, book)
    return measured


def _all_steps(measured: Measured, folder: Path) -> Any:
    with Peak(Clock.server) as peak:
        book = _generate(measured, folder)
    measured.peak_mb["generate"] = peak.most
    with Peak(Clock.server) as peak:
        _bring_in(measured, book)
    measured.peak_mb["import"] = peak.most
    _settle(measured)
    return book


def _make(book: Any) -> None:
    """The book by the shortest way, nothing measured."""
    from changqing.journeys import import_ledger
    from changqing.people.permissions import operator

    by = operator(because="a benchmark")
    for kind in ("accounts", "products", "orders"):
        import_ledger.bring_in(by=by, kind=kind, path=getattr(book, f"{kind}_csv"))


def _set_up() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "changqing.settings"
    os.environ["CHANGQING_LOG_LEVEL"] = "WARNING"
    command = [sys.executable, "-m", "changqing", "prepare"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=_environment())
    import django

    django.setup()


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT / "src")}


def _size(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 2**20


def _generate(measured: Measured, folder: Path) -> Any:
    from changqing.demo.large import make_large

    with clock(measured.seconds, "generate files"):
        return make_large(folder, accounts=measured.accounts, lines=measured.lines)


def _bring_in(measured: Measured, book: Any) -> None:
    from changqing.journeys import import_ledger, score_book
    from changqing.ledger import actions
    from changqing.people.permissions import operator

    by = operator(because="a benchmark")
    for kind, path in (("accounts", book.accounts_csv), ("products", book.products_csv)):
        with clock(measured.seconds, f"import {kind}"):
            import_ledger.bring_in(by=by, kind=kind, path=path)
    places = [
        (import_ledger, "stage", "read and split"),
        (import_ledger, "take_in", "understand, check, write segments"),
        (actions, "_note_replaced", "note what is replaced"),
        (actions, "difference", "compare with the book"),
        (actions, "refresh", "rollups"),
        (import_ledger, "rank_the_book", "rank"),
        (score_book, "fit_the_book", "fit"),
        (score_book, "score_the_book", "score"),
        (score_book, "look_at_the_book", "warnings"),
    ]
    after = [(import_ledger, "judge_now", JUDGED)]
    with timed(measured.stages, *places), timed(measured.seconds, *after), clock(measured.seconds, RANKED):
        entry = import_ledger.bring_in(by=by, kind="orders", path=book.orders_csv)
    # a large book is ranked and committed first, and judged after that
    measured.seconds[RANKED] = _less(measured.seconds[RANKED], measured.seconds[JUDGED])
    came(entry, measured.lines)
    part = _thousand(book.orders_csv)
    touched = [(import_ledger, "after_import", TOUCHED)]
    with timed(measured.seconds, *touched), clock(measured.seconds, "import 1,000 changed lines"):
        changed = import_ledger.bring_in(by=by, kind="orders", path=part)
    with clock(measured.seconds, "undo those 1,000"):
        import_ledger.undo_import(by=by, number=changed.number or 0)
    with clock(measured.seconds, "undo all orders"):
        import_ledger.undo_import(by=by, number=entry.number or 0)
    with clock(measured.seconds, "redo all orders"):
        import_ledger.redo_import(by=by, number=entry.number or 0)


def _less(whole: Seconds, part: Seconds) -> Seconds:
    return whole[0] - part[0], whole[1] - part[1]


def _thousand(orders: Path) -> Path:
    """The first thousand lines once more, each a fen more expensive in cost."""
    part = orders.with_name("thousand.csv")
    with orders.open(encoding="utf-8") as whole, part.open("w", encoding="utf-8") as file:
        file.write(next(whole))
        for _ in range(1_000):
            head, cost = next(whole).rstrip("\n").rsplit(",", 1)
            file.write(f"{head},{float(cost) + 0.01:.2f}\n")
    return part


def _score(measured: Measured) -> None:
    """The whole book by the version in force, after a scoring in which everything that can change has."""
    from changqing.journeys.score_book import score
    from changqing.people.permissions import operator

    with clock(measured.seconds, SCORED):
        score(by=operator(because="a benchmark"))


def _new_password() -> None:
    from changqing.people.queries import user_named

    for name in WATCHERS.values():
        user = user_named(name)
        user.set_password(PASSWORD)
        user.save()


def _settle(measured: Measured) -> None:
    from django.db import connection

    from changqing.demo.actions import settle_large
    from changqing.people.permissions import operator

    with clock(measured.seconds, "40 departments, 300 users, owners"):
        settle_large(by=operator(because="a benchmark"), password=PASSWORD)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _duplicates(measured: Measured) -> None:
    """Suggestions over the whole book (goal 60 s), and for one account, the slowest of fifty (goal 50 ms)."""
    from changqing.accounts.queries import accounts
    from changqing.dossier.queries.likeness import alike_pairs, like
    from changqing.people.permissions import operator

    by = operator(because="a benchmark")
    with clock(measured.seconds, "merge suggestions, whole book"):
        alike_pairs(by)
    slowest = 0.0
    for account in accounts(by).order_by("key")[:: max(1, measured.accounts // 50)]:
        start = time.perf_counter()
        like(by, account)
        slowest = max(slowest, time.perf_counter() - start)
    measured.seconds["merge suggestions, one account, slowest of 50"] = (slowest, slowest)


def _read(measured: Measured, port: int, web: int) -> None:
    from changqing.accounts.queries import accounts
    from changqing.people.queries import user_named

    def worked() -> float:
        """Seconds of processor of the web server and of the database."""
        return worked_by(web, Clock.server)

    for who, username in WATCHERS.items():
        measured.seen[who] = accounts(user_named(username)).count()
        measured.pages += [{"who": who, **row} for row in read_as(username, port, PASSWORD, worked)]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--lines", default="1000000,10000000", help="sizes, separated by commas")
    parser.add_argument("--write", action="store_true", help=f"keep the tables in {EVIDENCE.name}")
    parser.add_argument("--into", type=Path, help="measure one book here, keep it, and write it as JSON")
    parser.add_argument("--again", action="store_true", help="the book of --into is there already")
    parser.add_argument(
        "--only", choices=("pages", "files"), default="", help="with --into: measure nothing but these"
    )
    asked = parser.parse_args()
    sizes = [int(size) for size in asked.lines.split(",")]
    if asked.into:
        measured = measure(asked.accounts, sizes[0], asked.into, again=asked.again, only=asked.only)
        print(told(measured), flush=True)
        (asked.into / "measured.json").write_text(json.dumps(asdict(measured)))
        return 0
    books = []
    for size in sizes:
        books.append(_in_a_process_of_its_own(asked.accounts, size))
        print(told(books[-1]), flush=True)
    parts = ["# What a large book costs", machine(), *map(told, books)]
    if len(books) > 1:
        print(compared(books))
        parts.append(compared(books))
    if asked.write:
        EVIDENCE.parent.mkdir(parents=True, exist_ok=True)
        EVIDENCE.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    return 0


def _in_a_process_of_its_own(accounts: int, lines: int) -> Measured:
    folder = Path(tempfile.mkdtemp(prefix="changqing-bench-"))
    asked = ["--accounts", str(accounts), "--lines", str(lines), "--into", str(folder)]
    try:
        subprocess.run([sys.executable, __file__, *asked], check=True, env=_environment())
        return Measured(**json.loads((folder / "measured.json").read_text()))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    raise SystemExit(main())
