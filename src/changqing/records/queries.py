"""Questions about methods in force, the audit and its chain."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Count, Max, Q, QuerySet
from django.utils.translation import gettext as _

from changqing.base.once import once
from changqing.people.models import User
from changqing.people.permissions import Principal, check_may
from changqing.records.models import AuditLine as AuditLine
from changqing.records.models import AuditSeal
from changqing.records.models import Change as Change
from changqing.records.models import MethodVersion as MethodVersion
from changqing.records.rules import BEGINNING, fingerprint, is_signed, linked

# Lines below the newest sealed one by this much have been sealed, or never will be: deeds end within hours.
LATECOMERS = 20_000


@once
def _counting() -> dict[str, MethodVersion]:
    """The version of every pack that counts now."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, made_at, digest FROM {MethodVersion._meta.db_table} WHERE in_force ORDER BY id"  # noqa: S608
        )
        return _versions(tuple(cursor.fetchall()))


@lru_cache(maxsize=4)
def _versions(known: tuple[tuple[int, datetime, str], ...]) -> dict[str, MethodVersion]:
    """A version never changes but in whether it counts: its text is read once a process."""
    return {row.pack: row for row in MethodVersion.objects.filter(pk__in=[pk for pk, *_what in known])}


def method_in_force(pack: str) -> MethodVersion:
    """The version of ``pack`` that counts now; MethodVersion.DoesNotExist before the first start."""
    found = _counting().get(pack)
    if found is None:
        raise MethodVersion.DoesNotExist(pack)
    return found


def methods_counting(*packs: str) -> dict[str, MethodVersion]:
    """The versions of ``packs`` that count now, by pack."""
    return {pack: row for pack, row in _counting().items() if pack in packs}


def methods_known() -> set[tuple[str, str]]:
    """(pack, digest) of every content that has ever been entered."""
    return set(MethodVersion.objects.values_list("pack", "digest"))


def audit_times(kind: str, key: str, *, verb: str, since: datetime) -> list[datetime]:
    """When ``verb`` was done to the subject (``kind``, ``key``) after ``since``, oldest first."""
    lines = AuditLine.objects.filter(subject_kind=kind, subject_key=key, verb=verb, at__gt=since)
    return list(lines.order_by("at").values_list("at", flat=True))


def audit_count(user: User, *, verb: str, since: datetime) -> int:
    """How often ``user`` did ``verb`` after ``since``."""
    return AuditLine.objects.filter(user=user, verb=verb, at__gt=since).count()


def has_audit_detail(user: User, *, verb: str, since: datetime, **details: str) -> bool:
    """Whether ``user`` did ``verb`` after ``since`` with these details."""
    return AuditLine.objects.filter(user=user, verb=verb, at__gt=since, details__contains=details).exists()


def method_versions(*packs: str) -> dict[str, list[MethodVersion]]:
    """Every version of ``packs``, newest first, without their texts."""
    found: dict[str, list[MethodVersion]] = {pack: [] for pack in packs}
    for row in MethodVersion.objects.filter(pack__in=packs).defer("text").order_by("-version"):
        found[row.pack].append(row)
    return found


def method_version(pack: str, version: int) -> MethodVersion | None:
    return MethodVersion.objects.filter(pack=pack, version=version).first()


def publishers(*packs: str) -> dict[str, dict[int, str]]:
    """Who published which version of ``packs``; those that shipped have nobody."""
    lines = AuditLine.objects.filter(subject_kind="method", subject_key__in=packs, verb="publish method")
    found: dict[str, dict[int, str]] = {pack: {} for pack in packs}
    for line in lines.select_related("user").order_by("at"):
        found[line.subject_key][line.details["version"]] = str(line.user or line.principal)
    return found


def audit_key() -> str:
    return str(settings.AUDIT_KEY)


def words_of(line: AuditLine) -> dict[str, Any]:
    """What of a line is signed: all that it says."""
    return {
        "at": line.at.astimezone(UTC).isoformat(),
        "user": line.user_id,
        "principal": line.principal,
        "door": line.door,
        "verb": line.verb,
        "subject": [line.subject_kind, line.subject_key],
        "because": line.because,
        "details": line.details,
    }


def unsealed(*, all_of_them: bool = False) -> QuerySet[AuditLine]:
    """Lines that are not chained yet, in the order they came; only recent ones unless ``all_of_them``."""
    rows = AuditLine.objects.filter(seal=None).order_by("pk")
    newest = None if all_of_them else AuditSeal.objects.aggregate(newest=Max("line_id"))["newest"]
    return rows if newest is None else rows.filter(pk__gt=newest - LATECOMERS)


def audit_lines(
    to: Principal,
    *,
    who: str = "",
    verb: str = "",
    subject: str = "",
    since: date | None = None,
    until: date | None = None,
) -> QuerySet[AuditLine]:
    """Audit lines, newest first, for those who may read the audit; ``who`` and ``subject`` may be parts."""
    check_may(to, "read the audit")
    rows = AuditLine.objects.select_related("user").order_by("-pk")
    if who:
        rows = rows.filter(principal__icontains=who) | rows.filter(user__full_name__icontains=who)
    if verb:
        rows = rows.filter(verb=verb)
    if subject:
        rows = rows.filter(subject_key__icontains=subject) | rows.filter(subject_kind=subject)
    if since:
        rows = rows.filter(at__date__gte=since)
    if until:
        rows = rows.filter(at__date__lte=until)
    return rows


def audit_verbs() -> list[str]:
    """Every verb that was ever done."""
    return sorted(AuditLine.objects.order_by().values_list("verb", flat=True).distinct())


