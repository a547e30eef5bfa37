"""What is kept about an account: facts are told, notes written, files handed in; each can be taken back."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from changqing.accounts.models import Account
from changqing.accounts.queries import Part
from changqing.base.refused import Refused
from changqing.dossier.actions.writing import editable
from changqing.dossier.models import Attachment, Fact, Note
from changqing.dossier.queries.kept import archive_method, attachment_of, fact_of, note_of
from changqing.dossier.rules.facts import clean_fact, refuse_what_is_not_kept
from changqing.dossier.rules.fields import plain
from changqing.dossier.rules.sniff import safe_name, sniffed
from changqing.people.models import User
from changqing.people.permissions import Principal
from changqing.records.actions import write_audit

LONGEST_NOTE = 8_000


def at(digest: str) -> Path:
    """Where the bytes of that hash lie."""
    return Path(settings.FOLDER.path) / "files" / digest[:2] / digest


@transaction.atomic
def tell_fact(
    *,
    by: Principal,
    account: str,
    kind: str,
    values: Mapping[str, str],
    day: date,
    source: str = "",
    licence: str = "",
    confidence: str = "likely",
    expires: date | None = None,
    door: str = "",
) -> Fact:
    """Something is known of ``account`` (by key); what it stands for instead of is ended, not lost."""
    found = _account(by, account, Part.ACTIVITIES)
    method = archive_method()
    if confidence not in method.confidence.value:
        raise Refused(_("请选可信度。"), field="confidence")
    if day > timezone.localdate():
        raise Refused(_("还没到的日子不会已经知道。"), field="day")
    if expires is not None and expires < day:
        raise Refused(_("有效期早于得知的日子。"), field="expires")
    said = clean_fact(method, kind, values)
    where = plain(source)[:300]
    refuse_what_is_not_kept(method, where)
    now = timezone.now()
    if not method.kind(kind).many:
        Fact.objects.filter(account=found, kind=kind, ended_at=None).update(ended_at=now)
    fact = Fact.objects.create(
        account=found,
        kind=kind,
        values=said,
        source=where,
        licence=plain(licence)[:120],
        day=day,
        confidence=confidence,
        expires=expires,
        principal=str(by),
        at=now,
    )
    write_audit(by=by, verb="tell fact", subject=("account", found.key), door=door, fact=fact.pk, kind=kind)
    return fact


@transaction.atomic
def end_fact(*, by: Principal, pk: int, door: str = "") -> Fact:
    """A fact counts no more."""
    fact = fact_of(by, pk)
    if fact is None or fact.ended_at:
        raise Refused(_("没有这条事实，或已经不算数了。"))
    _account(by, fact.account.key, Part.ACTIVITIES)
    Fact.objects.filter(pk=pk).update(ended_at=timezone.now())
    write_audit(by=by, verb="end fact", subject=("account", fact.account.key), door=door, fact=pk)
    return fact


@transaction.atomic
def write_note(*, by: Principal, account: str, text: str, is_private: bool = False, door: str = "") -> Note:
    """Write something down about ``account`` (by key)."""
    found = _account(by, account, Part.ACTIVITIES)
    said = text.replace("\0", "").replace("\r\n", "\n").strip()
    if not said:
        raise Refused(_("请先写点什么。"), field="text")
    if len(said) > LONGEST_NOTE:
        raise Refused(_("太长了：最多 %(most)s 个字。") % {"most": LONGEST_NOTE}, field="text")
    note = Note.objects.create(
        account=found,
        author=by if isinstance(by, User) else None,
        principal=str(by),
        text=said,
        is_private=is_private and isinstance(by, User),
        at=timezone.now(),
    )
    write_audit(by=by, verb="write note", subject=("account", found.key), door=door, note=note.pk)
    return note


@transaction.atomic
def remove_note(*, by: Principal, pk: int, door: str = "") -> Note:
    """Take a note of one's own away."""
    note = note_of(by, pk)
    if note is None or note.removed_at:
        raise Refused(_("没有这条笔记。"))
    if not isinstance(by, User) or note.author_id != by.pk:
        raise Refused(_("只有写的人能删自己的笔记。"))
    Note.objects.filter(pk=pk).update(removed_at=timezone.now())
    write_audit(by=by, verb="remove note", subject=("account", note.account.key), door=door, note=pk)
    return note


def keep_file(*, by: Principal, account: str, name: str, data: bytes, door: str = "") -> Attachment:
    """Keep ``data`` with ``account`` (by key), under its hash; the same bytes are kept once."""
    with transaction.atomic():
        found = _account(by, account, Part.FILES)
        kind = sniffed(data, name)
        digest = hashlib.sha256(data).hexdigest()
        _store(data, at(digest))
        kept = Attachment.objects.create(
            account=found,
            name=safe_name(name, kind),
            kind=kind,
            size=len(data),
            digest=digest,
            principal=str(by),
            at=timezone.now(),
        )
        write_audit(
            by=by, verb="keep file", subject=("account", found.key), door=door, file=kept.name, sha256=digest
        )
    return kept


@transaction.atomic
def remove_file(*, by: Principal, pk: int, door: str = "") -> Attachment:
    """Take a file off an account; its bytes stay for the history and the backup."""
    kept = attachment_of(by, pk)
    if kept is None or kept.removed_at:
        raise Refused(_("没有这个文件。"))
    _account(by, kept.account.key, Part.FILES)
    Attachment.objects.filter(pk=pk).update(removed_at=timezone.now())
    write_audit(by=by, verb="remove file", subject=("account", kept.account.key), door=door, file=kept.name)
    return kept


def _account(by: Principal, key: str, part: Part) -> Account:
    return editable(by=by, keys=[key], part=part)[0]


def _store(data: bytes, to: Path) -> None:
    """Write beside and rename, so that there is never half a file."""
    if to.exists():
        return
    to.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.NamedTemporaryFile(dir=to.parent, delete=False) as half:
        half.write(data)
        half.flush()
        os.fsync(half.fileno())
    Path(half.name).replace(to)
