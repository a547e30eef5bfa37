"""What groups of companies brought, as far as a reader may see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Case, Value, When

from changqing.accounts.models import LIVE, Account
from changqing.accounts.queries import Part, rule_for, sight_of
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
    near, values = _in_groups(to)
    query = (
        f"WITH RECURSIVE near (id, parent_id, seen, money, margins) AS ({near}), "
        "tree AS (SELECT near.*, id AS root, 0 AS depth FROM near WHERE parent_id IS NULL UNION ALL "
        "SELECT near.*, tree.root, depth + 1 FROM near JOIN tree ON near.parent_id = tree.id), "
        "sums AS (SELECT (array_agg(id ORDER BY depth, id) FILTER (WHERE seen))[1] AS top, "
        "count(*) FILTER (WHERE seen) AS seen, CASE WHEN count(*) FILTER (WHERE NOT seen) >= %s "
        "THEN count(*) FILTER (WHERE NOT seen) ELSE 0 END AS hidden, "
        "sum(t.revenue) FILTER (WHERE money) AS revenue, sum(t.margin) FILTER (WHERE margins) AS margin, "
        "bool_and(margins) FILTER (WHERE seen) AS sees_every_margin FROM tree "
        f"LEFT JOIN {AccountTotals._meta.db_table} t ON t.account_id = tree.id GROUP BY root) "
        "SELECT *, count(*) OVER () FROM sums WHERE seen > 0 AND seen + hidden > 1 "
        "ORDER BY revenue DESC NULLS LAST, top LIMIT %s OFFSET %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(query, [*values, FEWEST_HIDDEN, limit, offset])
        rows = cursor.fetchall()
    return [GroupSum(*row[:6]) for row in rows], rows[0][6] if rows else 0


def _in_groups(to: Principal) -> tuple[str, tuple[Any, ...]]:
    """The accounts that have others above or below them, as a query with its values: who stands above, and
    whether ``to`` sees the account, its revenue and its margin."""
    seen = {
        name: Case(When(rule_for(to, part), then=Value(True)), default=Value(False))
        for name, part in (("seen", Part.BASIC), ("money", Part.REVENUE), ("margins", Part.MARGIN))
    }
    below = Account.objects.filter(parent__isnull=False)
    tops = Account.objects.filter(parent__isnull=True, pk__in=below.values("parent"))
    both = [rows.filter(LIVE).annotate(**seen).values_list("pk", "parent", *seen) for rows in (below, tops)]
    return both[0].union(both[1], all=True).query.sql_with_params()