def changes_about(
    *, account: int, rows: Mapping[str, Collection[str]], models: Collection[str]
) -> QuerySet[Change]:
    """What was done to an account and what belongs to it, and to ``rows`` (model → keys); newest first."""
    theirs = Q(account=account)
    for model, keys in rows.items():
        theirs |= Q(model=model, row__in=keys)
    return Change.objects.filter(theirs, model__in=models).select_related("user").order_by("-pk")


def changes_in(deed: UUID, *, models: Collection[str]) -> list[Change]:
    """What one deed did to rows of ``models``, in its order."""
    return list(Change.objects.filter(deed=deed, model__in=models).order_by("pk"))


def rows_changed_after(change: Change, *, rows: Collection[int]) -> set[int]:
    """Of ``rows``, of the model of ``change``, those that a deed after its own has changed."""
    keys = Change.objects.filter(model=change.model, row__in=map(str, rows), pk__gt=change.pk)
    return {int(key) for key in keys.exclude(deed=change.deed).values_list("row", flat=True)}


def deeds_named(deeds: Collection[Any]) -> dict[Any, AuditLine]:
    """The last audit line of each deed: what it was, and whose."""
    if not deeds:
        return {}
    lines = AuditLine.objects.filter(deed__in=deeds).select_related("user").order_by("pk")
    return {line.deed: line for line in lines}


@dataclass
class AuditReport:
    """What a walk along the whole chain found; ``faults`` are sentences that name the place."""

    sealed: int = 0
    unsealed: int = 0
    elsewhere: int = 0
    head: str = BEGINNING
    faults: list[str] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        return not self.faults

    def as_json(self) -> dict[str, Any]:
        return {
            "whole": self.is_whole,
            "sealed": self.sealed,
            "unsealed": self.unsealed,
            "sealed_with_another_key": self.elsewhere,
            "head": self.head,
            "faults": self.faults,
        }


def audit_report(*, anchor: Mapping[str, Any] | None = None) -> AuditReport:
    """Walk the chain from its first link: what was changed, taken out, put in, swapped or cut off."""
    report = AuditReport()
    key = audit_key()
    report.faults += _walk(report, key)
    report.faults += _not_ours(report, key)
    report.faults += _twice()
    if anchor is not None:
        report.faults += _against(anchor, key)
    return report


def _walk(report: AuditReport, key: str) -> Iterator[str]:
    mine, before, last = fingerprint(key), BEGINNING, 0
    seals = AuditSeal.objects.order_by("sequence").iterator(chunk_size=5_000)
    for batch in _batches(seals):
        found = AuditLine.objects.in_bulk([seal.line_id for seal in batch])
        for seal in batch:
            if seal.sequence != last + 1:
                yield _("链条缺了第 %(first)s 到 %(last)s 环。") % {
                    "first": last + 1,
                    "last": seal.sequence - 1,
                }
            last = seal.sequence
            if seal.key != mine and report.sealed == report.elsewhere:
                report.elsewhere += 1
            else:
                yield from _judged(seal, found.get(seal.line_id), before, key)
            before = seal.hash
            report.sealed += 1
    report.head = before


def _batches(seals: Iterator[AuditSeal], size: int = 5_000) -> Iterator[list[AuditSeal]]:
    batch: list[AuditSeal] = []
    for seal in seals:
        batch.append(seal)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _judged(seal: AuditSeal, line: AuditLine | None, before: str, key: str) -> Iterator[str]:
    place = {"place": seal.sequence, "line": seal.line_id}
    if line is None:
        yield _("审计记录 %(line)s（第 %(place)s 环）被删除。") % place
        return
    words = words_of(line)
    is_ours = is_signed(key, words, line.mac) or (seal.founding and not line.mac)
    expected = linked(key, before=before, place=seal.sequence, line=line.pk, words=words, mac=line.mac)
    if not is_ours:
        yield _("审计记录 %(line)s（第 %(place)s 环）被改动。") % place
    elif expected != seal.hash:
        yield _("审计记录 %(line)s（第 %(place)s 环）与链条不符：被调换、插入或重写。") % place


def _not_ours(report: AuditReport, key: str) -> Iterator[str]:
    for line in unsealed(all_of_them=True).iterator(chunk_size=5_000):
        report.unsealed += 1
        if not is_signed(key, words_of(line), line.mac) and report.sealed:
            yield _("审计记录 %(line)s 不是程序写的：被插入，或在入链之前被改动。") % {"line": line.pk}


def _twice() -> Iterator[str]:
    rows = AuditLine.objects.exclude(mac="").order_by().values("mac").annotate(n=Count("pk"), last=Max("pk"))
    for row in rows.filter(n__gt=1):
        yield _("审计记录 %(line)s 是另一条记录的抄件。") % {"line": row["last"]}


def _against(anchor: Mapping[str, Any], key: str) -> Iterator[str]:
    place = int(anchor["sequence"])
    seal = AuditSeal.objects.filter(sequence=place).first() if place else None
    newest = AuditSeal.objects.aggregate(newest=Max("sequence"))["newest"] or 0
    if place and seal is None:
        yield _("链条被截断：锚点说到第 %(place)s 环，现在只到第 %(newest)s 环。") % {
            "place": place,
            "newest": newest,
        }
    elif seal is not None and seal.hash != anchor["hash"]:
        yield _("第 %(place)s 环与锚点不符：整条链被重写过。") % {"place": place}


def anchor_of_the_chain() -> dict[str, Any]:
    """Where the chain stands now, to be kept where whoever runs the database cannot reach."""
    head = AuditSeal.objects.order_by("-sequence").first()
    return {
        "sequence": head.sequence if head else 0,
        "hash": head.hash if head else BEGINNING,
        "key": fingerprint(audit_key()),
    }
