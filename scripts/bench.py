"""Measures a large book on this machine: bringing it in, undoing, and reading it as three persons.

``python scripts/bench.py`` makes fresh books with one and with ten million order lines; ``--lines 1000000``
chooses, ``--write`` keeps the tables in docs/evidence/bench.md. Each book lives in a folder of its own and
is measured by a process of its own, since settings are read once. What was meant to be reached stands below
the figures, met or not. ``--into FOLDER`` keeps a book, ``--again`` reads its pages and scores it once more
without making it anew, and ``--pages`` measures the pages alone: a book that is not there is made by the
shortest way.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psutil
from bench_workbook import as_workbook
from browse import read_as, web_server

ROOT = Path(__file__).resolve().parents[1]
EVIDENCE = ROOT / "docs" / "evidence" / "bench.md"
PASSWORD = f"qing-{secrets.token_hex(8)}"
WATCHERS = {"all": "executive", "a third": "director-1", "twelve": "manager-001"}


Seconds = tuple[float, float]

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


class Peak:
    """The most memory that this process, its children and the database held at once, shared pages once."""

    def __init__(self, server: int | None) -> None:
        self.server, self.most = server, 0.0
        self._over = threading.Event()

    def __enter__(self) -> Peak:
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.25):
            roots = [psutil.Process(pid) for pid in (os.getpid(), self.server) if pid]
            tree = {process for root in roots for process in (root, *root.children(recursive=True))}
            self.most = max(self.most, sum(map(_held, tree)) / 2**20)


def _held(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except (psutil.Error, OSError):
        return 0


class Clock:
    """Seconds by the wall, and seconds of processor in this process, its children and the database."""

    server: int | None = None

    @classmethod
    def now(cls) -> Seconds:
        own = os.times()
        roots = [psutil.Process(cls.server)] if cls.server else []
        database = [process for root in roots for process in (root, *root.children())]
        return time.perf_counter(), sum(own[:4]) + sum(map(_worked, database))


def _worked(process: psutil.Process) -> float:
    try:
        told = process.cpu_times()
        return float(told.user + told.system)
    except psutil.Error:
        return 0.0


@contextlib.contextmanager
def clock(into: dict[str, Seconds], name: str) -> Iterator[None]:
    wall, worked = Clock.now()
    yield
    wall, worked = Clock.now()[0] - wall, Clock.now()[1] - worked
    before = into.get(name, (0.0, 0.0))
    into[name] = (before[0] + wall, before[1] + worked)


@contextlib.contextmanager
def timed(stages: dict[str, Seconds], *places: tuple[Any, str, str]) -> Iterator[None]:
    """Time calls of functions from outside: (module, function, name of the stage)."""
    kept = [(module, name, getattr(module, name)) for module, name, _ in places]

    def wrapped(real: Callable[..., Any], stage: str) -> Callable[..., Any]:
        def call(*values: Any, **named: Any) -> Any:
            with clock(stages, stage):
                return real(*values, **named)

        return call

    for (module, name, real), (_, _, stage) in zip(kept, places, strict=True):
        setattr(module, name, wrapped(real, stage))
    try:
        yield
    finally:
        for module, name, real in kept:
            setattr(module, name, real)


def measure(
    accounts: int, lines: int, folder: Path, *, again: bool = False, only_pages: bool = False
) -> Measured:
    """Make, bring in and read one book in ``folder``, with a database of its own where none is given.

    ``again``: the book lies there already, and only what does not change it is measured.
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
        if again:
            _new_password()
        elif only_pages:
            _make(_generate(measured, folder / "files"))
            _settle(measured)
        else:
            book = _all_steps(measured, folder / "files")
        if not only_pages:
            _score(measured)
        if not again and not only_pages:
            _duplicates(measured)
        measured.disk_mb["ledger"] = _size(data.ledger)
        measured.disk_mb["PostgreSQL"] = _size(data.pg) if data.pg.exists() else 0.0
        print(told(measured), file=sys.stderr, flush=True)
        with web_server(pids := []) as port:
            _read(measured, port, pids[0])
        if not again and not only_pages:
            _preview(measured, book.orders_csv)
            _workbook(measured, book.orders_csv)
            _more_accounts(measured, book)
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
    _came(entry, measured.lines)
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
    _came(entry, WORKBOOK_LINES)


def _came(entry: Any, rows: int) -> None:
    """What was measured has to have happened: ``rows`` new ones, and nothing else."""
    told = {name: entry.report[name] for name in ("came", "changed", "went", "same", "refused")}
    if told != {"came": rows, "changed": 0, "went": 0, "same": 0, "refused": 0}:
        raise SystemExit(f"{entry.file_name}: {rows:,} new rows were handed in, the import says {told}")


def _thousand(orders: Path) -> Path:
    """The first thousand lines once more, each a fen more expensive in cost."""
    part = orders.with_name("thousand.csv")
    with orders.open(encoding="utf-8") as whole, part.open("w", encoding="utf-8") as file:
        file.write(next(whole))
        for _ in range(1_000):
            head, cost = next(whole).rstrip("\n").rsplit(",", 1)
            file.write(f"{head},{float(cost) + 0.01:.2f}\n")
    return part


def _more_accounts(measured: Measured, book: Any) -> None:
    """As many accounts once more, under other keys and names, into those that are there. The last step, since
    the book is another one after it."""
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
    _came(entry, measured.accounts)


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
        roots = [psutil.Process(pid) for pid in (web, Clock.server) if pid]
        return sum(_worked(each) for root in roots for each in (root, *root.children()))

    for who, username in WATCHERS.items():
        measured.seen[who] = accounts(user_named(username)).count()
        measured.pages += [{"who": who, **row} for row in read_as(username, port, PASSWORD, worked)]


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
        if row["page"] == "health check":
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


def _machine() -> str:
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"Python {platform.python_version()}, {os.cpu_count()} cores, {memory:.0f} GB, "
        f"{platform.system()}; ratios hold on other machines better than seconds."
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--lines", default="1000000,10000000", help="sizes, separated by commas")
    parser.add_argument("--write", action="store_true", help=f"keep the tables in {EVIDENCE.name}")
    parser.add_argument("--into", type=Path, help="measure one book here, keep it, and write it as JSON")
    parser.add_argument("--again", action="store_true", help="the book of --into is there already")
    parser.add_argument("--pages", action="store_true", help="with --into: measure nothing but the pages")
    asked = parser.parse_args()
    sizes = [int(size) for size in asked.lines.split(",")]
    if asked.into:
        measured = measure(asked.accounts, sizes[0], asked.into, again=asked.again, only_pages=asked.pages)
        print(told(measured), flush=True)
        (asked.into / "measured.json").write_text(json.dumps(asdict(measured)))
        return 0
    books = []
    for size in sizes:
        books.append(_in_a_process_of_its_own(asked.accounts, size))
        print(told(books[-1]), flush=True)
    parts = ["# What a large book costs", _machine(), *map(told, books)]
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
