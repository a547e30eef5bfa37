"""Writing audit lines and bringing shipped methods into force."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from changqing.base import history
from changqing.base.history import door_in_use
from changqing.people.models import User
from changqing.people.permissions import Principal
from changqing.records.models import AuditLine, AuditSeal, Change, MethodVersion
from changqing.records.queries import audit_key, unsealed, words_of
from changqing.records.rules import BEGINNING, fingerprint, is_signed, linked, signed


def write_audit(
    *,
    by: Principal,
    verb: str,
    subject: tuple[str, object],
    door: str = "",
    **details: Any,
) -> AuditLine:
    """One line, in the transaction of the deed: ``subject`` is (kind, key)."""
    kind, key = subject
    door = door or door_in_use()
    line = AuditLine(
        user=by if isinstance(by, User) else None,
        principal=by.username if isinstance(by, User) else by.name,
        because="" if isinstance(by, User) else by.because,
        door=door,
        verb=verb,
        subject_kind=kind,
        subject_key=str(key),
        details=details,
    )
    line.mac = signed(audit_key(), words_of(line))
    line.save(force_insert=True)
    return line


@transaction.atomic
def seal_audit(*, most: int = 5_000, all_of_them: bool = False) -> int:
    """Chain lines that are not chained yet, ``most`` at once; how many. One process at a time does it.

    ``all_of_them`` looks for latecomers too, however old. A line that the program did not write is left out:
    ``audit_report`` names it for as long as it is there.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended('changqing audit chain', 0))")
        is_alone = cursor.fetchone()[0]
    if not is_alone:
        return 0
    key = audit_key()
    head = AuditSeal.objects.order_by("-sequence").first()
    founding = head is None
    place, before = (head.sequence, head.hash) if head else (0, BEGINNING)
    sealed: list[AuditSeal] = []
    for line in unsealed(all_of_them=all_of_them)[:most]:
        words = words_of(line)
        is_founder = founding and not line.mac
        if not is_founder and not is_signed(key, words, line.mac):
            continue
        place += 1
        before = linked(key, before=before, place=place, line=line.pk, words=words, mac=line.mac)
        sealed.append(
            AuditSeal(sequence=place, line=line, hash=before, key=fingerprint(key), founding=is_founder)
        )
    AuditSeal.objects.bulk_create(sealed)
    return len(sealed)


def forget_values(*, rows: Mapping[str, Collection[int]], names: Collection[str], put: str) -> int:
    """In the history of ``rows`` (model → keys) what ``names`` held gives way to ``put``; how many."""
    theirs = Q(pk__in=[])
    for model, keys in rows.items():
        theirs |= Q(model=model, row__in=[str(key) for key in keys])
    touched = list(Change.objects.filter(theirs))
    for change in touched:
        for side in (change.was, change.became):
            for name in set(side or ()) & set(names):
                if side and side[name]:
                    side[name] = put
    Change.objects.bulk_update(touched, ["was", "became"], batch_size=500)
    return len(touched)


def log_read(*, by: Principal, what: str, subject: tuple[str, object], **details: Any) -> AuditLine:
    """``by`` reads what is not everybody's: a sensitive field, an export with its filter and rows."""
    return write_audit(by=by, verb=f"read {what}", subject=subject, **details)


def acts_as(*, by: Principal) -> None:
    """In the block that a door has entered, ``by`` is who works: a queue works for whoever asked it to."""
    if isinstance(by, User):
        history.acts_as(user=by.pk)
    else:
        history.acts_as(user=None, principal=by.name, because=by.because)


@transaction.atomic
def ship_method(*, pack: str, text: str, digest: str) -> MethodVersion:
    """Enter the shipped ``text`` of ``pack`` unless known; an operator's own version stays in force."""
    known = MethodVersion.objects.filter(pack=pack, digest=digest).first()
    if known:
        return known
    newest = MethodVersion.objects.select_for_update().filter(pack=pack).order_by("-version").first()
    in_force = MethodVersion.objects.filter(pack=pack, in_force=True).first()
    operators_own = in_force is not None and in_force.because != ""
    if in_force and not operators_own:
        MethodVersion.objects.filter(pk=in_force.pk).update(in_force=False)
    return MethodVersion.objects.create(
        pack=pack,
        version=newest.version + 1 if newest else 0,
        text=text,
        digest=digest,
        in_force=not operators_own,
    )


@transaction.atomic
def publish_method(*, by: Principal, pack: str, text: str, digest: str, because: str) -> MethodVersion:
    """A person's version of ``pack`` comes into force on top of what there is; nothing is rewritten."""
    MethodVersion.objects.select_for_update().filter(pack=pack).count()
    newest = MethodVersion.objects.filter(pack=pack).order_by("-version").first()
    MethodVersion.objects.filter(pack=pack, in_force=True).update(in_force=False)
    made = MethodVersion.objects.create(
        pack=pack,
        version=newest.version + 1 if newest else 0,
        text=text,
        digest=digest,
        because=because,
    )
    write_audit(by=by, verb="publish method", subject=("method", pack), version=made.version, because=because)
    return made
