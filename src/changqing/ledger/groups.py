"""What groups of companies brought, as far as a reader may see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection

from changqing.accounts.models import Account
from changqing.accounts.queries import Part, ids_in_sql, sight_of, visible_to
from changqing.ledger.models import AccountTotals
from changqing.people.permissions import FEWEST_HIDDEN, Principal


def money_at(
    to: Principal, among: Mapping[int, Account]
) -> tuple[dict[int, Decimal], dict[int, Decimal | None]]:
    """(revenue, margin) over all time of the accounts ``among``, each as far as ``to`` may see it."""
    seen = sight_of(to, among.values())
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT account_id, revenue, margin "
            f"FROM {AccountTotals._meta.db_table} WHERE account_id = ANY(%s)",
            [list(among)],
        )
        rows = cursor.fetchall()
    return (
        {pk: revenue for pk, revenue, _margin in rows if seen[pk].reads(Part.REVENUE)},
        {pk: margin for pk, _revenue, margin in rows if seen[pk].reads(Part.MARGIN)},
    )


@dataclass(frozen=True)
class GroupSum:
    """A group of companies: how many are seen and what they brought; ``top`` is the uppermost of them.

    ``hidden`` counts the others, and is 0 where they are so few that their number would give them away.
    """

    top: int
    seen: int
    hidden: int
    revenue: Decimal | None
    margin: Decimal | None
    sees_every_margin: bool


def group_sums(to: Principal, *, limit: int, offset: int = 0) -> tuple[list[GroupSum], int]:
    """Groups of two companies and more by what ``to`` may see of them, the largest first; how many.

    A group of one seen company and few others is none to this reader.
    """
    a, t = Account._meta.db_table, AccountTotals._meta.db_table

    def sql_of(*parts: Part) -> tuple[str, tuple[Any, ...]]:
        return ids_in_sql(visible_to(to, Account.objects.all(), *parts))

    (seen, one), (money, two), (margin, three) = sql_of(), sql_of(Part.REVENUE), sql_of(Part.MARGIN)
    query = (
        "WITH RECURSIVE tree AS ("
        f"SELECT id, id AS root, 0 AS depth FROM {a} "
        "WHERE parent_id IS NULL AND NOT withdrawn AND merged_into_id IS NULL "
        f"AND id IN (SELECT parent_id FROM {a} WHERE parent_id IS NOT NULL) UNION ALL "
        f"SELECT a.id, tree.root, depth + 1 FROM {a} a JOIN tree ON a.parent_id = tree.id "
        "WHERE NOT a.withdrawn AND a.merged_into_id IS NULL), "
        f"seen (id) AS ({seen}), money (id) AS ({money}), margins (id) AS ({margin}), "
        "sums AS (SELECT (array_agg(seen.id ORDER BY depth, seen.id) FILTER (WHERE seen.id IS NOT NULL))[1] "
        "AS top, count(seen.id) AS seen, CASE WHEN count(*) - count(seen.id) >= %s "
        "THEN count(*) - count(seen.id) ELSE 0 END AS hidden, "
        "sum(t.revenue) FILTER (WHERE money.id IS NOT NULL) AS revenue, "
        "sum(t.margin) FILTER (WHERE margins.id IS NOT NULL) AS margin, "
        "bool_and(margins.id IS NOT NULL) FILTER (WHERE seen.id IS NOT NULL) AS sees_every_margin "
        "FROM tree LEFT JOIN seen USING (id) LEFT JOIN money USING (id) LEFT JOIN margins USING (id) "
        f"LEFT JOIN {t} t ON t.account_id = tree.id GROUP BY root) "
        "SELECT *, count(*) OVER () FROM sums WHERE seen > 0 AND seen + hidden > 1 "
        "ORDER BY revenue DESC NULLS LAST, top LIMIT %s OFFSET %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(query, [*one, *two, *three, FEWEST_HIDDEN, limit, offset])
        rows = cursor.fetchall()
    return [GroupSum(*row[:6]) for row in rows], rows[0][6] if rows else 0
