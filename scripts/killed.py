"""The product that is killed: started, stopped, asked, looked at from outside, with files of known sums."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg

ROOT = Path(__file__).resolve().parents[1]
# a minute on a machine of one's own; CHANGQING_BUSY=3 waits three times as long, on one that others use too
BUSY = float(os.environ.get("CHANGQING_BUSY", "1"))
SETTLE_SECONDS = 60.0 * BUSY
ORDERS, CUSTOMERS = 400, 30
# what a second process of the product does that nobody kills: set up once, it runs what it is told
STANDS_BY = """
import contextlib, io, json, sys, traceback, django
django.setup()
from django.db import connection
told = sys.stdout
for line in sys.stdin:
    asked, said, code = json.loads(line), io.StringIO(), 0
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            exec(asked["does"], {"words": asked["words"]})
        except SystemExit as left:
            code = left.code
        except BaseException:
            traceback.print_exc()
            code = 1
        # a server that is killed meanwhile takes nothing of ours with it, and none is held up by us
        connection.close()
        connection.close_pool()
    print(json.dumps({"code": code, "said": said.getvalue()}), file=told, flush=True)
"""
COMMAND = "import sys; from changqing.cli.main import main; sys.exit(main(words))"
HANDED_IN = """
from pathlib import Path
from changqing.journeys.import_ledger import hand_in
from changqing.people.permissions import operator
hand_in(by=operator(because="a kill test"), kind="orders", path=Path(words[0]))
"""
HANDED_OVER = """
from pathlib import Path
from changqing.journeys import try_import
from changqing.people.queries import User
# so that the queue looks at it, as at a large file
try_import.BYTES_AT_ONCE = -1
by = User.objects.filter(username="yun").first() or User.objects.create_user(
    "yun", None, full_name="Yun", role="operator")
path = Path(words[0])
print(try_import.hand_over(by=by, path=path, called=path.name).pk)
"""
# a click on write, and another, as people do
STARTED = """
from changqing.journeys import try_import
from changqing.people.queries import User
for click in range(2):
    try_import.start(by=User.objects.get(username="yun"), pk=int(words[0]), version=1)
"""


class Wrong(Exception):
    """What must never be: said with all that helps to find out why."""


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
    beside: subprocess.Popen[str] | None = None
    # where every child of ``up`` dies
    fault: str = ""
    # the worker without the rest of the product
    alone: subprocess.Popen[bytes] | None = None
    asking: psycopg.Connection[Any] | None = None

    def __post_init__(self) -> None:
        kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        self.environment = {
            **kept,
            "CHANGQING_DATA": str(self.folder / "data"),
            "DJANGO_SETTINGS_MODULE": "changqing.settings",
            "CHANGQING_INBOX": str(self.inbox),
            "PYTHONFAULTHANDLER": "1",
            "PYTHONPATH": str(ROOT / "src"),
        }
        self.inbox.mkdir()

    @property
    def inbox(self) -> Path:
        """The folder that the worker watches."""
        return self.folder / "inbox"

    def is_put_away(self, name: str) -> bool:
        """Whether the file that was dropped lies among what is done, once, and its report beside it."""
        lie = [path.name for path in (self.inbox / "done").glob(f"*-{name}*")]
        return len(lie) == 2 and not (self.inbox / name).exists()

    def start(self, fault: str = "") -> None:
        """``changqing up``, until it answers and works; with ``fault`` every child dies at that point."""
        self.up = self._spawn("up", "--no-demo", "--port", str(self.port), fault=fault)
        self.fault = fault
        wait_for(lambda: self.answers(), "the web server answers", 90 * BUSY)
        # it comes after the web server
        wait_for(lambda: "worker" in self.pids(), "there is a worker")

    def stand(self, fault: str = "") -> None:
        """Have the whole product up, with this fault or none."""
        if not self.is_up or self.fault != fault:
            self.stop()
            self.start(fault)

    def work_alone(self) -> None:
        """``changqing worker``, which brings its server along."""
        self.alone = self._spawn("worker")
        wait_for(lambda: self._server_runs(), "the server answers")

    def stop(self) -> None:
        for process in (self.up, self.alone):
            if process and process.poll() is None:
                process.terminate()
                process.wait(60)

    def _spawn(self, *words: str, fault: str = "") -> subprocess.Popen[bytes]:
        environment = {**self.environment, **({"CHANGQING_FAULT": fault} if fault else {})}
        with (self.folder / "up.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "changqing", *words],
                env=environment, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

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

    def ask(self, does: str, *words: str) -> tuple[int, str]:
        """Have the process that stands by do this; its exit code and what it said."""
        if self.beside is None:
            self.beside = subprocess.Popen(
                [sys.executable, "-c", STANDS_BY],
                env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
        assert self.beside.stdin and self.beside.stdout
        print(json.dumps({"does": does, "words": words}), file=self.beside.stdin, flush=True)
        answer = json.loads(self.beside.stdout.readline())
        return answer["code"], answer["said"]

    def leave(self) -> None:
        """Let the process that stands by go, too."""
        self.stop()
        if self.beside:
            self.beside.communicate(timeout=60)

    def run(self, does: str, *words: str) -> str:
        """``ask``, where it must succeed."""
        code, said = self.ask(does, *words)
        if code:
            raise Wrong(said)
        return said

    def hand_in(self, path: Path) -> None:
        """Give the file to the worker, as the page does, and return when it is promised."""
        self.run(HANDED_IN, str(path))

    def hand_over(self, path: Path) -> int:
        """Hand the file over to be tried, as the page does; the draft's id."""
        return int(self.run(HANDED_OVER, str(path)))

    def start_draft(self, pk: int) -> None:
        """Click on write, twice; again where the database is on its way back."""
        over = time.monotonic() + SETTLE_SECONDS
        while True:
            code, said = self.ask(STARTED, str(pk))
            if not code:
                return
            if time.monotonic() > over:
                raise Wrong(f"draft {pk} cannot be started:\n{said}")

    def draft(self, pk: int) -> str:
        """The state of a draft; nothing while the database is away."""
        with contextlib.suppress(psycopg.OperationalError):
            rows = self.read("SELECT state FROM changqing_importdraft WHERE id = %s", pk)
            return str(rows[0][0]) if rows else ""
        return ""

    def read(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """What PostgreSQL itself says, past the product; looks follow each other, so it stays connected."""
        try:
            if self.asking is None:
                self.asking = psycopg.connect(self.url, connect_timeout=3, autocommit=True)
            return self.asking.execute(query, values).fetchall()
        except psycopg.OperationalError:
            # a server that was killed or stopped took the connection along
            if self.asking:
                self.asking.close()
            self.asking = None
            raise

    def _server_runs(self) -> bool:
        with contextlib.suppress(psycopg.OperationalError):
            return self.read("SELECT 1") == [(1,)]
        return False

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
        self._tell_where_the_worker_stands()
        for log in sorted((self.folder / "data" / "logs").glob("*.log")):
            lines += [f"--- {log.name}", *log.read_text(errors="replace").splitlines()[-60:]]
        return "\n".join(lines)

    def _tell_where_the_worker_stands(self) -> None:
        """Into its log; it ends of this, and the instance is of no use any more anyway."""
        with contextlib.suppress(OSError, KeyError):
            os.kill(self.pids()["worker"], signal.SIGABRT)
            time.sleep(1.0)

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
                return {pk: (name, state, number) for pk, name, state, number in self.read(query)}
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
