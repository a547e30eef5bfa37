"""A ledger arrives: handed in, read in a guarded child, entered in one transaction; undone and redone."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.db import connection as database
from django.db import transaction
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app as queue

from changqing.accounts.queries import accounts_with_ids
from changqing.base.disk import is_full
from changqing.base.faults import reach
from changqing.base.refused import Refused
from changqing.base.tables import stage
from changqing.journeys.score_book import after_import, judge_now
from changqing.ledger import actions as ledger
from changqing.ledger.actions import Changes, Stopped, Wanted
from changqing.ledger.intake import take_in
from changqing.ledger.matching import customers_with_ids
from changqing.ledger.queries import entered, import_by_id, import_numbered, import_with_id, rows_in
from changqing.ledger.segments import duck, kept, scratch
from changqing.people.permissions import Principal, check_may, operator
from changqing.people.queries import User, user_with_id
from changqing.records.actions import acts_as, write_audit
from changqing.value.actions import rank_the_book, rank_where_sums_stand

if TYPE_CHECKING:
    from changqing.accounts.models import Account
    from changqing.ledger.models import Import, Source

# An import of more rows is undone and redone by the queue: a page does not wait that long.
MOST_ROWS_AT_ONCE = 200_000
# The first half of an advisory lock whose second half is the import: two never run the same one.
IMPORT_LOCK = 0x0C4A
LOOK_EVERY_SECONDS = 0.3
log = logging.getLogger(__name__)


class Busy(Exception):
    """Somebody else works on this import now; its end is theirs, or ours when they died."""


@transaction.atomic
def hand_in(
    *, by: Principal, kind: str, path: Path, source: str = "erp", wanted: Wanted | None = None
) -> Import:
    """Keep the file, note the wish, and put it in the queue: all three or none."""
    # before the source it names is written
    check_may(by, "bring in files")
    entry = ledger.hand_in(
        by=by, kind=kind, path=path, source=ledger.source_named(code=source), wanted=wanted or Wanted()
    )
    queue.configure_task("book:bring_in").defer(entry=entry.pk)
    write_audit(by=by, verb="hand in", subject=("import", entry.pk), kind=kind, file=entry.file_name)
    return entry


def bring_in(
    *, by: Principal, kind: str, path: Path, source: str = "erp", wanted: Wanted | None = None
) -> Import:
    """Hand a file in and bring it into the book at once; Refused when nothing of it could be entered."""
    entry = hand_in(by=by, kind=kind, path=path, source=source, wanted=wanted)
    run_or_wait(entry.pk)
    entry.refresh_from_db()
    if entry.state == entry.State.FAILED:
        raise Refused(entry.error)
    return entry


def run_or_wait(pk: int) -> None:
    """Bring the import ``pk`` into the book, or wait for whoever is at it."""
    while True:
        try:
            run(pk)
            return
        except Busy:
            time.sleep(LOOK_EVERY_SECONDS)


def run(pk: int) -> None:
    """Bring the import ``pk`` into the book, or say on its row why not. Safe to run again at any point."""
    with _only_here(pk) as is_mine:
        entry = import_by_id(pk)
        if entry is None or entry.state in (*entered(), entry.State.FAILED, entry.State.STOPPED):
            return
        if not is_mine:
            # or by one that just died, whose lock PostgreSQL is about to forget: come back later
            raise Busy(f"import {pk} is being worked on")
        if entry.tries >= ledger.MOST_DEATHS:
            ledger.fail(
                entry=entry, sentence=_("这个文件几次使程序中断，已停止再试。账本没有改动，原文件已保留。")
            )
            return
        try:
            _run(entry)
        except Stopped:
            ledger.stopped(entry=entry)
        except Refused as refused:
            ledger.fail(entry=entry, sentence=refused.sentence)
        except Exception as error:
            # a disk that is full is not emptied by trying again
            if is_full(error) or entry.tries >= ledger.MOST_TRIES:
                log.exception("import %s failed", pk)
                ledger.fail(entry=entry, sentence=_of_failure(error))
                return
            raise
    judge_now()


def _of_failure(error: Exception) -> str:
    if is_full(error):
        return _("磁盘空间不够，账本没有改动。原文件已保留，请腾出空间后再导入。")
    return _("程序出错，账本没有改动。原文件已保留，请查看日志后再试。")


def _run(entry: Import) -> None:
    by: Principal = entry.asked_by or operator(because=f"import {entry.pk}")
    acts_as(by=by)
    ledger.begin(entry=entry)
    folder = scratch() / f"import-{entry.pk}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    try:
        staged = stage(
            kept(entry.stored_as),
            into=folder,
            called=entry.file_name,
            sheet=entry.mapping.get("sheet"),
            on_progress=lambda done, total: _heard(entry, done, total),
        )
        reach("staged")
        with duck() as connection:
            ledger.progress(entry=entry, step="checking", done=0, total=staged.rows)
            taken = take_in(entry, staged, connection)
            reach("segments-written")
            ledger.heed_stop(entry=entry)
            ledger.progress(entry=entry, step="entering", done=staged.rows, total=staged.rows)
            with transaction.atomic():
                changes = ledger.enter(
                    entry=entry,
                    connection=connection,
                    lines=taken.lines,
                    refused=taken.refused,
                    matched=taken.matched,
                )
                ledger.save_format(entry=entry)
                ledger.heed_stop(entry=entry)
                _conclude(entry, changes, by=by, verb="bring in", **taken.report)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _heard(entry: Import, done: int, total: int) -> None:
    ledger.heed_stop(entry=entry)
    ledger.progress(entry=entry, step="reading", done=done, total=total)


def stop(*, by: User, pk: int) -> bool:
    """Ask that import ``pk`` end before it is in the book, whole or not at all; False where there is none."""
    check_may(by, "bring in files")
    with transaction.atomic():
        entry = import_with_id(by, pk)
        if entry is None:
            return False
        ledger.stop(by=by, entry=entry)
        write_audit(by=by, verb="stop", subject=("import", entry.pk), file=entry.file_name)
    return True


def ask_switch(*, by: Principal, number: int, to: str) -> Changes | None:
    """Undo or redo import ``number``: a small one at once; of a large one the queue does it, and None."""
    check_may(by, "bring in files")
    with transaction.atomic():
        entry = import_numbered(by, number)
        if entry is None:
            raise _no_such(number)
        if rows_in(entry) > MOST_ROWS_AT_ONCE:
            ledger.say_switching(entry=entry, to=to)
            asker = by.pk if isinstance(by, User) else None
            queue.configure_task("book:switch_import").defer(number=number, to=to, by=asker)
            return None
    return undo_import(by=by, number=number) if to == "undo" else redo_import(by=by, number=number)


def undo_import(*, by: Principal, number: int) -> Changes:
    """Take import ``number`` out of force: every figure is then as if it had never come."""
    return _switched(by=by, number=number, verb="undo", act=ledger.undo)


def redo_import(*, by: Principal, number: int) -> Changes:
    """Bring the undone import ``number`` back into its old place."""
    return _switched(by=by, number=number, verb="redo", act=ledger.redo)


def _switched(*, by: Principal, number: int, verb: str, act: Any) -> Changes:
    try:
        check_may(by, "bring in files")
        with transaction.atomic():
            entry = import_numbered(by, number)
            if entry is None:
                raise _no_such(number)
            changes: Changes = act(entry=entry)
            _conclude(entry, changes, by=by, verb=verb)
    except Exception:
        # the transaction is undone, what was said before it is not
        ledger.say_switched(number=number)
        raise
    judge_now()
    return changes


def _no_such(number: int) -> Refused:
    return Refused(_("没有编号为 %(number)s 的导入。") % {"number": number})


@transaction.atomic
def rematch(*, by: Principal, key: str, account: Account, source: str = "erp") -> Changes:
    """Say that a source's customer is ``account`` from now on, for all its lines."""
    check_may(by, "bring in files")
    changes = ledger.rematch(source=ledger.source_named(code=source), accounts={key: account})
    by_itself = operator(because="a customer was matched anew")
    rank_the_book(by=by_itself)
    after_import(by=by_itself, touched=changes.touched)
    write_audit(by=by, verb="match", subject=("customer", f"{source}:{key}"), account=account.key)
    return changes


