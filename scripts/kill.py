"""Kills the product's processes again and again and looks at the book after each death.

``python scripts/kill.py --n 100`` starts an instance of its own, lets imports, undos and redos run, and
sends SIGKILL to the importer, the worker, the web server, PostgreSQL or the supervisor: at a random moment
or at one of the named points of ``changqing.base.faults``. After each round, within a minute and without
help: no import is left waiting or running, ``changqing check`` finds nothing, the figures are those of the
imports in force by this script's own arithmetic, and what a command said was done is done.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg

ROOT = Path(__file__).resolve().parents[1]
POINTS = ("staged", "segments-written", "replaced-noted", "rollup-half", "before-commit", "after-commit")
# a file on trial comes to these
TRIAL_POINTS = ("draft-read", "draft-tried")
# an undo or redo comes to these
SWITCH_POINTS = ("rollup-half", "before-commit", "after-commit")
SETTLE_SECONDS = 60.0
# a worker that dies at every try is let be after six deaths
LOOP_SECONDS = 240.0
# a command that looks on while others are killed
PATIENCE_SECONDS = 120.0
ORDERS, CUSTOMERS = 400, 30
HANDED_IN = """
import sys, django
django.setup()
from pathlib import Path
from changqing.journeys.import_ledger import hand_in
from changqing.people.permissions import operator
hand_in(by=operator(because="a kill test"), kind="orders", path=Path(sys.argv[1]))
"""
HANDED_OVER = """
import sys, django
django.setup()
from pathlib import Path
from changqing.journeys import try_import
from changqing.people.queries import User
# so that the queue looks at it, as at a large file
try_import.BYTES_AT_ONCE = -1
by = User.objects.filter(username="yun").first() or User.objects.create_user(
    "yun", None, full_name="Yun", role="operator")
path = Path(sys.argv[1])
print(try_import.hand_over(by=by, path=path, called=path.name).pk)
"""
STARTED = """
import sys, django
django.setup()
from changqing.journeys import try_import
from changqing.people.queries import User
try_import.start(by=User.objects.get(username="yun"), pk=int(sys.argv[1]), version=1)
"""


class Wrong(Exception):
    """What must never be: said with all that helps to find out why."""


Deed = tuple[tuple[str | int, str], list[str]]


@dataclass(frozen=True)
class File:
    """An orders file as this script knows it: order → its lines' amounts, and who bought."""

    path: Path
    orders: dict[str, tuple[str, tuple[Decimal, ...]]]


def make_file(rng: random.Random, folder: Path, number: int) -> File:
    """Whole orders out of one pool, so that files replace parts of each other."""
    orders = {}
    for order in rng.sample(range(ORDERS), rng.randrange(40, ORDERS)):
        amounts = tuple(Decimal(rng.randrange(100, 900_000)) / 100 for _ in range(rng.randrange(1, 9)))
        orders[f"SO{order:05d}"] = (f"K{order % CUSTOMERS:03d}", amounts)
    path = folder / f"orders-{number:03d}.csv"
    rows = ["订单号,行号,订单日期,客户编码,产品编码,数量,未税单价,未税金额,成本金额"]
    for order, (customer, amounts) in orders.items():
        day = f"2024-{int(order[2:]) % 12 + 1:02d}-{int(order[2:]) % 28 + 1:02d}"
        for line, amount in enumerate(amounts, start=1):
            rows.append(f"{order},{line},{day},{customer},P{line},1,{amount},{amount},{amount / 2:.2f}")
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return File(path, orders)


def figures(in_force: list[File]) -> dict[str, Any]:
    """What the book must say: of each order the newest file that lists it counts."""
    newest: dict[str, tuple[str, tuple[Decimal, ...]]] = {}
    for file in in_force:
        newest.update(file.orders)
    return {
        "orders": len(newest),
        "lines": sum(len(amounts) for _, amounts in newest.values()),
        "buying_accounts": len({customer for customer, _ in newest.values()}),
        "revenue": sum((sum(amounts) for _, amounts in newest.values()), Decimal(0)),
    }


