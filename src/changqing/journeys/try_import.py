"""A file is handed over in the browser: looked at, tried, corrected, tried again, and then brought in.

Until its owner says so nothing of it is in the book; what was found out lies in a scratch folder.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection as database
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app as queue

from changqing.base.faults import reach
from changqing.base.refused import Refused
from changqing.base.tables import Staged, stage
from changqing.journeys.hand_back import hand_back
from changqing.ledger import actions as ledger
from changqing.ledger import drafts
from changqing.ledger.actions import MOST_DEATHS, Wanted
from changqing.ledger.drafts import Said
from changqing.ledger.queries import Import, entered, import_numbered, import_with_id
from changqing.ledger.segments import kept, scratch
from changqing.ledger.trial import Trial, try_import, try_switch
from changqing.people.permissions import check_may
from changqing.people.queries import User
from changqing.records.actions import write_audit

# A file of fewer bytes, or rows once they are read, is looked at while its owner waits.
BYTES_AT_ONCE, BYTES_OF_A_WORKBOOK_AT_ONCE, ROWS_AT_ONCE = 3_000_000, 400_000, 30_000
DRAFT_LOCK = 0x0C4B
# What handing a file over leaves on the disk for everything else.
SPARE_BYTES = 200_000_000
log = logging.getLogger(__name__)


def hand_over(
    *, by: User, path: Path, called: str, known: drafts.KnownOfFile | None = None
) -> drafts.ImportDraft:
    """Keep the file at ``path`` as ``by``'s and look at it: at once when it is small, else in the queue.

    ``known``: what is said of it beforehand. A file that waits already is not taken twice.
    """
    check_may(by, "bring in files")
    size = path.stat().st_size
    if not size:
        raise Refused(_("文件“%(name)s”是空的，没有收下。") % {"name": called})
    if shutil.disk_usage(settings.FOLDER.path).free < 3 * size + SPARE_BYTES:
        raise Refused(_("磁盘空间不够，文件“%(name)s”没有收下。请腾出空间后再传。") % {"name": called})
    with transaction.atomic():
        draft, is_new = drafts.add_draft(by=by, path=path, called=called, known=known or drafts.KnownOfFile())
        if not is_new:
            return draft
        write_audit(by=by, verb="hand over", subject=("draft", draft.pk), file=called, bytes=size)
    is_book = path.suffix.lower() == ".xlsx" or called.lower().endswith(".xlsx")
    return _look(draft, at_once=size <= (BYTES_OF_A_WORKBOOK_AT_ONCE if is_book else BYTES_AT_ONCE))


def say(*, by: User, pk: int, version: int, said: Said) -> drafts.ImportDraft | None:
    """Take in what the owner says of the draft ``pk`` and try it anew; None where it is not theirs."""
    with transaction.atomic():
        draft = drafts.locked_draft(by, pk)
        if draft is None:
            return None
        drafts.adjust(by=by, draft=draft, version=version, said=said)
    is_small = 0 < draft.survey.get("rows", 0) <= ROWS_AT_ONCE
    # of another sheet nothing is known yet but the size of its workbook
    is_small |= not draft.survey and draft.size <= BYTES_OF_A_WORKBOOK_AT_ONCE
    return _look(draft, at_once=is_small)


def _look(draft: drafts.ImportDraft, *, at_once: bool) -> drafts.ImportDraft:
    if at_once:
        look(draft.pk)
    else:
        queue.configure_task("book:look_at_draft").defer(draft=draft.pk)
    draft.refresh_from_db()
    return draft


def look(pk: int) -> None:
    """Find out what the draft ``pk`` holds and would do, or say on it why not. Safe to run again."""
    with _alone(pk):
        draft = drafts.draft_to_run(pk)
        if draft is None or draft.state != drafts.State.WAITING:
            return
        with translation.override(draft.owner.language):
            if draft.tries >= MOST_DEATHS:
                sentence = _("这个文件几次使程序中断，已停止再试。账本没有改动，原文件已保留。")
                drafts.draft_failed(draft=draft, sentence=sentence)
                return
            _look_at(draft)


def _look_at(draft: drafts.ImportDraft) -> None:
    drafts.begin_draft(draft=draft)
    began = time.monotonic()
    try:
        staged = drafts.staged_of(draft) or _read(draft)
    except Refused as refused:
        drafts.draft_failed(draft=draft, sentence=refused.sentence)
        return
    reach("draft-read")
    drafts.draft_progress(draft=draft, step="checking", done=staged.rows, total=staged.rows)
    entry = drafts.as_import(draft)
    entry.mapping["wishes"] = drafts.wishes_of(draft)
    try:
        trial = try_import(entry=entry, staged=staged, into=drafts.folder_of(draft))
    except Refused as refused:
        drafts.asks(draft=draft, sentence=refused.sentence)
        return
    reach("draft-tried")
    (drafts.folder_of(draft) / "lines.parquet").unlink(missing_ok=True)
    drafts.tried(draft=draft, entry=entry, preview=trial.as_json(), seconds=time.monotonic() - began)


def _read(draft: drafts.ImportDraft) -> Staged:
    folder = drafts.folder_of(draft)
    shutil.rmtree(folder, ignore_errors=True)
    staged = stage(
        kept(draft.stored_as),
        into=drafts.folder_of(draft),
        called=draft.file_name,
        sheet=draft.said.get("sheet"),
        on_progress=lambda done, total: drafts.draft_progress(
            draft=draft, step="reading", done=done, total=total
        ),
    )
    drafts.surveyed(draft=draft, staged=staged)
    return staged


def start(*, by: User, pk: int, version: int) -> Import | None:
    """Bring the draft ``pk`` into the book, once however often it is asked; None where it is not theirs."""
    with transaction.atomic():
        draft = drafts.locked_draft(by, pk)
        if draft is None:
            return None
        if draft.entry is not None:
            return draft.entry
        mapping = drafts.to_be_started(by=by, draft=draft, version=version)
        entry = ledger.hand_in(
            by=by,
            kind=draft.kind,
            path=kept(draft.stored_as),
            called=draft.file_name,
            source=ledger.source_named(code=draft.source_code),
            wanted=Wanted(
                meaning=draft.preview["meaning"],
                from_day=draft.from_day,
                to_day=draft.to_day,
                unknown=draft.unknown,
                mapping=mapping,
            ),
        )
        drafts.started(draft=draft, entry=entry)
        queue.configure_task("book:bring_in").defer(entry=entry.pk)
        write_audit(
            by=by, verb="hand in", subject=("import", entry.pk), kind=entry.kind, file=entry.file_name
        )
    shutil.rmtree(drafts.folder_of(draft), ignore_errors=True)
    return entry


def start_all(*, by: User, versions: Sequence[tuple[int, int]]) -> list[Import]:
    """Bring the drafts (id, version) in, in the order in which each finds what it speaks about."""
    mine = {draft.pk: draft for draft in drafts.open_drafts(by)}
    wanted = [(pk, version) for pk, version in versions if pk in mine]
    wanted.sort(key=lambda pair: (drafts.ORDER_OF_KINDS.index(mine[pair[0]].kind), pair[0]))
    begun = [start(by=by, pk=pk, version=version) for pk, version in wanted]
    return [entry for entry in begun if entry is not None]


def weigh_switch(*, by: User, number: int) -> tuple[Import, Trial] | None:
    """What undoing import ``number`` would do, or redoing it where it is undone; None where there is none."""
    check_may(by, "bring in files")
    entry = import_numbered(by, number)
    return (entry, try_switch(entry=entry)) if entry and entry.state in entered() else None


def mend_refused(*, by: User, pk: int) -> drafts.ImportDraft | None:
    """Hand the refused rows of import ``pk`` over anew, to be mended on the page; None without any."""
    check_may(by, "bring in files")
    entry = import_with_id(by, pk)
    if entry is None:
        return None
    shape = ".xlsx" if entry.report.get("shape", {}).get("format") == "xlsx" else ".csv"
    with tempfile.TemporaryDirectory(prefix="mend-", dir=scratch()) as folder:
        path = Path(folder) / f"refused{shape}"
        hand_back(by=by, pk=pk, to=path)
        said = {
            "given": entry.mapping["columns"],
            "left_out": entry.mapping.get("left_out", []),
            "wishes": entry.mapping.get("wishes", {}),
        }
        return hand_over(
            by=by,
            path=path,
            called=entry.file_name,
            known=drafts.KnownOfFile(
                kind=entry.kind, source_code=entry.source.code, unknown=entry.unknown, said=said
            ),
        )


def let_go(*, by: User, pk: int) -> bool:
    """Drop the draft ``pk``; False where it is not ``by``'s."""
    with transaction.atomic():
        draft = drafts.locked_draft(by, pk)
        if draft is None:
            return False
        drafts.drop(by=by, draft=draft)
        write_audit(by=by, verb="drop", subject=("draft", draft.pk), file=draft.file_name)
    shutil.rmtree(drafts.folder_of(draft), ignore_errors=True)
    return True


@contextmanager
def _alone(pk: int) -> Iterator[None]:
    """One look at a draft at a time; PostgreSQL forgets the lock with the connection."""
    with database.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, %s)", [DRAFT_LOCK, pk])
    try:
        yield
    finally:
        if database.connection is not None and not database.needs_rollback:
            with database.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [DRAFT_LOCK, pk])
