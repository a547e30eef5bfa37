"""One account's history as arrays, for a page that opens a figure to its arithmetic."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from changqing.accounts.models import Account
from changqing.accounts.queries import Part, sight
from changqing.base.once import once
from changqing.ledger.columns import day_columns, flow_columns
from changqing.people.permissions import Principal
from changqing.value.rules.facts import Histories


@once
def book_of_account(to: Principal, account: Account, *, with_flows: bool = True) -> Histories | None:
    """The days of ``account`` up to now; money of it only where ``to`` may see margins, else zeros."""
    days = day_columns([account.pk])
    if not days.accounts.size:
        return None
    sees_money = sight(to, account).reads(Part.MARGIN)
    flows = flow_columns([account.pk]) if sees_money and with_flows else None
    nothing = np.zeros(days.days.shape)
    book = Histories(
        accounts=days.accounts,
        of=days.of,
        days=days.days,
        revenue=days.revenue if sees_money else nothing,
        margin=days.margin if sees_money else nothing,
        without_cost=days.without_cost if sees_money else nothing,
        returned=days.returned if sees_money else nothing,
        bought=days.bought,
        families=np.full((1, 2), np.nan),
    )
    if flows is None or not flows.months.size:
        return book
    return _joined(book, flows.months, flows.kinds, flows.amounts)


def _joined(book: Histories, months: NDArray[Any], kinds: NDArray[Any], amounts: NDArray[Any]) -> Histories:
    """``book`` of one account with its costs, invoices and receipts by month."""
    first, width = int(months.min()), int(months.max() - months.min()) + 1

    def by_month(*wanted: str) -> NDArray[Any]:
        these = np.isin(kinds, wanted)
        return np.bincount(months[these] - first, weights=amounts[these], minlength=width)[None, :]

    return replace(
        book,
        first_month=first,
        cost=by_month("costs"),
        invoiced=by_month("invoices", "openings"),
        received=by_month("receipts"),
    )
