"""What happens to the book: an import is entered, undone, redone; a customer is matched anew.

Each runs inside the caller's one transaction, under the book's lock, and ends with rollups that say what
the lines in force say.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
from django.db import connection as database
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from changqing.accounts.models import Account
from changqing.base.faults import reach
from changqing.base.refused import Refused
from changqing.ledger.covering import covered, covered_lines, show_lines, switched_lines
from changqing.ledger.matching import match
from changqing.ledger.models import (
    CustomerKey,
    FileKind,
    Import,
    ImportStop,
    Replacement,
    Segment,
    Source,
    SourceFormat,
)
from changqing.ledger.owners import (
    NOBODY_MADE,
    OF_NOBODY,
    OWNER,
    Made,
    accounts_of,
    make_accounts,
    names_customers,
    say_of_accounts,
    say_of_products,
    say_of_rates,
    settle_accounts,
)
from changqing.ledger.queries import ENTERED, IN_FORCE, exchange, standing
from changqing.ledger.rollups import refresh
from changqing.ledger.segments import Written, at, digest_of, duck, files, keep, write, write_for_now
from changqing.people.models import Department, User
from changqing.people.permissions import Principal, check_may

BOOK_LOCK = 0x0C4A_9001
# After so many tries that ended in an error, and so many starts without an end, a file is given up.
MOST_TRIES = 3
MOST_DEATHS = 4
# What is said of one file and never of the next one of its source.
ABOUT_ONE_FILE = {"given", "mends", "ours", "sheet"}
NOT_CONTENT = {"import_id", "source_id", "file_row", "line_key", "occurrence", "notes"}


class Stopped(Exception):
    """The person who asked for the work asked for its end."""


@dataclass(frozen=True)
class Wanted:
    """What the person who hands a file in says of it; blank is left to the saved or default way."""

    meaning: str = ""
    from_day: date | None = None
    to_day: date | None = None
    unknown: str = Import.Unknown.CREATE
    department: Department | None = None
    mapping: dict[str, Any] = field(default_factory=dict)


@dataclass
class Changes:
    """What entering, undoing or redoing an import did, in rows and in the book's currency."""

    came: int = 0
    changed: int = 0
    went: int = 0
    same: int = 0
    money_came: Decimal = Decimal(0)
    money_changed: Decimal = Decimal(0)
    money_went: Decimal = Decimal(0)
    accounts_made: int = 0
    accounts_touched: int = 0
    circles: list[str] = field(default_factory=list)
    touched: set[int] = field(default_factory=set, repr=False)

    @property
    def nothing(self) -> bool:
        return not (self.came or self.changed or self.went)

    def as_json(self) -> dict[str, Any]:
        return {
            name: str(value) if isinstance(value, Decimal) else value
            for name, value in asdict(replace(self, touched=set())).items()
            if name != "touched"
        }


def lock_the_book() -> None:
    """Imports, undos and matches stand in line: one at a time until the transaction ends."""
    with database.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = 0")
        cursor.execute("SET LOCAL statement_timeout = 0")
        # while a large book is read and fitted, the connection waits for us
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [BOOK_LOCK])


def source_named(*, code: str) -> Source:
    """The source known by ``code``, made on first use."""
    return Source.objects.get_or_create(code=code, defaults={"name": code})[0]


def _segment_path(entry: Import, holds: str) -> str:
    return f"{entry.kind}/{entry.pk:08d}/{holds}.parquet"


def write_refused(
    *, entry: Import, connection: duckdb.DuckDBPyConnection, query: str, to: str = ""
) -> Written:
    """Write the rows of ``query`` as those refused of ``entry``, or ``to`` a file that is in no catalogue."""
    if to:
        return write_for_now(connection, query, to)
    return write(connection, query, _segment_path(entry, Segment.Holds.REFUSED))


def write_lines(
    *,
    entry: Import,
    connection: duckdb.DuckDBPyConnection,
    query: str,
    to: str = "",
    columns: Collection[str] = (),
) -> Written:
    """Write the good rows of ``query`` as ``entry``'s lines, near their customer's other lines; or as they
    come ``to`` a file that is in no catalogue.

    ``columns`` are the query's where they are known: to ask takes as long as to read a small file.
    """
    owner = OWNER[entry.kind]
    columns = columns or [row[0] for row in connection.execute(f"DESCRIBE {query}").fetchall()]
    key = "" if "line_key" in columns else f"{owner} AS line_key, "
    by = f"{owner}, date" if "date" in columns else owner
    lines = f"SELECT {entry.pk}::INTEGER AS import_id, {entry.source_id}::INTEGER AS source_id, {key}* "
    lines += f"FROM ({query})"
    if to:
        return write_for_now(connection, lines, to)
    return write(connection, f"{lines} ORDER BY {by}", _segment_path(entry, Segment.Holds.LINES))


