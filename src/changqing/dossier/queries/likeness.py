# ruff: noqa: S608 the tables are ours, the values are the driver's to quote
"""Which accounts may be one company: by name, sound, tax number, domain. Set-based, in the database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection

from changqing.accounts.models import Account, Contact
from changqing.accounts.queries import accounts, ids_in_sql
from changqing.dossier.models import NotTheSame
from changqing.people.permissions import Principal

# Providers whose domain says nothing about the company.
PUBLIC_MAIL = (
    "qq.com", "163.com", "126.com", "139.com", "189.cn", "sina.com", "sina.cn", "sohu.com", "foxmail.com",
    "yeah.net", "aliyun.com", "21cn.com", "tom.com", "gmail.com", "outlook.com", "hotmail.com", "live.com",
    "yahoo.com", "icloud.com", "me.com", "proton.me", "protonmail.com", "gmx.de", "web.de",
)  # fmt: skip
# What each sign weighs; two that share nothing but their sound are worth a look, not more.
WEIGHTS = {"tax": 60, "name": 40, "domain": 25, "pinyin": 15}
# A sign that so many share is none: a group's mail domain, a name like 贸易公司.
MOST_SHARING = 12
LONG_ENOUGH = 3

A, C, N = Account._meta.db_table, Contact._meta.db_table, NotTheSame._meta.db_table
# Each sign as (account, value), of accounts that are there.
SIGNS = {
    "tax": f"SELECT id, upper(tax_number) AS sign FROM {A} WHERE tax_number <> '' AND {{there}}",
    "name": f"SELECT id, core_name AS sign FROM {A} WHERE {{there}}",
    "pinyin": f"SELECT id, core_sound AS sign FROM {A} WHERE {{there}}",
    "domain": (
        f"SELECT id, changqing_host(website) AS sign FROM {A} WHERE website <> '' AND {{there}} UNION "
        f"SELECT c.account_id, lower(split_part(c.email, '@', 2)) FROM {C} c "
        f"JOIN {A} a ON a.id = c.account_id "
        "WHERE c.email <> '' AND a.withdrawn = false AND a.merged_into_id IS NULL"
    ),
}  # fmt: skip
THERE = "withdrawn = false AND merged_into_id IS NULL"


@dataclass(frozen=True)
class Alike:
    """Two accounts and the signs that they share, the strongest first; ``one`` is the older."""

    one: int
    other: int
    signs: tuple[str, ...]
    weight: int


def alike_pairs(to: Principal, *, limit: int = 50, offset: int = 0) -> tuple[list[Alike], int]:
    """One page of the pairs that may be one company, the likeliest first, and how many there are."""
    seen, values = ids_in_sql(accounts(to))
    signs = " UNION ALL ".join(
        f"SELECT '{name}' AS kind, id, sign FROM ({sql.format(there=THERE)}) s" for name, sql in SIGNS.items()
    )
    query = (
        f"WITH seen (id) AS ({seen}), signs AS MATERIALIZED (SELECT kind, s.id, sign FROM ({signs}) s "
        "JOIN seen ON seen.id = s.id WHERE length(sign) >= %s AND NOT sign = ANY(%s)), "
        "shared AS (SELECT kind, array_agg(id ORDER BY id) AS ids FROM signs GROUP BY kind, sign "
        "HAVING count(*) BETWEEN 2 AND %s), "
        "pairs AS (SELECT one, other, array_agg(DISTINCT kind) AS kinds FROM shared, "
        "unnest(ids) one, unnest(ids) other WHERE one < other GROUP BY one, other), "
        f"weighed AS (SELECT one, other, kinds, {_weight('kinds')} AS weight FROM pairs) "
        "SELECT one, other, kinds, weight, count(*) OVER () FROM weighed w "
        f"WHERE NOT EXISTS (SELECT 1 FROM {N} n WHERE n.one_id = one AND n.other_id = other) "
        "ORDER BY weight DESC, one, other LIMIT %s OFFSET %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(query, [*values, LONG_ENOUGH, list(PUBLIC_MAIL), MOST_SHARING, limit, offset])
        rows = cursor.fetchall()
    return [_alike(*row[:4]) for row in rows], rows[0][4] if rows else 0


def like(to: Principal, account: Account, *, limit: int = 8) -> list[Alike]:
    """Accounts that may be the same company as ``account``, through the signs' indexes."""
    return _like(
        to, account.pk, account.name, account.pinyin, account.tax_number, _domains(account), limit=limit
    )


