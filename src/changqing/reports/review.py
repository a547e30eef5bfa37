"""The review room: accounts worth ten minutes, with their trend, and what was decided about them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.conf import settings

from changqing.accounts.queries import sight_of
from changqing.ledger.queries import as_of
from changqing.people.permissions import Principal, may
from changqing.people.queries import colleagues
from changqing.planning.queries import (
    Review,
    ReviewDecision,
    decided_in,
    last_decided,
    open_review,
    still_to_do,
    taken,
)
from changqing.reports.months import change, whole_months
from changqing.retention.queries import AccountWarning, most_pressing
from changqing.value.queries import monthly_revenue
from changqing.value.queries.methods import methods_in_force
from changqing.value.queries.worth import (
    AccountStanding,
    AccountWorth,
    losing_most,
    profits_of,
    standings_to_review,
)
from changqing.value.rules.schemes import Scheme

YEAR, LISTED = 12, 40


@dataclass(frozen=True, kw_only=True)
class ReviewRow:
    """One account as it stands before the reviewer; ``months`` are the last 24 whole ones."""

    standing: AccountStanding
    months: tuple[Decimal, ...]
    revenue: Decimal | None
    change: float | None
    worth: AccountWorth | None
    warning: AccountWarning | None
    decision: ReviewDecision | None
    before: ReviewDecision | None


@dataclass(frozen=True, kw_only=True)
class ReviewPage:
    """``rows`` are there for who may review; ``to_do`` and ``done`` for everybody, over their accounts."""

    as_of: date | None
    review: Review | None
    rows: list[ReviewRow]
    to_do: list[ReviewDecision]
    done: list[ReviewDecision]
    may_review: bool
    scheme: Scheme
    colleagues: list[tuple[int, str]]
    currency: str

    @property
    def decided(self) -> int:
        return sum(row.decision is not None for row in self.rows)


def review_page(to: Principal) -> ReviewPage:
    """All that the review room shows ``to``, in a constant number of queries."""
    may_review, last = may(to, "review accounts"), as_of()
    review = open_review(to)
    return ReviewPage(
        as_of=last,
        review=review,
        rows=_rows(to, review, last) if may_review and last else [],
        to_do=still_to_do(to),
        done=taken(to, limit=20),
        may_review=may_review,
        scheme=methods_in_force().tiers.governs,
        colleagues=colleagues() if may_review else [],
        currency=settings.BOOK_CURRENCY,
    )


def _rows(to: Principal, review: Review | None, last: date) -> list[ReviewRow]:
    pressing = most_pressing(to, limit=LISTED // 2)
    also = [*pressing, *losing_most(to, limit=LISTED // 4)]
    standings = standings_to_review(to, also, limit=LISTED)
    accounts = [row.account for row in standings]
    ids = [account.pk for account in accounts]
    whole = whole_months(last, 2 * YEAR)
    money = monthly_revenue(sight_of(to, accounts), whole[0])
    worths, before = profits_of(to, ids), last_decided(to, ids)
    decided = decided_in(to, review) if review else {}
    rows = []
    for row in standings:
        by_month = money.get(row.account_id)
        months = tuple(by_month.get(month, Decimal(0)) for month in whole) if by_month else ()
        now, then = sum(months[YEAR:], Decimal(0)), sum(months[:YEAR], Decimal(0))
        rows.append(
            ReviewRow(
                standing=row,
                months=months,
                revenue=now if by_month is not None else None,
                change=change(now, then) if months else None,
                worth=worths.get(row.account_id),
                warning=pressing.get(row.account_id),
                decision=decided.get(row.account_id),
                before=before.get(row.account_id),
            )
        )
    return rows