def enter(
    *,
    entry: Import,
    connection: duckdb.DuckDBPyConnection,
    lines: Written,
    refused: Written | None = None,
    matched: Mapping[str, int] | None = None,
) -> Changes:
    """Enter ``entry`` in the catalogue of imports in force and refresh what it touched."""
    lock_the_book()
    before = standing(entry.kind, source=entry.source)
    show_lines(connection=connection, lines=lines, refused=refused)
    _catalogue(entry, Segment.Holds.LINES, lines)
    if refused:
        _catalogue(entry, Segment.Holds.REFUSED, refused)
    _note_replaced(entry, connection)
    reach("replaced-noted")
    old = covered_lines(entry=entry, live=before.sql() if before else None)
    changes, owners = difference(kind=entry.kind, connection=connection, old=old, new="new_lines")
    entry.number = (Import.objects.aggregate(last=Max("number"))["last"] or 0) + 1
    entry.state = IN_FORCE
    entry.finished_at = timezone.now()
    entry.save()
    made = NOBODY_MADE
    if entry.kind not in OF_NOBODY:
        CustomerKey.objects.bulk_create(
            CustomerKey(source=entry.source, key=key, account_id=account)
            for key, account in (matched or {}).items()
        )
        made = make_accounts(entry, connection)
        changes.accounts_made = len(made.accounts)
    _refresh(entry, connection, owners, changes, made=made)
    return changes


def undo(*, entry: Import) -> Changes:
    """Every figure as if ``entry`` had never come; its files stay for a redo."""
    return _switch(entry, to=Import.State.UNDONE)


def redo(*, entry: Import) -> Changes:
    """Bring an undone import back into its old place."""
    return _switch(entry, to=IN_FORCE)


def say_switching(*, entry: Import, to: str) -> None:
    """Note that ``entry`` is about to be undone or redone; Refused when it cannot be or already is."""
    expected, step = (IN_FORCE, "undoing") if to == "undo" else (Import.State.UNDONE, "redoing")
    if Import.objects.filter(pk=entry.pk, state=expected, step="").update(step=step):
        return
    entry.refresh_from_db()
    state = _("正在撤销或恢复") if entry.step else entry.get_state_display()
    raise Refused(
        _("导入 %(number)s 现在是“%(state)s”，没有改动任何数字。")
        % {"number": entry.number or "–", "state": state}
    )


def say_switched(*, number: int) -> None:
    """Nothing is under way with import ``number`` any more."""
    Import.objects.filter(number=number).exclude(step="").update(step="")


def rematch(*, source: Source, accounts: Mapping[str, Account]) -> Changes:
    """Say whose accounts ``source``'s customers are (key → account); the ledger itself is not rewritten."""
    lock_the_book()
    touched, circles = match(source=source, accounts=accounts)
    return Changes(accounts_touched=len(touched), touched=touched, circles=circles)


def _switch(entry: Import, *, to: str) -> Changes:
    lock_the_book()
    expected = IN_FORCE if to == Import.State.UNDONE else Import.State.UNDONE
    entry.refresh_from_db()
    if entry.state != expected:
        raise Refused(
            _("导入 %(number)s 现在是“%(state)s”，没有改动任何数字。")
            % {"number": entry.number or "–", "state": entry.get_state_display()}
        )
    _files_are_whole(entry)
    with duck() as connection:
        before = standing(entry.kind, source=entry.source)
        Import.objects.filter(pk=entry.pk).update(state=to)
        entry.state = to
        after = standing(entry.kind, source=entry.source)
        old, new = switched_lines(entry=entry, was=before, now=after)
        changes, owners = difference(kind=entry.kind, connection=connection, old=old, new=new)
        if entry.kind not in OF_NOBODY:
            settle_accounts(entry, connection)
        _refresh(entry, connection, owners, changes)
    return changes


def _files_are_whole(entry: Import) -> None:
    for segment in entry.segments.exclude(holds=Segment.Holds.REFUSED):
        path = at(segment.path)
        if not path.exists() or digest_of(path) != segment.digest:
            raise Refused(
                _("账本文件 %(path)s 缺失或被改动，导入 %(number)s 保持原状。请从备份恢复。")
                % {"path": segment.path, "number": entry.number}
            )


