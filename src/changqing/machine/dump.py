"""A database out to a file and in again, by PostgreSQL's own programs."""

from __future__ import annotations

import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

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


@contextmanager
def passing_database(url: str) -> Iterator[str]:
    """An empty database on the server of ``url``, gone after the block; its address."""
    name = f"changqing_drill_{secrets.token_hex(6)}"
    known = conninfo_to_dict(url)
    try:
        with psycopg.connect(url, autocommit=True) as server:
            server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
    except psycopg.Error as error:
        raise MachineError(
            _("在数据库服务器上建不了演练用的数据库：%(reason)s") % {"reason": str(error).strip()}
        ) from error
    try:
        yield make_conninfo("", **{**known, "dbname": name})
    finally:
        with psycopg.connect(url, autocommit=True) as server:
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _run(program: str, *words: str) -> None:
    done = subprocess.run([str(binaries() / program), *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise MachineError(
            _("%(program)s 没有成功：%(reason)s") % {"program": program, "reason": done.stderr.strip()[-600:]}
        )