def like_a_new(to: Principal, *, name: str, pinyin: str, tax_number: str = "", limit: int = 8) -> list[Alike]:
    """Accounts that may be the company somebody is about to create."""
    return _like(to, 0, name, pinyin, tax_number, [], limit=limit)


def _like(
    to: Principal, pk: int, name: str, pinyin: str, tax: str, domains: list[str], *, limit: int
) -> list[Alike]:
    found = (
        f"SELECT 'tax' AS kind, id FROM {A} WHERE upper(tax_number) = upper(%s) AND tax_number <> '' "
        f"UNION ALL SELECT 'name', id FROM {A} WHERE core_name = changqing_core_name(%s) "
        f"AND length(changqing_core_name(%s)) >= {LONG_ENOUGH} "
        f"UNION ALL SELECT 'pinyin', id FROM {A} "
        "WHERE core_sound = changqing_core_sound(%s) "
        f"AND length(changqing_core_sound(%s)) >= {LONG_ENOUGH} "
        f"UNION ALL SELECT 'domain', id FROM {A} WHERE website <> '' AND changqing_host(website) = ANY(%s) "
        f"UNION ALL SELECT 'domain', account_id FROM {C} WHERE email <> '' "
        "AND lower(split_part(email, '@', 2)) = ANY(%s)"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, array_agg(DISTINCT kind) FROM ({found}) f WHERE id <> %s GROUP BY id",
            [tax, name, name, pinyin, pinyin, domains, domains, pk],
        )
        kinds = dict(cursor.fetchall())
    if not kinds:
        return []
    seen = set(accounts(to).filter(pk__in=kinds).values_list("pk", flat=True))
    said = NotTheSame.objects.filter(one__in=[pk, *seen], other__in=[pk, *seen])
    apart = {frozenset(pair) for pair in said.values_list("one", "other")}
    pairs = [
        _alike(min(pk, other), max(pk, other), kinds[other], sum(WEIGHTS[kind] for kind in kinds[other]))
        for other in seen
        if frozenset((pk, other)) not in apart
    ]
    return sorted(pairs, key=lambda pair: (-pair.weight, pair.one, pair.other))[:limit]


def _domains(account: Account) -> list[str]:
    """The domains that speak for ``account``: its website's and its people's, no public provider's."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT changqing_host(%s) UNION SELECT lower(split_part(email, '@', 2)) FROM {C} "
            "WHERE account_id = %s AND email <> ''",
            [account.website, account.pk],
        )
        found = {row[0] for row in cursor.fetchall()}
    return sorted(found - {"", *PUBLIC_MAIL})


def _alike(one: int, other: int, kinds: Iterable[str], weight: int) -> Alike:
    return Alike(one, other, tuple(sorted(kinds, key=lambda kind: -WEIGHTS[kind])), weight)


def _weight(kinds: str) -> str:
    return " + ".join(f"CASE WHEN '{kind}' = ANY({kinds}) THEN {w} ELSE 0 END" for kind, w in WEIGHTS.items())


def side_by_side(to: Principal, pairs: Iterable[Alike]) -> dict[int, Any]:
    """The accounts of ``pairs`` with owner and totals, by id, for showing them side by side."""
    ids = {pk for pair in pairs for pk in (pair.one, pair.other)}
    if not ids:
        return {}
    return {row.pk: row for row in accounts(to).filter(pk__in=ids).select_related("owner", "department")}
