"""What a list tells of each of its accounts, asked for all rows of a page at once.

Which accounts a reader sees, and how far, is told by ``sight`` of what was read, once for each row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Sum, Value
from django.db.models.functions import Coalesce, NullIf

from changqing.accounts.models import Account
from changqing.accounts.queries import Part, Sight, sight_of
from changqing.base.compiled import DAY, NUMBERS, WORD, Compiled
from changqing.ledger.models import AccountMonth
from changqing.people.permissions import Principal
from changqing.value.models import AccountRank, Ranking
from changqing.value.queries.places import RankedAccount, ranked


class RowOfList(NamedTuple):
    """What a list tells of an account by itself; and, named as the account names it, by what one sees it."""

    pk: int
    key: str
    name: str
    industry: str
    region: str
    tags: list[str]
    archived_at: datetime | None
    withdrawn: bool
    merged_into_id: int | None
    is_sealed: bool
    department_id: int | None
    owner_id: int | None
    backup_id: int | None
    owner: str | None
    department: str | None
    last_day: date | None


ROWS: Compiled[tuple[Any, ...]] = Compiled(
    lambda ids: Account.objects.filter(pk__among=ids).values_list(
        *RowOfList._fields[:-3],
        Coalesce(NullIf("owner__full_name", Value("")), "owner__username"),
        "department__name",
        "totals__last_day",
    ),
    NUMBERS,
)
PLACES = Compiled(
    lambda period, ids: AccountRank.objects.filter(period=period, account__pk__among=ids), WORD, NUMBERS
)
MONTHS: Compiled[tuple[int, date, Decimal]] = Compiled(
    lambda ids, since: (
        AccountMonth.objects.filter(account__pk__among=ids, month__gte=since)
        .values_list("account_id", "month")
        .annotate(Sum("revenue"))
    ),
    NUMBERS,
    DAY,
)


def rows_of(to: Principal, ids: Sequence[int]) -> tuple[dict[int, RowOfList], dict[int, Sight]]:
    """Those of the accounts ``ids`` that ``to`` may see, and how far."""
    found: list[Any] = [RowOfList(*row) for row in ROWS(ids)]
    sights = sight_of(to, found)
    seen = {pk: each for pk, each in sights.items() if each.reads(Part.BASIC)}
    return {row.pk: row for row in found if row.pk in seen}, seen


def places_among(seen: Mapping[int, Sight], ranking: Ranking | None) -> dict[int, RankedAccount]:
    """The places that may be read of the accounts ``seen``, by account; margin only where it is due."""
    ids = _those_with(seen, Part.REVENUE)
    if ranking is None or not ids:
        return {}
    rows = PLACES(ranking.period, ids)
    for row in rows:
        if not seen[row.account_id].reads(Part.MARGIN):
            row.margin = None
    return ranked(ranking, rows)


def monthly_revenue(seen: Mapping[int, Sight], since: date) -> dict[int, dict[date, Decimal]]:
    """Revenue by month from ``since`` on of those ``seen`` whose revenue may be read, by account."""
    found: dict[int, dict[date, Decimal]] = {}
    for account, month, revenue in MONTHS(_those_with(seen, Part.REVENUE), since):
        found.setdefault(account, {})[month] = revenue
    return found


def _those_with(seen: Mapping[int, Sight], part: Part) -> list[int]:
    return [pk for pk, each in seen.items() if each.reads(part)]