@transaction.atomic
def rematch_many(*, by: User, wanted: dict[int, int]) -> int:
    """Say whose accounts customers are (customer key's id → account's id), with one ranking; how many.

    Customers and accounts that ``by`` does not see, or that are already matched so, are passed over.
    """
    check_may(by, "bring in files")
    rows = customers_with_ids(by, list(wanted))
    accounts = accounts_with_ids(by, set(wanted.values()))
    by_source: dict[Source, dict[str, Account]] = {}
    for pk, row in rows.items():
        account = accounts.get(wanted[pk])
        if account is not None and account.pk != row.account_id:
            by_source.setdefault(row.source, {})[row.key] = account
    touched: set[int] = set()
    for source, told in by_source.items():
        touched |= ledger.rematch(source=source, accounts=told).touched
        matched = {key: account.key for key, account in told.items()}
        write_audit(by=by, verb="match", subject=("source", source.code), accounts=matched)
    if by_source:
        by_itself = operator(because="customers were matched anew")
        rank_the_book(by=by_itself)
        after_import(by=by_itself, touched=touched)
    return sum(map(len, by_source.values()))


def _conclude(entry: Import, changes: Changes, *, by: Principal, verb: str, **report: Any) -> None:
    """The last lines of the one transaction: ranks, report, audit."""
    if not changes.nothing or changes.accounts_made:
        by_itself = operator(because=f"import {entry.number}: {verb}")
        rank = rank_the_book if entry.moves_lines else rank_where_sums_stand
        rank(by=by_itself)
        after_import(by=by_itself, touched=changes.touched)
    ledger.report(entry=entry, verb=verb, changes=changes, **report)
    write_audit(by=by, verb=verb, subject=("import", entry.number), **changes.as_json())
    reach("before-commit")
    transaction.on_commit(lambda: reach("after-commit"))


def switch(number: int, to: str, by: int | None) -> None:
    """The job behind a page's undo and redo."""
    who: Principal = user_with_id(by) if by is not None else operator(because="asked without a person")
    acts_as(by=who)
    act = undo_import if to == "undo" else redo_import
    try:
        act(by=who, number=number)
    except Refused as refused:
        log.warning("import %s was not switched: %s", number, refused.sentence)


@contextmanager
def _only_here(pk: int) -> Iterator[bool]:
    """Whether this process alone works on import ``pk``; PostgreSQL forgets the lock with the connection."""
    with database.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [IMPORT_LOCK, pk])
        row = cursor.fetchone()
        is_mine = bool(row and row[0])
    try:
        yield is_mine
    finally:
        if is_mine and database.connection is not None and not database.needs_rollback:
            with database.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [IMPORT_LOCK, pk])
