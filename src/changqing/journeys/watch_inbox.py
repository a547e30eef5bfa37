"""A place is watched: what an ERP drops there at night is in the book in the morning, or it is told why not.

The place is a folder or a prefix of an object store. ``CHANGQING_INBOX/[source/][kind/]file``: a folder
named like a kind of files says the kind, any other the source; a file without a kind's folder is known by
its columns. A file is taken when it has lain unchanged for a while, so a half-copied one never is; afterwards
it lies in ``done/`` or ``failed/`` with its report.
"""

from __future__ import annotations

import json
import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Any

from django.conf import settings
from django.db import connection as database
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from changqing.base.drops import Changed, Drops, Look, Unreachable, drops_at
from changqing.base.faults import reach
from changqing.base.refused import Refused
from changqing.base.tables import stage
from changqing.journeys.hand_back import hand_back
from changqing.journeys.import_ledger import hand_in
from changqing.ledger import inbox
from changqing.ledger.inbox import FileKind, InboxFile
from changqing.ledger.queries import Import
from changqing.ledger.rules.columns import guess_kind
from changqing.ledger.segments import scratch
from changqing.people.permissions import check_may, operator
from changqing.people.queries import User
from changqing.records.actions import write_audit

DONE, FAILED = "done", "failed"
# Unchanged for so long, a file counts as whole; most copies write at least this often.
STABLE = timedelta(seconds=10)
HALF = (".part", ".partial", ".tmp", ".temp", ".filepart", ".crdownload", ".half", ".lock")
# Below this, or with another kind this close, the columns do not say what a file is.
SURE, AHEAD = 0.5, 0.1
# After so many files that a store did not hand over, the rest waits for the next look.
MOST_UNHEARD = 3
INBOX_LOCK = 0x0C4A_9003
log = logging.getLogger(__name__)


def watch(*, now: datetime | None = None) -> None:
    """One look at the place. Safe to die and to run again at any point; two never look at once."""
    if settings.INBOX is None:
        return
    drops, now = drops_at(settings.INBOX), now or timezone.now()
    with _alone() as is_mine:
        if not is_mine:
            return
        try:
            _look_around(drops, now)
        except Unreachable as error:
            if inbox.say_unreachable(place=str(settings.INBOX), sentence=error.sentence, now=now):
                log.error("CHANGQING_INBOX: %s", error.sentence)
        else:
            inbox.say_reached()


def trouble() -> str:
    """Why the place cannot be watched, in a sentence; nothing when it can, or none is set.

    An object store is not asked for a page: what the last look heard is told.
    """
    if settings.INBOX is None:
        return ""
    return drops_at(settings.INBOX).trouble() or inbox.unreachable(place=str(settings.INBOX))


@transaction.atomic
def notice(*, by: User) -> int:
    """Take note of what did not get in; how many files that were."""
    check_may(by, "bring in files")
    count = inbox.notice(by=by)
    write_audit(by=by, verb="notice", subject=("inbox", "failed"), files=count)
    return count


def _look_around(drops: Drops, now: datetime) -> None:
    for row in inbox.taken_files():
        _settle(drops, row, now)
    if drops.trouble():
        log.error("CHANGQING_INBOX: %s cannot be watched", settings.INBOX)
        return
    unheard: list[Unreachable] = []
    for name, look in _files(drops):
        try:
            with suppress(FileNotFoundError):
                _step(drops, name, look, now)
        except Unreachable as error:
            # one that may not be read keeps no other waiting; a store that is down is not asked for each
            unheard.append(error)
            if len(unheard) == MOST_UNHEARD:
                break
    if unheard:
        raise unheard[0]


def _files(drops: Drops) -> list[tuple[str, Look]]:
    """Files that may be meant for the book, oldest first: none hidden, half-written, finished or linked."""

    def is_meant(name: str) -> bool:
        last = PurePosixPath(name).name
        return not (last.startswith((".", "~$")) or last.lower().endswith(HALF))

    found = [(name, look) for name, look in drops.files(apart=(DONE, FAILED)) if is_meant(name)]
    return sorted(found, key=lambda each: (each[1].modified, each[0]))


def _step(drops: Drops, name: str, look: Look, now: datetime) -> None:
    row = inbox.seen(path=name, look=look, now=now)
    written = datetime.fromtimestamp(look.modified / 1e9, tz=now.tzinfo)
    is_fresh = now - row.seen_at < STABLE or timedelta() <= now - written < STABLE
    if row.state != InboxFile.State.WAITING or is_fresh:
        return
    try:
        source, kind = _told_by(PurePosixPath(name).parts[:-1])
        _check_size(name, look)
        with drops.taken(name, look, scratch=scratch()) as path:
            kind = kind or _guessed(path)
            with transaction.atomic():
                by = operator(because="a file in the watched place")
                entry = hand_in(by=by, kind=kind, path=path, source=source)
                inbox.take(row=row, entry=entry)
                reach("inbox-taken")
                if drops.look(name) != look:
                    raise Changed
    except Changed:
        log.info("inbox: %s changed while it was taken; it waits", row.path)
    except Refused as refused:
        called = f"{row.pk}-{look.modified // 1_000_000_000}-{PurePosixPath(name).name}"
        _put_away(drops, row, FAILED, called, {"error": refused.sentence})
        inbox.end(row=row, now=now, error=refused.sentence)


