"""The essentials of one account, for the panel beside a list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.conf import settings

from changqing.accounts.queries import Account, Contact, Part, account_by_key, contacts_of, sight
from changqing.ledger.queries import as_of, totals_of
from changqing.people.permissions import Principal
from changqing.reports.worth import Judged, judged, tier_name
from changqing.retention.queries import ACTIVE, AccountWarning, warnings_of
from changqing.value.queries import places_of

PEOPLE = 4


@dataclass(frozen=True, kw_only=True)
class Peek:
    """``hidden`` parts are not this reader's to see; their figures are None."""

    account: Account
    hidden: frozenset[Part]
    judged: Judged
    tier: str
    revenue: Decimal | None
    last_day: date | None
    days: int | None
    warnings: list[AccountWarning]
    people: list[Contact]
    currency: str


def peek(to: Principal, key: str) -> Peek | None:
    """What to know of account ``key`` at a glance; None when ``to`` may not see it."""
    account = account_by_key(to, key)
    if account is None:
        return None
    seen, found, last = sight(to, account), judged(to, account), as_of()
    totals, place = totals_of(to, account), places_of(to, account).get("12m")
    standing = found.standing
    return Peek(
        account=account,
        hidden=frozenset(Part) - seen.parts,
        judged=found,
        tier=tier_name(standing.scheme, standing.tier) if standing else "",
        revenue=place.revenue if place else None,
        last_day=totals.last_day if totals else None,
        days=(last - totals.last_day).days if totals and last else None,
        warnings=[row for row in warnings_of(to, account) if row.state in ACTIVE and row.state != "unreal"],
        people=[one for one in contacts_of(to, account) if not one.until or not last or one.until >= last][
            :PEOPLE
        ],
        currency=settings.BOOK_CURRENCY,
    )