def _catalogue(entry: Import, holds: str, written: Written) -> None:
    Segment.objects.create(
        owner=entry,
        holds=holds,
        path=written.path,
        rows=written.rows,
        bytes=written.bytes,
        digest=written.digest,
    )


def _note_replaced(entry: Import, connection: duckdb.DuckDBPyConnection) -> None:
    """Note which lines of which earlier imports, in force or undone, ``entry`` replaces."""
    earlier = Segment.objects.filter(
        owner__source=entry.source, owner__kind=entry.kind, owner__state__in=ENTERED, rows__gt=0
    ).filter(holds=Segment.Holds.LINES)
    rows_of = dict(earlier.values_list("owner_id", "rows"))
    if not rows_of:
        return
    paths = list(earlier.order_by("path").values_list("path", flat=True))
    connection.execute(
        "CREATE TEMP TABLE replaced AS SELECT o.import_id, o.file_row "
        f"FROM {files(paths)} o WHERE {covered(entry, 'o')}"
    )
    counts = connection.execute("SELECT import_id, count(*) FROM replaced GROUP BY 1").fetchall()
    Replacement.objects.bulk_create(
        Replacement(newer=entry, older_id=older, rows=rows, wholly=rows == rows_of[older])
        for older, rows in counts
    )
    partly = [older for older, rows in counts if rows != rows_of[older]]
    if partly:
        named = ", ".join(map(str, partly))
        query = f"SELECT * FROM replaced WHERE import_id IN ({named}) ORDER BY ALL"
        _catalogue(
            entry,
            Segment.Holds.REPLACED,
            write(connection, query, _segment_path(entry, Segment.Holds.REPLACED)),
        )
    connection.execute("DROP TABLE replaced")


def difference(
    *, kind: str, connection: duckdb.DuckDBPyConnection, old: str, new: str, more: str = ""
) -> tuple[Changes, set[str]]:
    """Lines of ``old`` and ``new`` by key: came, changed, went or same; and whose the unlike ones are.

    ``more``: further columns for the table ``difference``, of the old line ``o`` and the new one ``n``.
    """
    owner = OWNER[kind]
    columns = {row[0] for row in connection.execute(f"DESCRIBE SELECT * FROM {new}").fetchall()}
    columns &= {row[0] for row in connection.execute(f"DESCRIBE SELECT * FROM {old}").fetchall()}
    content = sorted(columns - NOT_CONTENT)
    same = " AND ".join(f'o."{name}" IS NOT DISTINCT FROM n."{name}"' for name in content)
    rates = exchange(connection)
    has_rates = {"amount", "currency", "date"} <= columns
    money = rates.worth("r", "amount") if has_rates else "r.amount" if "amount" in columns else "0"
    joined = rates.join("r") if has_rates else ""

    def side(rows: str) -> str:
        return f"(SELECT r.*, coalesce({money}, 0) AS counted FROM {rows} r {joined})"

    connection.execute(
        "CREATE OR REPLACE TEMP TABLE difference AS SELECT CASE WHEN o.line_key IS NULL THEN 'came' "
        f"WHEN n.line_key IS NULL THEN 'went' WHEN {same} THEN 'same' ELSE 'changed' END AS what, "
        f'o."{owner}" AS old_owner, n."{owner}" AS new_owner, '
        f"coalesce(n.counted, 0) - coalesce(o.counted, 0) AS money{more} "
        f"FROM {side(old)} o FULL JOIN {side(new)} n ON o.line_key = n.line_key"
    )
    changes = Changes()
    for what, rows, sum_of in connection.execute(
        "SELECT what, count(*), sum(money) FROM difference GROUP BY 1"
    ).fetchall():
        setattr(changes, what, rows)
        if what != "same":
            setattr(changes, f"money_{what}", Decimal(sum_of))
    owners = connection.execute(
        "SELECT old_owner FROM difference WHERE what <> 'same' AND old_owner IS NOT NULL "
        "UNION SELECT new_owner FROM difference WHERE what <> 'same' AND new_owner IS NOT NULL"
    ).fetchall()
    return changes, {row[0] for row in owners}


