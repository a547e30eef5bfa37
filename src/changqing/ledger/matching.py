"""Customers that a source names and nobody told us of: which account each most likely is, and saying so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
from django.utils.translation import gettext as _

from changqing.accounts.models import Account
from changqing.accounts.queries import visible_to
from changqing.accounts.rules import plain_name
from changqing.base.refused import Refused
from changqing.ledger.models import CustomerKey, FileKind, Source
from changqing.ledger.owners import say_of_accounts
from changqing.ledger.queries import standing
from changqing.ledger.rollups import refresh_all
from changqing.ledger.segments import duck
from changqing.people.permissions import Principal, check_may

# Less alike than this is no suggestion.
LEAST_LIKENESS = 0.75
SUGGESTIONS = 3
# Two names that sound alike are less telling than two that are written alike.
BY_SOUND = 0.95
# A code says more than a name once it is this long.
LONG_CODE = 4


@dataclass(frozen=True)
class Suggestion:
    """An account that a customer may be, and how alike they are, 0 to 1."""

    account_id: int
    key: str
    name: str
    likeness: float


@dataclass(frozen=True)
class Stranger:
    """A source's customer for whom an account was made because a file named it; no file of accounts did."""

    pk: int
    source: str
    key: str
    name: str
    suggestions: list[Suggestion] = field(default_factory=list)


def strangers(to: Principal, *, offset: int = 0, limit: int = 50) -> tuple[list[Stranger], int]:
    """A page of them, newest first, each with the likeliest accounts; and how many there are."""
    check_may(to, "bring in files")
    told = _told_of()
    rows = [
        row
        for row in CustomerKey.objects.filter(account__withdrawn=False, made__isnull=False)
        .order_by("-pk")
        .values_list("pk", "source_id", "source__code", "key", "account_id", "made_id", "account__name")
        if row[4] == row[5] and (row[1], row[3]) not in told
    ]
    shown = rows[offset : offset + limit]
    found = _suggestions(to, {pk: (key, name, own) for pk, _s, _c, key, own, _m, name in shown})
    return [
        Stranger(pk, code, key, name, found.get(pk, []))
        for pk, _source, code, key, _own, _made, name in shown
    ], len(rows)


def _told_of() -> set[tuple[int, str]]:
    """(source, customer key) that a file of accounts in force speaks of."""
    rows = standing(FileKind.ACCOUNTS)
    if not rows:
        return set()
    with duck() as connection:
        return set(connection.execute(f"SELECT source_id, key FROM {rows.sql()}").fetchall())


def _suggestions(to: Principal, wanted: Mapping[int, tuple[str, str, int]]) -> dict[int, list[Suggestion]]:
    """For customers (id → key, name, own account): the likeliest other accounts, by code, name and sound."""
    if not wanted:
        return {}
    accounts = visible_to(to, Account.objects.filter(withdrawn=False))
    rows = list(accounts.values_list("pk", "key", "name", "pinyin"))
    sounds = {pk: pinyin for pk, _key, _name, pinyin in rows}
    with duck() as connection:
        connection.register(
            "candidates",
            pa.table(
                {
                    "pk": pa.array([row[0] for row in rows], pa.int64()),
                    "code": pa.array([row[1] for row in rows], pa.string()),
                    "name": pa.array([row[2] for row in rows], pa.string()),
                    "plain": pa.array([plain_name(row[2]) for row in rows], pa.string()),
                    "sound": pa.array([row[3] for row in rows], pa.string()),
                }
            ),
        )
        connection.register(
            "strangers",
            pa.table(
                {
                    "id": pa.array(list(wanted), pa.int64()),
                    "code": pa.array([key for key, _name, _own in wanted.values()], pa.string()),
                    "plain": pa.array(
                        [plain_name(name) for _key, name, _own in wanted.values()], pa.string()
                    ),
                    "sound": pa.array([sounds.get(own, "") for _k, _n, own in wanted.values()], pa.string()),
                    "own": pa.array([own for _key, _name, own in wanted.values()], pa.int64()),
                }
            ),
        )
        found = connection.execute(_ALIKE, [LEAST_LIKENESS, SUGGESTIONS]).fetchall()
    suggested: dict[int, list[Suggestion]] = {}
    for stranger, pk, key, name, likeness in found:
        suggested.setdefault(stranger, []).append(Suggestion(pk, key, name, likeness))
    return suggested


_ALIKE = f"""
WITH pairs AS (
    SELECT s.id, c.pk, c.code, c.name, greatest(
        CASE WHEN strlen(s.code) >= {LONG_CODE} AND upper(s.code) = upper(c.code) THEN 1.0 ELSE 0.0 END,
        CASE WHEN s.plain = '' OR c.plain = '' THEN 0.0 ELSE jaro_winkler_similarity(s.plain, c.plain) END,
        CASE WHEN length(s.plain) >= 3 AND (contains(c.plain, s.plain) OR
             length(c.plain) >= 3 AND contains(s.plain, c.plain)) THEN 0.9 ELSE 0.0 END,
        CASE WHEN s.sound = '' OR c.sound = '' THEN 0.0
             ELSE {BY_SOUND} * jaro_winkler_similarity(s.sound, c.sound) END
    ) AS likeness
    FROM strangers s JOIN candidates c ON s.own <> c.pk
)
SELECT id, pk, code, name, likeness FROM pairs WHERE likeness >= $1
QUALIFY row_number() OVER (PARTITION BY id ORDER BY likeness DESC, pk) <= $2
ORDER BY id, likeness DESC, pk
"""


def customers_with_ids(to: Principal, ids: Sequence[int]) -> dict[int, CustomerKey]:
    check_may(to, "bring in files")
    return CustomerKey.objects.select_related("source", "account").in_bulk(ids)


def match(*, source: Source, accounts: Mapping[str, Account]) -> tuple[set[int], list[str]]:
    """Say of ``source``'s customers (key → account) whose they are; the ledger itself is not rewritten.

    In the caller's transaction, under the book's lock. (accounts touched, those whose parents form a circle)
    """
    rows = {row.key: row for row in CustomerKey.objects.filter(source=source, key__in=accounts)}
    for key in accounts:
        if key not in rows:
            raise Refused(_("来源 %(source)s 里没有客户 %(key)s。") % {"source": source.code, "key": key})
    touched = {row.account_id for row in rows.values()} | {account.pk for account in accounts.values()}
    for key, account in accounts.items():
        rows[key].account = account
    CustomerKey.objects.bulk_update(rows.values(), ["account"], batch_size=1_000)
    with duck() as connection:
        refresh_all(connection, touched)
        circles = say_of_accounts(connection, touched)
    return touched, circles