def _check_size(name: str, look: Look) -> None:
    last = PurePosixPath(name).name
    if not look.size:
        raise Refused(_("文件“%(name)s”是空的，没有收下。") % {"name": last})
    if look.size > settings.MOST_INBOX_MB << 20:
        raise Refused(
            _("文件“%(name)s”有 %(size)s MB，超过 %(most)s MB，没有收下。请分成几份再放。")
            % {
                "name": last,
                "size": f"{(look.size >> 20) + 1:,}",
                "most": f"{settings.MOST_INBOX_MB:,}",
            }
        )


def _told_by(folders: tuple[str, ...]) -> tuple[str, str]:
    """(source, kind) as the folders say; the kind is empty where they do not."""
    kinds = [name for name in folders if name in FileKind.values]
    sources = [name for name in folders if name not in FileKind.values]
    if len(kinds) > 1 or len(sources) > 1:
        raise Refused(
            _("看不懂文件夹 %(folders)s：最多一层来源、一层文件种类。") % {"folders": "/".join(folders)}
        )
    return sources[0] if sources else "erp", kinds[0] if kinds else ""


def _guessed(path: Path) -> str:
    """The kind that the columns speak of; Refused where they leave a doubt, since nobody is there to ask."""
    with tempfile.TemporaryDirectory(prefix="inbox-", dir=scratch()) as own:
        staged = stage(path, into=Path(own), called=path.name)
    (first, sure), (_second, next_best), *_others = guess_kind(staged.header, staged.samples)
    if sure < SURE or sure - next_best < AHEAD:
        raise Refused(
            _("从列名看不准“%(name)s”是哪种文件。请放进以种类命名的文件夹：%(kinds)s。")
            % {"name": path.name, "kinds": "、".join(FileKind.values)}
        )
    return first


def _settle(drops: Drops, row: InboxFile, now: datetime) -> None:
    """When its import has ended, put the file away with the report beside it, and say so on ``row``."""
    entry = row.entry
    if entry is None:
        inbox.end(row=row, now=now, error=_("它的导入已被删去。"))
        return
    if entry.state in (Import.State.WAITING, Import.State.RUNNING):
        return
    is_in = entry.state in (Import.State.IN_FORCE, Import.State.UNDONE)
    error = "" if is_in else entry.error or str(entry.get_state_display())
    name = f"{entry.pk}-{PurePosixPath(row.path).name}"
    told = {
        "import": entry.number,
        "id": entry.pk,
        "kind": entry.kind,
        "source": entry.source.code,
        "error": error,
        "report": entry.report,
    }
    _put_away(drops, row, DONE if is_in else FAILED, name, told, entry=entry)
    reach("inbox-moved")
    inbox.end(row=row, now=now, error=error)


def _put_away(
    drops: Drops, row: InboxFile, where: str, name: str, told: dict[str, Any], *, entry: Import | None = None
) -> None:
    """Report first, then the file: after a death in between the same is done again, with the same names."""
    target = (PurePosixPath(where) / PurePosixPath(row.path).parent / name).as_posix()
    with tempfile.TemporaryDirectory(prefix="inbox-", dir=scratch()) as own:
        report = Path(own) / "report.json"
        report.write_text(json.dumps({"file": row.path, **told}, ensure_ascii=False, indent=2), "utf-8")
        drops.store(report, f"{target}.report.json")
        if entry is not None and entry.report.get("refused"):
            shape = ".xlsx" if entry.report.get("shape", {}).get("format") == "xlsx" else ".csv"
            rows = Path(own) / f"refused{shape}"
            with suppress(Refused):
                hand_back(
                    by=operator(because="the report of a file in the watched place"), pk=entry.pk, to=rows
                )
                drops.store(rows, f"{target}.refused{shape}")
    # another file may have come under the same name: it stays and is looked at anew
    if drops.look(row.path) == Look(row.size, row.modified):
        drops.move(row.path, target)


@contextmanager
def _alone() -> Iterator[bool]:
    with database.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [INBOX_LOCK])
        found = cursor.fetchone()
    is_mine = bool(found and found[0])
    try:
        yield is_mine
    finally:
        if is_mine and database.connection is not None and not database.needs_rollback:
            with database.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [INBOX_LOCK])
