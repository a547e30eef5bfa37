"""How every deed on accounts is written: rows locked, fields set in bulk, one deed with its lines."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from changqing.accounts.models import Account
from changqing.accounts.queries import Part, check_may_edit
from changqing.accounts.queries import accounts as visible_accounts
from changqing.accounts.rules import spoken
from changqing.base.bulk import copy_rows, passing_table
from changqing.base.refused import Refused
from changqing.dossier.models import Revision, RevisionLine
from changqing.dossier.rules.fields import LINKS
from changqing.people.models import User
from changqing.people.permissions import Principal, check_may
from changqing.records.actions import write_audit

TABLE = Account._meta.db_table
TREE_LOCK = 0x0C4A_9007
TYPES = {
    **dict.fromkeys(LINKS, "bigint"),
    "tags": "text[]",
    "archived_at": "timestamptz",
}
Values = dict[str, Any]


def column(field: str) -> str:
    return f"{field}_id" if field in LINKS else field


def value_of(account: Account, field: str) -> Any:
    """A field as deeds keep it: links as ids, moments as text."""
    value = getattr(account, column(field))
    return value.isoformat() if isinstance(value, datetime) else value


def editable(*, by: Principal, keys: Iterable[str], part: Part = Part.BASIC) -> list[Account]:
    """The accounts ``keys``, locked; Refused, before any writing, unless ``by`` may edit ``part`` of all."""
    check_may(by, "edit accounts")
    wanted = set(keys)
    found = list(visible_accounts(by).select_for_update(of=("self",)).filter(key__in=wanted).order_by("pk"))
    check_may_edit(by=by, accounts=found, part=part)
    missing = sorted(wanted - {account.key for account in found})
    if missing:
        raise Refused(_("没有您可编辑的客户：%(keys)s。什么都没有改动。") % {"keys": "、".join(missing[:10])})
    return found


def carry_out(
    *, by: Principal, verb: str, changes: Sequence[tuple[Account, Mapping[str, Any]]], door: str = ""
) -> Revision | None:
    """Set each account's fields, as one deed; accounts where nothing differs are left alone."""
    real = [
        (account, {name: value for name, value in fields.items() if value != value_of(account, name)})
        for account, fields in changes
    ]
    real = [(account, fields) for account, fields in real if fields]
    if not real:
        return None
    check_may_set(by, {name for _account, fields in real for name in fields})
    deed = _deed(by=by, verb=verb, count=len(real))
    lines = (
        (
            deed.pk,
            account.pk,
            json.dumps({name: value_of(account, name) for name in fields}),
            json.dumps(fields),
        )
        for account, fields in real
    )
    copy_rows(RevisionLine._meta.db_table, ("deed_id", "account_id", "before", "after"), list(lines))
    write_fields(changes=real)
    names = sorted({name for _account, fields in real for name in fields})
    write_audit(
        by=by,
        verb=verb,
        subject=("account", real[0][0].key if len(real) == 1 else f"{len(real)} accounts"),
        door=door,
        deed=deed.pk,
        fields=names,
        accounts=[account.key for account, _fields in real[:100]],
    )
    return deed


def check_may_set(by: Principal, names: Collection[str]) -> None:
    """Whose an account is changes by who may hand accounts over alone, whichever deed would change it."""
    if {"owner", "department"} & set(names):
        check_may(by, "hand accounts over")


def _deed(*, by: Principal, verb: str, count: int) -> Revision:
    return Revision.objects.create(
        verb=verb,
        by=by if isinstance(by, User) else None,
        principal=str(by),
        at=timezone.now(),
        accounts=count,
    )


def note_creation(*, by: Principal, account: Account, said: Mapping[str, Any], door: str) -> None:
    """The deed and the audit line of a new account."""
    deed = _deed(by=by, verb=Revision.Verb.CREATE, count=1)
    RevisionLine.objects.create(deed=deed, account=account, before={}, after=dict(said))
    write_audit(by=by, verb="create", subject=("account", account.key), door=door, name=account.name)


def write_fields(*, changes: Sequence[tuple[Account, Mapping[str, Any]]]) -> None:
    """Set fields in one statement, with what hangs on them: version, search text, who set what."""
    names = sorted({name for _account, fields in changes for name in fields})
    written = [name for name in names if name != "pinyin"]
    columns = {
        "id": "bigint",
        **{column(name): TYPES.get(name, "text") for name in written},
        "pinyin": "text",
        "search": "text",
        "edited": "jsonb",
    }
    rows = (_row(account, fields, written) for account, fields in changes)
    setting = ", ".join(f"{name} = c.{name}" for name in columns if name != "id")
    with passing_table("changed", columns, rows), connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {TABLE} a SET {setting}, version = a.version + 1, touched_at = now() "  # noqa: S608
            "FROM changed c WHERE a.id = c.id"
        )


def _row(account: Account, fields: Mapping[str, Any], written: Sequence[str]) -> tuple[Any, ...]:
    now = {name: fields.get(name, value_of(account, name)) for name in written}
    edited = sorted({*account.edited, *(name for name in fields if name != "archived_at")})
    by_hand = fields.get("pinyin", account.pinyin if "pinyin" in account.edited else "")
    sort, search = search_of(
        fields.get("name", account.name),
        fields.get("short_name", account.short_name),
        account.key,
        by_hand=by_hand,
    )
    if "pinyin" in edited and not by_hand:
        edited.remove("pinyin")
    return (account.pk, *now.values(), sort, search, json.dumps(edited))


def search_of(name: str, short_name: str, key: str, *, by_hand: str = "") -> tuple[str, str]:
    """(pinyin to sort by, text to search in); what a person wrote of the pinyin counts before our reading."""
    heard = spoken(name, short_name)
    if not by_hand:
        return heard.sort, f"{heard.search}\n{key.lower()}"
    parts = by_hand.split()
    return by_hand, "\n".join([heard.search, "".join(parts), "".join(part[0] for part in parts), key.lower()])


def lock_the_tree() -> None:
    """Who moves an account in its group waits for others who do, so that two moves close no circle."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [TREE_LOCK])
