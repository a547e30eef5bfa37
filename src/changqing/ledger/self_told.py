"""What the book says of itself: its lines by month, and those a person should look at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.conf import settings

from changqing.accounts.models import Account
from changqing.accounts.queries import Part, rule_for, visible_to
from changqing.base.packs import Method, Pack, parse
from changqing.ledger.models import Import
from changqing.ledger.queries import fetched, owned_lines
from changqing.ledger.rules.book import BookMethod
from changqing.ledger.segments import duck, literal
from changqing.people.permissions import Principal, operator
from changqing.records.queries import method_in_force

# The packs that this room judges by.
PACKS: dict[str, type[Method]] = {"book": BookMethod}
#: what a line may lack or bear, as a condition on it; only the second column may be asked for by name
LACKS: dict[str, str] = {
    "no_cost": "amount IS NOT NULL AND cost IS NULL",
    "no_family": "family = ''",
    "other_currency": f"currency IS NOT NULL AND currency <> {literal(settings.BOOK_CURRENCY)}",
    "no_rate": "amount IS NULL",
}


@lru_cache(maxsize=8)
def _pack(version: int, text: str) -> Pack[BookMethod]:
    return parse("book", text, BookMethod, version=version)


def book_pack() -> Pack[BookMethod]:
    """The thresholds in force, with their version."""
    version = method_in_force("book")
    return _pack(version.version, version.text)


@dataclass(frozen=True)
class BookMonth:
    """Order lines of one month: how many, their money, of how many accounts, and how many lack what."""

    month: date
    lines: int
    amount: Decimal
    accounts: int
    lacking: dict[str, int]


@dataclass(frozen=True)
class BookLine:
    """One order line as it came, in its own currency."""

    account: int
    day: date
    order_no: str | None
    product: str
    amount: Decimal | None
    currency: str
    import_number: int | None
    file_row: int


def _in_view(to: Principal, part: Part) -> Iterable[int] | None:
    """The accounts whose lines may be counted; None for all, so that nothing need be listed."""
    if rule_for(to, part) == rule_for(operator(because="the whole book"), part):
        return None
    return visible_to(to, Account.objects.all(), part).values_list("pk", flat=True)


def part_of(lack: str) -> Part:
    """Which part of an account it takes to be told what lines lack."""
    return Part.MARGIN if lack == "no_cost" else Part.REVENUE


def book_months(to: Principal) -> list[BookMonth]:
    """The lines in force by month, oldest first, over the accounts in view, in one reading of the ledger."""
    counts = ", ".join(f"count(*) FILTER ({condition})" for condition in LACKS.values())
    with duck() as connection:
        lines = owned_lines(connection, _in_view(to, Part.REVENUE))
        rows = connection.execute(
            "SELECT date_trunc('month', date)::DATE AS month, count(*), coalesce(sum(amount), 0), "
            f"count(DISTINCT account_id), {counts} FROM {lines} GROUP BY 1 ORDER BY 1"
        ).fetchall()
    return [BookMonth(row[0], row[1], row[2], row[3], dict(zip(LACKS, row[4:], strict=True))) for row in rows]


def book_lines(
    to: Principal, *, lack: str = "", month: date | None = None, limit: int = 50, offset: int = 0
) -> tuple[list[BookLine], int]:
    """Lines in view that lack something, or all of a month, the largest first, and how many there are.

    KeyError for a lack there is not.
    """
    condition = LACKS[lack] if lack else "true"
    values: list[Any] = [month]
    where = f"WHERE {condition} AND ($1 IS NULL OR date_trunc('month', date) = $1)"
    with duck() as connection:
        lines = owned_lines(connection, _in_view(to, part_of(lack)))
        total = fetched(connection, f"SELECT count(*) FROM {lines} {where}", values)[0]
        rows = connection.execute(
            "SELECT account_id, date, order_no, coalesce(nullif(known_name, ''), product, ''), "
            f"stated_amount, coalesce(currency, {literal(settings.BOOK_CURRENCY)}), import_id, file_row "
            f"FROM {lines} {where} ORDER BY abs(stated_amount) DESC, import_id, file_row LIMIT $2 OFFSET $3",
            [*values, limit, offset],
        ).fetchall()
    numbers = dict(Import.objects.filter(pk__in={row[6] for row in rows}).values_list("pk", "number"))
    return [BookLine(*(*row[:6], numbers.get(row[6]), row[7])) for row in rows], total