@dataclass
class Instance:
    """One running product in a folder of its own."""

    folder: Path
    port: int
    up: subprocess.Popen[bytes] | None = None
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        self.environment = {
            **kept,
            "CHANGQING_DATA": str(self.folder / "data"),
            "DJANGO_SETTINGS_MODULE": "changqing.settings",
            "PYTHONPATH": str(ROOT / "src"),
        }

    def start(self, fault: str = "") -> None:
        """``changqing up``, until its page answers; with ``fault`` every child dies at that point."""
        environment = {**self.environment, **({"CHANGQING_FAULT": fault} if fault else {})}
        words = [sys.executable, "-m", "changqing", "up", "--no-demo", "--port", str(self.port)]
        log = (self.folder / "up.log").open("ab")
        self.up = subprocess.Popen(words, env=environment, stdout=log, stderr=log, start_new_session=True)
        wait_for(lambda: self.answers(), "the web server answers", 90)

    def stop(self) -> None:
        if self.up and self.is_up:
            self.up.terminate()
            self.up.wait(60)

    @property
    def is_up(self) -> bool:
        return self.up is not None and self.up.poll() is None

    def answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        return False

    def pids(self) -> dict[str, int]:
        told = json.loads((self.folder / "data" / "run" / "state.json").read_text())
        found = {name.removeprefix("own-"): pid for name, pid in told["supervisor"]["processes"].items()}
        return {**found, "supervisor": told["supervisor"]["pid"]}

    def command(self, *words: str, fault: str = "") -> subprocess.Popen[str]:
        """``changqing`` with these words, running."""
        environment = {**self.environment, **({"CHANGQING_FAULT": fault} if fault else {})}
        return subprocess.Popen(
            [sys.executable, "-m", "changqing", *words],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def hand_in(self, path: Path) -> None:
        """Give the file to the worker, as the page does, and return when it is promised."""
        subprocess.run([sys.executable, "-c", HANDED_IN, str(path)], env=self.environment, check=True)

    def hand_over(self, path: Path) -> int:
        """Hand the file over to be tried, as the page does; the draft's id."""
        words = [sys.executable, "-c", HANDED_OVER, str(path)]
        ran = subprocess.run(words, env=self.environment, check=True, capture_output=True, text=True)
        return int(ran.stdout)

    def start_draft(self, pk: int) -> None:
        """Click on write, twice, as people do."""
        for _ in range(2):
            subprocess.run([sys.executable, "-c", STARTED, str(pk)], env=self.environment, check=True)

    def draft(self, pk: int) -> str:
        """The state of a draft; nothing while the database is away."""
        with contextlib.suppress(psycopg.Error), psycopg.connect(self.url, connect_timeout=3) as connection:
            row = connection.execute("SELECT state FROM changqing_importdraft WHERE id = %s", [pk]).fetchone()
            return str(row[0]) if row else ""
        return ""

    def told(self) -> str:
        """What there is to read after something went wrong: imports, jobs, the end of the logs."""
        lines = [f"{pk}: {row}" for pk, row in self.imports().items()]
        with psycopg.connect(self.url, connect_timeout=3) as connection:
            query = (
                "SELECT id, task_name, status::text, attempts, args::text, worker_id FROM procrastinate_jobs"
            )
            lines += [str(row) for row in connection.execute(query).fetchall()]
            lines += [
                str(row) for row in connection.execute("SELECT * FROM procrastinate_workers").fetchall()
            ]
        for log in sorted((self.folder / "data" / "logs").glob("*.log")):
            lines += [f"--- {log.name}", *log.read_text(errors="replace").splitlines()[-15:]]
        return "\n".join(lines)

    @property
    def url(self) -> str:
        from changqing.machine.folder import DataFolder
        from changqing.machine.postgres import Postgres

        return Postgres(DataFolder(self.folder / "data")).url

    def imports(self) -> dict[int, tuple[str, str, int | None]]:
        """id → (file name, state, number), read past the product from PostgreSQL itself."""
        query = "SELECT id, file_name, state, number FROM changqing_import"
        over = time.monotonic() + SETTLE_SECONDS
        while True:
            try:
                with psycopg.connect(self.url, connect_timeout=3) as connection:
                    rows = connection.execute(query).fetchall()
                return {pk: (name, state, number) for pk, name, state, number in rows}
            except psycopg.OperationalError:
                # a server that was killed may still be on its way back, or on its way out
                if time.monotonic() > over:
                    raise
                time.sleep(0.3)


def wait_for(done: Callable[[], bool], what: str, seconds: float = SETTLE_SECONDS) -> None:
    over = time.monotonic() + seconds
    while not done():
        if time.monotonic() > over:
            raise Wrong(f"after {seconds:.0f} s still not true: {what}")
        time.sleep(0.1)


class Round:
    """One deed, one death, one look."""

    def __init__(self, instance: Instance, rng: random.Random, files: dict[str, File]) -> None:
        self.instance, self.rng, self.files = instance, rng, files
        self.promised: dict[int, str] = {}
        # from the return of the services to the end of every import, without the look at the book
        self.settled_after = 0.0

    def run(self, victim: str, point: str) -> str:
        """Do something, kill ``victim`` meanwhile; give what was done in a few words."""
        if victim == "worker" and point:
            return self._worker_at(point)
        if victim == "browser":
            return self._from_the_browser(point)
        undo = self._an_undo(point) if victim != "worker" else None
        deed, words = undo or self._an_import()
        if victim == "importer" and not undo:
            # where a worker lives, the command only looks on: alone it does the work itself
            self.instance.stop()
        process = self.instance.command(*words, fault=point if victim == "importer" else "")
        if not point:
            time.sleep(self.rng.uniform(0.0, 3.0))
            self._kill(victim, process.pid)
        out = self._said(process)
        if not self.instance.is_up:
            self.instance.start()
        if process.returncode == 0:
            self._promise(deed)
        elif victim not in ("importer", "postgres", "supervisor"):
            raise Wrong(f"{' '.join(words)} failed though only {victim} was killed:\n{out}")
        if point and process.returncode != -signal.SIGKILL:
            raise Wrong(f"{words} did not die at {point} but ended with {process.returncode}:\n{out}")
        return f"{words[0]} {words[1]} ended with {process.returncode}"

    def _said(self, process: subprocess.Popen[str]) -> str:
        try:
            return process.communicate(timeout=PATIENCE_SECONDS)[0]
        except subprocess.TimeoutExpired:
            process.kill()
            out = process.communicate()[0]
            raise Wrong(f"{process.args} had not ended after {PATIENCE_SECONDS:.0f} s:\n{out}") from None

    def _an_undo(self, point: str) -> Deed | None:
        """Now and then an undo or redo of an earlier import but the first, where it comes to ``point``."""
        known = [(pk, *row) for pk, row in sorted(self.instance.imports().items())]
        done = [row for row in known[1:] if row[2] in ("in_force", "undone")]
        if not done or self.rng.random() < 0.6 or point not in ("", *SWITCH_POINTS):
            return None
        pk, _, state, number = self.rng.choice(done)
        verb, becomes = ("undo", "undone") if state == "in_force" else ("redo", "in_force")
        return (pk, becomes), ["imports", verb, str(number)]

    def _an_import(self) -> Deed:
        file = self.new_file()
        return (file.path.name, "in_force"), ["import", "orders", str(file.path)]

    def new_file(self) -> File:
        file = make_file(self.rng, self.instance.folder, len(self.files))
        self.files[file.path.name] = file
        return file

    def _promise(self, deed: tuple[str | int, str]) -> None:
        what, becomes = deed
        for pk, (name, _, _) in self.instance.imports().items():
            if what in (pk, name):
                self.promised[pk] = becomes

    def _kill(self, victim: str, importer: int) -> None:
        pids = {"importer": importer, **(self.instance.pids() if self.instance.is_up else {})}
        with contextlib.suppress(ProcessLookupError):
            os.kill(pids[victim], signal.SIGKILL)
        if victim == "supervisor" and self.instance.up:
            self.instance.up.wait()
            # what a service manager does: the command again
            self.instance.start()

    def _worker_at(self, point: str) -> str:
        """A worker that dies at ``point`` whenever it comes there: the import must not stay half done."""
        self.instance.stop()
        self.instance.start(fault=point)
        self.instance.hand_in(self.new_file().path)
        self.settle(patience=LOOP_SECONDS)
        self.instance.stop()
        self.instance.start()
        return "again and again"

    def _from_the_browser(self, point: str) -> str:
        """A file is tried and then written from a page; the worker dies during either, or at every trial."""
        if point:
            self.instance.stop()
            self.instance.start(fault=point)
        file = self.new_file()
        pk = self.instance.hand_over(file.path)
        if not point:
            self._kill_worker_soon()
        patience = LOOP_SECONDS if point else SETTLE_SECONDS
        wait_for(lambda: self.instance.draft(pk) in ("tried", "failed"), "the file is tried", patience)
        if point:
            self.instance.stop()
            self.instance.start()
        if self.instance.draft(pk) == "failed":
            if not point:
                raise Wrong(f"draft {pk} failed though its worker died only once")
            return "a trial given up after its last death"
        self.instance.start_draft(pk)
        self._kill_worker_soon()
        self._promise((file.path.name, "in_force"))
        if list(self.promised.values()) != ["in_force"]:
            raise Wrong(f"two clicks on write began {len(self.promised)} imports")
        return "tried and written"

    def _kill_worker_soon(self) -> None:
        time.sleep(self.rng.uniform(0.0, 1.5))
        self._kill("worker", 0)

    def settle(self, patience: float = SETTLE_SECONDS) -> dict[int, tuple[str, str, int | None]]:
        """Wait until nothing is under way and everything answers; the imports as they then are."""

        def nothing_under_way() -> bool:
            with contextlib.suppress(psycopg.Error, OSError):
                return all(
                    state not in ("waiting", "running") for _, state, _ in self.instance.imports().values()
                )
            return False

        wait_for(nothing_under_way, "no import is waiting or running", patience)
        wait_for(self.instance.answers, "the web server answers")
        return self.instance.imports()

    def look(self) -> str:
        """Check the book; Wrong where it is not what the imports in force say."""
        began = time.monotonic()
        rows = self.settle()
        self.settled_after = time.monotonic() - began
        for pk, state in self.promised.items():
            if rows[pk][1] != state:
                raise Wrong(f"import {rows[pk]} was said to be {state}")
        by_number = sorted(
            (number or 0, name) for name, state, number in rows.values() if state == "in_force"
        )
        expected = figures([self.files[name] for _, name in by_number])
        check, told = (
            self.instance.command("check"),
            self.instance.command("portfolio", "--json", "--period", "all"),
        )
        out = check.communicate(timeout=120)[0]
        if check.returncode:
            raise Wrong(f"changqing check ended with {check.returncode}:\n{out}")
        said = json.loads(told.communicate(timeout=120)[0])
        found = {name: Decimal(str(said[name])) if name == "revenue" else said[name] for name in expected}
        if found != expected:
            raise Wrong(f"the book says {found}, its imports say {expected}")
        return " ".join(
            f"{state}:{count}" for state, count in Counter(row[1] for row in rows.values()).items()
        )


def plan(rng: random.Random, rounds: int, only: str) -> Iterator[tuple[str, str]]:
    """(victim, point): each named point and each process in an order of chance, then a worker that dies
    at every try. Deaths under a file that a page hands over are drawn when asked for alone."""
    by_page = only == "browser"
    every = [("importer", point) for point in POINTS] + [("importer", ""), ("importer", "")]
    every += [("browser", ""), ("browser", "")] if by_page else []
    every += [(victim, "") for victim in ("worker", "worker", "web", "postgres", "postgres", "supervisor")]
    drawn: list[tuple[str, str]] = []
    while len(drawn) < rounds:
        last = ("browser", rng.choice(TRIAL_POINTS)) if by_page else ("worker", rng.choice(POINTS))
        drawn += [*rng.sample(every, len(every)), last]
    yield from drawn[:rounds]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--n", "--rounds", dest="rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 10**6)
    parser.add_argument("--only", default="", help="importer, worker, browser, web, postgres or supervisor")
    asked = parser.parse_args()
    rng = random.Random(asked.seed)  # noqa: S311
    folder = Path(tempfile.mkdtemp(prefix="changqing-kill-"))
    instance = Instance(folder, free_port())
    print(f"seed {asked.seed}", flush=True)
    try:
        instance.start()
        return rounds(instance, rng, asked.rounds, asked.only)
    finally:
        instance.stop()
        shutil.rmtree(folder, ignore_errors=True)


def rounds(instance: Instance, rng: random.Random, count: int, only: str) -> int:
    files: dict[str, File] = {}
    first = Round(instance, rng, files)
    command = instance.command("import", "orders", str(first.new_file().path))
    out, _ = command.communicate(timeout=120)
    if command.returncode:
        raise Wrong(f"the first import failed:\n{out}")
    for number, (victim, point) in enumerate(plan(rng, count, only), start=1):
        if only and victim != only:
            continue
        one = Round(instance, rng, files)
        began = time.monotonic()
        place = point or "at a random moment"
        try:
            deed = one.run(victim, point)
            states = one.look()
        except Wrong as wrong:
            raise Wrong(f"round {number}, {victim} {place}: {wrong}\n{instance.told()}") from wrong
        took = time.monotonic() - began
        told = f"{deed}; settled after {one.settled_after:.1f} s, round of {took:.1f} s; {states}"
        print(f"{number:3d} {victim} {place}: {told}", flush=True)
    print("every book was whole after every death")
    return 0


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except Wrong as wrong:
        print(f"WRONG: {wrong}", file=sys.stderr)
        raise SystemExit(1) from None
