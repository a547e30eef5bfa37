"""What lies in the watched folder: each file once, from its first sight to its report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from changqing.ledger.models import FileKind as FileKind
from changqing.ledger.models import Import
from changqing.ledger.models import InboxFile as InboxFile
from changqing.people.permissions import Principal, check_may, may

State = InboxFile.State


@dataclass(frozen=True)
class Look:
    """A file as it lies there: how large, and when it was last written (nanoseconds)."""

    size: int
    modified: int


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
    rows = InboxFile.objects.filter(state=State.FAILED, noticed=False).order_by("-finished_at", "-pk")
    return rows if may(to, "bring in files") else rows.none()


def notice(*, by: Principal) -> int:
    """Say that ``by`` knows of what did not get in; how many files that were."""
    check_may(by, "bring in files")
    return InboxFile.objects.filter(state=State.FAILED, noticed=False).update(noticed=True)