def _refresh(
    entry: Import,
    connection: duckdb.DuckDBPyConnection,
    owners: set[str],
    changes: Changes,
    *,
    made: Made = NOBODY_MADE,
) -> None:
    """Bring accounts, products and rollups of ``owners`` (the source's keys) up to the lines in force.

    ``made``: the accounts that ``entry`` was the first to name.
    """
    if changes.nothing:
        return
    if entry.kind in OF_NOBODY:
        say = say_of_products if entry.kind == FileKind.PRODUCTS else say_of_rates
        touched = say(entry, connection, owners)
        changes.accounts_touched, changes.touched = len(touched), set(touched)
        refresh(connection, FileKind.ORDERS, touched)
        return
    # of a file that names new accounts alone they need not be looked up
    touched = set(made.accounts) if made.told_whole else accounts_of(entry.source, owners)
    changes.accounts_touched, changes.touched = len(touched), touched
    if entry.kind == FileKind.ACCOUNTS:
        # whoever is new here has no lines yet, so that there are no figures of theirs to look at
        changes.touched = touched - made.accounts
        told = changes.touched if made.told_whole else touched
        changes.circles = [*made.circles, *say_of_accounts(connection, told, made=made.accounts)]
    elif names_customers(entry, connection):
        # an order names its customer in its newest line, which need not be the one an account was made of
        changes.circles = say_of_accounts(connection, touched)
    refresh(connection, entry.kind, touched)


def hand_in(
    *,
    by: Principal,
    kind: str,
    path: Path,
    source: Source,
    wanted: Wanted,
    called: str = "",
) -> Import:
    """Keep ``path`` as it was handed in and note that it waits; nothing is in the book yet.

    ``called``: the file's name for people, where ``path`` does not bear it.
    """
    check_may(by, "bring in files")
    if kind not in FileKind.values:
        known = "、".join(FileKind.values)
        raise Refused(_("没有“%(kind)s”这种文件。可用：%(known)s") % {"kind": kind, "known": known})
    digest, stored = keep(path)
    return Import.objects.create(
        source=source,
        kind=kind,
        meaning=wanted.meaning,
        from_day=wanted.from_day,
        to_day=wanted.to_day,
        unknown=wanted.unknown,
        department=wanted.department,
        mapping=wanted.mapping,
        file_name=(called or path.name)[-255:],
        file_digest=digest,
        stored_as=stored,
        asked_by=by if isinstance(by, User) else None,
    )


def begin(*, entry: Import) -> None:
    """One more try at ``entry``."""
    entry.tries += 1
    Import.objects.filter(pk=entry.pk).update(
        state=Import.State.RUNNING, step="reading", tries=entry.tries, error="", began_at=timezone.now()
    )


def progress(*, entry: Import, step: str, done: int = 0, total: int = 0) -> None:
    """Say how far ``entry`` is; seen at once, since it is outside the import's transaction."""
    Import.objects.filter(pk=entry.pk).update(
        state=Import.State.RUNNING, step=step, rows_done=done, rows_total=total
    )


def stop(*, by: User, entry: Import) -> None:
    """Ask that ``entry`` end before it is entered; whoever is at it heeds that until the commit."""
    check_may(by, "bring in files")
    ImportStop.objects.get_or_create(entry_id=entry.pk, defaults={"asked_by": by})
    Import.objects.filter(pk=entry.pk, state=Import.State.WAITING).update(
        state=Import.State.STOPPED, finished_at=timezone.now()
    )


def heed_stop(*, entry: Import) -> None:
    """Raise Stopped when somebody asked that ``entry`` end."""
    if ImportStop.objects.filter(entry_id=entry.pk).exists():
        raise Stopped(f"import {entry.pk}")


def stopped(*, entry: Import) -> None:
    """Say that ``entry`` was stopped; the book is as it was."""
    Import.objects.filter(pk=entry.pk).exclude(state__in=ENTERED).update(
        state=Import.State.STOPPED, step="", finished_at=timezone.now()
    )


def fail(*, entry: Import, sentence: str, report: dict[str, Any] | None = None) -> None:
    """Say that ``entry`` did not get into the book, and why."""
    Import.objects.filter(pk=entry.pk).exclude(state__in=ENTERED).update(
        state=Import.State.FAILED, error=sentence, finished_at=timezone.now(), report=report or {}
    )


def report(*, entry: Import, verb: str, changes: Changes, **told: Any) -> None:
    """Keep on ``entry`` what it did when it came, and what its last undo or redo did."""
    news = changes.as_json()
    entry.report = {**entry.report, **told, **news} if verb == "bring in" else {**entry.report, verb: news}
    Import.objects.filter(pk=entry.pk).update(report=entry.report, step="")


def save_format(*, entry: Import) -> None:
    """Remember how this source's files of this kind are read; sheets of ours are read by their header."""
    if entry.mapping.get("ours"):
        return
    mapping = {name: said for name, said in entry.mapping.items() if name not in ABOUT_ONE_FILE}
    SourceFormat.objects.update_or_create(
        source=entry.source, kind=entry.kind, defaults={"mapping": mapping, "meaning": entry.meaning}
    )
