"""What lies in the watched place: each file once, from its first sight to its report."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from changqing.base.drops import Look
from changqing.ledger.models import FileKind as FileKind
from changqing.ledger.models import Import
from changqing.ledger.models import InboxFile as InboxFile
from changqing.people.permissions import Principal, check_may, may

State = InboxFile.State
# The row that speaks of the place itself: no file is called so.
PLACE = "/"


def seen(*, path: str, look: Look, now: datetime) -> InboxFile:
    """The row of the file at ``path`` as it lies there now; one that changed, or came again, begins anew."""
    row, is_new = InboxFile.objects.get_or_create(
        path=path, defaults={"size": look.size, "modified": look.modified, "seen_at": now}
    )
    has_changed = (row.size, row.modified) != (look.size, look.modified)
    if is_new or row.state == State.TAKEN or not (has_changed or row.state in (State.DONE, State.FAILED)):
        return row
    row.size, row.modified, row.seen_at = look.size, look.modified, now
    row.state, row.entry, row.error, row.noticed = State.WAITING, None, "", False
    row.save()
    return row


def taken_files() -> list[InboxFile]:
    """Files whose import was asked for and whose end is still to be told."""
    return list(InboxFile.objects.filter(state=State.TAKEN).select_related("entry__source").order_by("pk"))


def take(*, row: InboxFile, entry: Import) -> None:
    """Say that ``entry`` is the import of ``row``'s file."""
    row.state, row.entry = State.TAKEN, entry
    row.save(update_fields=["state", "entry"])


def end(*, row: InboxFile, now: datetime, error: str = "") -> None:
    """Say that ``row``'s file is in the book, or with ``error`` why it is not."""
    row.state, row.error, row.finished_at = State.FAILED if error else State.DONE, error, now
    row.save(update_fields=["state", "error", "finished_at"])


def failed_files(to: Principal) -> QuerySet[InboxFile]:
    """What did not get in and nobody has noticed yet, the newest first; for who may bring files in."""
    rows = _unnoticed().order_by("-finished_at", "-pk")
    return rows if may(to, "bring in files") else rows.none()


def _unnoticed() -> QuerySet[InboxFile]:
    return InboxFile.objects.filter(state=State.FAILED, noticed=False).exclude(path=PLACE)


def notice(*, by: Principal) -> int:
    """Say that ``by`` knows of what did not get in; how many files that were."""
    check_may(by, "bring in files")
    return _unnoticed().update(noticed=True)


def say_unreachable(*, place: str, sentence: str, now: datetime) -> bool:
    """Note why ``place`` cannot be watched; whether that is news."""
    said = f"{place}\n{sentence}"
    row, is_new = InboxFile.objects.get_or_create(
        path=PLACE,
        defaults={"size": 0, "modified": 0, "seen_at": now, "state": State.FAILED, "error": said},
    )
    if is_new or row.error == said:
        return is_new
    row.error, row.seen_at = said, now
    row.save(update_fields=["error", "seen_at"])
    return True


def say_reached() -> None:
    """The place could be looked at."""
    InboxFile.objects.filter(path=PLACE).delete()


def unreachable(*, place: str) -> str:
    """What was noted of ``place`` when it was looked at last; nothing when it was reached, or is new."""
    said = InboxFile.objects.filter(path=PLACE).values_list("error", flat=True).first() or ""
    noted, _line, sentence = said.partition("\n")
    return sentence if noted == place else ""
