"""A database out to a file and in again, by PostgreSQL's own programs."""

from __future__ import annotations

import subprocess
from pathlib import Path

from changqing.machine.cluster import binaries
from changqing.machine.error import MachineError
from changqing.machine.speech import gettext as _


def dump_database(url: str, to: Path) -> None:
    """The whole database at ``url`` into ``to``; MachineError with what PostgreSQL said."""
    _run("pg_dump", "--format=custom", "--compress=1", "--no-owner", "--no-privileges", f"--file={to}", url)


def load_database(url: str, file: Path) -> None:
    """What ``dump_database`` wrote into the empty database at ``url``, all or nothing."""
    _run(
        "pg_restore", "--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error",
        f"--dbname={url}", str(file),
    )  # fmt: skip


def _run(program: str, *words: str) -> None:
    done = subprocess.run([str(binaries() / program), *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise MachineError(
            _("%(program)s 没有成功：%(reason)s") % {"program": program, "reason": done.stderr.strip()[-600:]}
        )
