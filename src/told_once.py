"""A book that many tests begin with is told once by each worker and put back, row for row, from then on.

The fixture ``told_once`` tells a state the first time it is asked for and keeps what came of it: the rows
that appeared, went or changed, the files beside the database, and what the teller gave back. Whoever asks
again *with the same rows before* and on the same day gets exactly that; anybody else has it told anew. So a
test never notices, but that it waits for milliseconds where the telling takes a second.
"""

from __future__ import annotations

import hashlib
import pickle
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from changqing.base.history import by_the_books

Told = TypeVar("Told")
Lines = Counter[bytes]

# what migrating writes, and writes anew with other numbers after a flush
OF_DJANGO = ["django_migrations", "django_content_type", "auth_permission"]
# the queue has triggers of its own: where they cannot be kept still, a state with jobs is told every time
OF_THE_QUEUE = "procrastinate_"
# whoever sets it to replica writes rows past triggers and keys
PARAMETER = "session_replication_role"
KEYS = """
SELECT c.relname, coalesce(a.attname, '') FROM pg_class c
LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND c.relname <> ALL (%s)
"""
# where each statement is asked at once whether what it names is there
ASKED_AT_ONCE = "changqing_customerkey"
# the stores beside the database, below the data folder
STORES = ("ledger", "uploads", "files")


@dataclass
class State:
    """All rows of all tables, as lines that COPY wrote."""

    rows: dict[str, Lines] = field(default_factory=dict)

    def without(self, other: State) -> dict[str, Lines]:
        """The lines that are not among ``other``'s, by table."""
        left = {table: lines - other.rows.get(table, Counter()) for table, lines in self.rows.items()}
        return {table: lines for table, lines in left.items() if lines}

    @property
    def digest(self) -> str:
        said = hashlib.sha256()
        for table, lines in sorted(self.rows.items()):
            said.update(table.encode())
            said.update(b"".join(sorted(lines)))
        return said.hexdigest()


@dataclass
class Kept:
    """What a telling did: lines that went and came, by table; files; what it gave back, pickled."""

    went: dict[str, Lines]
    came: dict[str, Lines]
    files: dict[Path, Path]
    given: bytes

    @property
    def has_jobs(self) -> bool:
        return any(table.startswith(OF_THE_QUEUE) for table in (*self.went, *self.came))


@cache
def keys() -> dict[str, str]:
    """Each table that a test may write and its primary key, where the database has one."""
    with connection.cursor() as cursor:
        cursor.execute(KEYS, [OF_DJANGO])
        return dict(cursor.fetchall())


def full_tables() -> list[str]:
    """The tables that hold rows, told by one query."""
    asked = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in keys())  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(asked)
        return [table for (table,) in cursor.fetchall()]


def state_now() -> State:
    """Every row there is."""
    state = State()
    with connection.cursor() as cursor:
        for table in full_tables():
            with cursor.copy(f"COPY {table} TO STDOUT") as rows:
                whole = b"".join(bytes(block) for block in rows)
            state.rows[table] = Counter(whole.splitlines(keepends=True))
    return state


class ToldOnce:
    """What one worker has told so far; ``shelf`` is a folder for the files of it."""

    def __init__(self, shelf: Path) -> None:
        self.shelf = shelf
        self.known: dict[tuple[str, date, str], Kept] = {}

    def __call__(self, teller: Callable[[], Told]) -> Told:
        """What ``teller`` gives, after all that it does has been done, now or before."""
        before = state_now()
        name = f"{teller.__module__}.{teller.__qualname__}"
        key = (name, timezone.now().date(), before.digest)
        if key in self.known:
            kept = self.known[key]
            put_back(kept)
            return pickle.loads(kept.given)  # type: ignore[no-any-return] # noqa: S301 - our own
        files_before = set(files_now())
        given = teller()
        kept = self._keep(before, state_now(), set(files_now()) - files_before, given)
        if not kept.has_jobs or may_write_past_triggers():
            self.known[key] = kept
        return given

    def _keep(self, before: State, after: State, files: set[Path], given: Any) -> Kept:
        return Kept(
            went=before.without(after),
            came=after.without(before),
            files={path: self._shelve(path) for path in files},
            given=pickle.dumps(given),
        )

    def _shelve(self, path: Path) -> Path:
        copy = self.shelf / f"{len(list(self.shelf.iterdir()))}{path.suffix}"
        shutil.copy2(folder() / path, copy)
        return copy


def folder() -> Path:
    return Path(settings.FOLDER.path)


def files_now() -> Iterator[Path]:
    """Paths of the files of all stores, below the data folder."""
    for store in STORES:
        for path in (folder() / store).rglob("*"):
            if path.is_file():
                yield path.relative_to(folder())


def may_write_past_triggers() -> bool:
    """Whether this server lets us; one that somebody gave by DATABASE_URL may not."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_parameter_privilege(%s, 'SET')", [PARAMETER])
        return bool(cursor.fetchone()[0])


@contextmanager
def past_triggers() -> Iterator[None]:
    """Have nothing written beside what is put back."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL {PARAMETER} = replica")
        yield
        # the test goes on in the same transaction
        cursor.execute(f"SET LOCAL {PARAMETER} = origin")


def put_back(kept: Kept) -> None:
    """Do to the tables and folders what the telling did; the rows of the history are among those put back."""
    still = past_triggers() if kept.has_jobs else nullcontext()
    with by_the_books(), still, connection.cursor() as cursor:
        for table, lines in sorted(kept.went.items(), key=lambda row: row[0] != ASKED_AT_ONCE):
            key = keys()[table]
            cursor.execute(f"CREATE TEMP TABLE gone (LIKE {table})")
            copy_in("gone", lines)
            row, its = (key, key) if key else (f"{table}::text", "gone::text")
            cursor.execute(f"DELETE FROM {table} WHERE {row} IN (SELECT {its} FROM gone)")  # noqa: S608
            cursor.execute("DROP TABLE gone")
        for table, lines in sorted(kept.came.items(), key=lambda row: row[0] == ASKED_AT_ONCE):
            copy_in(table, lines)
    for path, copy in kept.files.items():
        target = folder() / path
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        half = target.with_suffix(".put-back")
        shutil.copy2(copy, half)
        half.replace(target)


def copy_in(table: str, lines: Lines) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as into:
        into.write(b"".join(lines.elements()))
