"""The second store: immutable Parquet segments, written once, read by DuckDB, by a page with ``lookup``.

Paths are relative to the ledger folder. A file counts for nothing until the catalogue in PostgreSQL
names it; which files count, and which of their rows, is said by a ``Standing``.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

import duckdb
from django.conf import settings
from django.utils.translation import gettext as _

from changqing.base.refused import Refused

# what a look at one customer reads; of a smaller group the footer would say more than it saves
ROWS_IN_A_GROUP = 10_000
_started: dict[tuple[object, ...], duckdb.DuckDBPyConnection] = {}
_turn = Lock()


@dataclass(frozen=True)
class Standing:
    """Which lines of one kind count: whole files, files of which some rows are replaced, and which rows."""

    whole: tuple[str, ...] = ()
    partly: tuple[str, ...] = ()
    replaced: tuple[str, ...] = field(default=())

    def sql(self) -> str:
        """A relation of the lines that count: a scan with, where needed, a small anti-join."""
        parts = []
        if self.whole:
            parts.append(f"SELECT * FROM {files(self.whole)}")
        if self.partly:
            parts.append(
                f"SELECT l.* FROM {files(self.partly)} l ANTI JOIN {files(self.replaced)} r "
                "ON l.import_id = r.import_id AND l.file_row = r.file_row"
            )
        return "(" + " UNION ALL BY NAME ".join(parts) + ")"

    def __bool__(self) -> bool:
        return bool(self.whole or self.partly)


def literal(text: str | os.PathLike[str]) -> str:
    """``text`` as an SQL string literal."""
    return "'" + str(text).replace("'", "''") + "'"


def at(path: str) -> Path:
    """Where the segment named ``path`` lies on this machine."""
    return Path(settings.FOLDER.ledger) / path


def files(paths: Sequence[str]) -> str:
    """DuckDB's table function over ``paths``; columns that older files lack read as NULL."""
    listed = ", ".join(literal(at(path)) for path in paths)
    return f"read_parquet([{listed}], union_by_name = true)"


@contextmanager
def duck() -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to this process's DuckDB; its temporary tables and views are its own and end with it.

    Make no others: they would be everybody's. A DuckDB takes longer to start than a page has, a connection to
    a started one nothing, and what runs at once shares one bound of memory and threads. What does not fit
    into it even with what it spills is Refused.
    """
    connection = _shared().cursor()
    try:
        yield connection
    except duckdb.OutOfMemoryException as full:
        raise Refused(
            _(
                "账本的计算用满了内存上限 %(mb)s MB，没有做完，什么都没有改动。"
                "请把 CHANGQING_LEDGER_MEMORY_MB 调大后再试。"
            )
            % {"mb": f"{settings.MEMORY_MB:,}"}
        ) from full
    except duckdb.FatalException:
        # it answers nobody any more; who comes next starts another
        for mine in [each for each in _started if each[0] == os.getpid()]:
            del _started[mine]
        raise
    finally:
        connection.close()


def _shared() -> duckdb.DuckDBPyConnection:
    """One of each process and data folder, in memory, bounded, which spills into a folder that it removes.

    One that came along with a fork is let be: its threads are not here, and to close it would wait for them.
    """
    mine = os.getpid(), str(scratch()), settings.MEMORY_MB, settings.THREADS
    with _turn:
        if mine not in _started:
            _started[mine] = duckdb.connect(
                config={
                    "memory_limit": f"{settings.MEMORY_MB}MB",
                    "threads": settings.THREADS,
                    "temp_directory": str(scratch() / f"duckdb-{uuid.uuid4().hex}"),
                    "preserve_insertion_order": False,
                    "autoinstall_known_extensions": False,
                    "autoload_known_extensions": False,
                    "enable_external_file_cache": False,
                }
            )
        return _started[mine]


def scratch() -> Path:
    """A folder for what may be lost, on the data folder's disk."""
    folder = Path(settings.FOLDER.path) / "scratch"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


@dataclass(frozen=True)
class Written:
    path: str
    rows: int
    bytes: int
    digest: str


def write_for_now(connection: duckdb.DuckDBPyConnection, query: str, path: str) -> Written:
    """Write ``query`` to a scratch file that is read once or twice: as it comes, and not onto the disk."""
    target = at(path)
    counted = connection.execute(f"COPY ({query}) TO {literal(target)} (FORMAT parquet, COMPRESSION snappy)")
    return Written(path=path, rows=int(counted.fetchall()[0][0]), bytes=target.stat().st_size, digest="")


def write(connection: duckdb.DuckDBPyConnection, query: str, path: str) -> Written:
    """Write ``query`` as the segment ``path``: complete and on disk, or not there at all."""
    target = at(path)
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    half = target.with_suffix(".half")
    counted = connection.execute(
        f"COPY ({query}) TO {literal(half)} "
        f"(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE {ROWS_IN_A_GROUP})"
    ).fetchall()
    digest = _digest_on_disk(half)
    size = half.stat().st_size
    half.replace(target)
    _sync_folder(target.parent)
    return Written(path=path, rows=int(counted[0][0]), bytes=size, digest=digest)


def keep(path: Path) -> tuple[str, str]:
    """Keep a copy of ``path`` among the uploads, by its content: (digest, name among the uploads)."""
    digest = digest_of(path)
    name = f"{digest[:2]}/{digest}{path.suffix.lower()[:8]}"
    target = Path(settings.FOLDER.uploads) / name
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        half = target.with_suffix(f".{os.getpid()}.half")
        shutil.copyfile(path, half)
        _digest_on_disk(half)
        half.replace(target)
        _sync_folder(target.parent)
    return digest, name


def kept(name: str) -> Path:
    """Where the upload called ``name`` lies."""
    return Path(settings.FOLDER.uploads) / name


def digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _digest_on_disk(path: Path) -> str:
    with path.open("rb") as file:
        os.fsync(file.fileno())
    return digest_of(path)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
