"""What is kept about an account: its facts with their quality, notes, and files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from django.db.models import Q
from django.utils.translation import gettext as _

from changqing.accounts.models import Account
from changqing.accounts.queries import seen_rows, visible_to
from changqing.base.compiled import Compiled
from changqing.base.packs import load, parse
from changqing.dossier.models import Attachment, Fact, Note
from changqing.dossier.rules.facts import (
    ArchiveMethod,
    Issue,
    KnownFact,
    Quality,
    completeness,
    lint,
    next_budgeting,
    quality,
    replacement_risk,
    unserved_business,
)
from changqing.people.models import User
from changqing.people.permissions import Principal
from changqing.records.models import MethodVersion
from changqing.records.queries import method_in_force

PACK = "archive"
FACTS = Compiled(
    lambda account: Fact.objects.filter(account=account, ended_at=None).order_by("kind", "-day", "-pk")
)
NOTES = Compiled(
    lambda account: (
        Note.objects.filter(account=account, removed_at=None).select_related("author").order_by("-at")
    )
)
ATTACHMENTS = Compiled(
    lambda account: Attachment.objects.filter(account=account, removed_at=None).order_by("-at")
)


@lru_cache(maxsize=4)
def _pack(version: int, text: str) -> ArchiveMethod:
    return parse(PACK, text, ArchiveMethod, version=version).method


def archive_method() -> ArchiveMethod:
    """What an archive should know, by the version in force; as shipped before the book was made ready."""
    try:
        version = method_in_force(PACK)
    except MethodVersion.DoesNotExist:
        return load(PACK, ArchiveMethod).method
    return _pack(version.version, version.text)


@dataclass(frozen=True)
class Dossier:
    """What is known of an account and how good that is, as of ``today``."""

    method: ArchiveMethod
    facts: list[Fact]
    quality: Quality
    tabs: dict[str, tuple[int, int]]
    issues: list[Issue]
    replacement: float | None
    budgeting: date | None
    unserved: list[str]


def dossier_of(to: Principal, account: Account, *, today: date) -> Dossier:
    """The facts of ``account`` that ``to`` may see, judged: one query beside that for the method."""
    method = archive_method()
    facts = seen_rows(to, account, FACTS)
    known = [
        KnownFact(each.pk, each.kind, each.values, each.source, each.day, each.confidence, each.expires)
        for each in facts
    ]
    return Dossier(
        method=method,
        facts=facts,
        quality=quality(method, known, today),
        tabs=completeness(method, (each.kind for each in known)),
        issues=lint(method, known, today),
        replacement=replacement_risk(known),
        budgeting=next_budgeting(known, today),
        unserved=unserved_business(known),
    )


def fact_of(to: Principal, pk: int) -> Fact | None:
    return visible_to(to, Fact.objects.filter(pk=pk)).select_related("account").first()


def _readable(to: Principal) -> Q:
    """A private note is its author's alone, whatever else somebody may see."""
    return Q(is_private=False) | Q(author=to.pk) if isinstance(to, User) else Q(is_private=False)


def notes_of(to: Principal, account: Account) -> list[Note]:
    """The notes on ``account``, newest first, that ``to`` may read; a private one is its author's alone."""
    notes, me = seen_rows(to, account, NOTES), to.pk if isinstance(to, User) else None
    return [note for note in notes if not note.is_private or (me and note.author_id == me)]


def note_of(to: Principal, pk: int) -> Note | None:
    rows = visible_to(to, Note.objects.filter(pk=pk)).filter(_readable(to))
    return rows.select_related("account").first()


def attachments_of(to: Principal, account: Account) -> list[Attachment]:
    """The files kept with ``account``, the newest first."""
    return seen_rows(to, account, ATTACHMENTS)


def attachment_of(to: Principal, pk: int) -> Attachment | None:
    return visible_to(to, Attachment.objects.filter(pk=pk)).select_related("account").first()


def missing_files(there: frozenset[str]) -> Iterator[str]:
    """Kept files whose bytes are not among ``there``, as sentences; there must be none."""
    wanted = Attachment.objects.values_list("digest", flat=True).distinct()
    for digest in sorted(set(wanted) - there):
        yield _("附件 %(digest)s… 的内容不在数据文件夹里。请从备份恢复。") % {"digest": digest[:12]}
