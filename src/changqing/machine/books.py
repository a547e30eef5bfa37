"""What runs for a book, as data: the own book, and beside it the demo book in a folder of its own."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

from changqing.machine.cluster import mark
from changqing.machine.environment import env_text
from changqing.machine.folder import DataFolder
from changqing.machine.process import MARK

HOST = "127.0.0.1"
WSGI = "changqing.web.wsgi:application"
PREPARED = "changqing.cli.running:is_prepared"
# what belongs to the own book alone
OWN_ONLY = ("DATABASE_URL", "CHANGQING_SECRET_KEY", "CHANGQING_DEMO_URL")


@dataclass(frozen=True)
class Command:
    """One child: its name in logs and status, and its argument list."""

    name: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class ServedBook:
    """One instance: ``steps`` run to their end in order, then ``web``, then ``others`` beside it.

    A book that has been served before begins with ``web``, which asks whether the steps are due.
    """

    name: str
    folder: DataFolder
    port: int
    steps: tuple[Command, ...]
    web: Command
    others: tuple[Command, ...]
    environment: Mapping[str, str] = field(repr=False)
    has_server: bool = True
    nice: int = 0

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def was_served(self) -> bool:
        """Whether the steps came to their end once, and told of the book's users."""
        return "users" in self.folder.read_state()


def own_book(folder: DataFolder, port: int, *, demo_port: int | None) -> ServedBook:
    """The user's book; it learns the demo's address where there is a demo."""
    environment = {**os.environ, **_surroundings(folder), "CHANGQING_BOOK": "own"}
    if demo_port is not None:
        environment["CHANGQING_DEMO_URL"] = f"http://{HOST}:{demo_port}"
    return ServedBook(
        name="own",
        folder=folder,
        port=port,
        steps=(Command("prepare", _python("changqing", "prepare")),),
        web=Command("web", _web(port, workers=2)),
        others=(Command("worker", _python("changqing", "worker")),),
        environment=environment,
        has_server=not env_text("DATABASE_URL", ""),
    )


def demo_book(folder: DataFolder, port: int, *, own_port: int | None) -> ServedBook:
    """The demo, polite to the own book: one web worker, lower priority, always its embedded server."""
    kept = {name: value for name, value in os.environ.items() if name not in OWN_ONLY}
    environment = {**kept, **_surroundings(folder), "CHANGQING_BOOK": "demo"}
    if own_port is not None:
        environment["CHANGQING_BOOK_URL"] = f"http://{HOST}:{own_port}"
    prepare = Command("demo-prepare", _python("changqing", "prepare"))
    return ServedBook(
        name="demo",
        folder=folder,
        port=port,
        steps=(prepare, Command("demo-fill", _python("changqing", "demo", "--if-empty"))),
        web=Command("demo-web", _web(port, workers=1)),
        others=(Command("demo-worker", _python("changqing", "worker")),),
        environment=environment,
        nice=5,
    )


def _surroundings(folder: DataFolder) -> dict[str, str]:
    return {"CHANGQING_DATA": str(folder.path), MARK: mark(folder), "PYTHONUNBUFFERED": "1"}


def _python(*words: str) -> tuple[str, ...]:
    return (sys.executable, "-m", *words)


def _web(port: int, *, workers: int) -> tuple[str, ...]:
    words = ("--port", str(port), "--workers", str(workers), "--asking", PREPARED, WSGI)
    return _python("changqing.machine.webserver", *words)
