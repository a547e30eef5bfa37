"""Today: at most twelve things worth doing, ranked by money × urgency, and what was promised."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings

from changqing.accounts.rights import reads_anywhere
from changqing.dossier.queries.handover import HandoverRequest, handovers_to_answer
from changqing.ledger.queries import as_of
from changqing.people.permissions import Part, Principal, may
from changqing.retention.queries import (
    AccountWarning,
    Waiting,
    how_much_waits,
    promised,
    warnings_method,
    with_keys,
)


@dataclass(frozen=True, kw_only=True)
class TodayPage:
    """``groups`` are (name, items): due now, this week, later. ``unshown`` wait but are lighter."""

    today: date
    as_of: date | None
    groups: list[tuple[str, list[AccountWarning]]]
    shown: int
    waiting: Waiting
    promises: list[AccountWarning]
    handovers: list[HandoverRequest]
    sees_money: bool
    may_answer: bool
    currency: str

    @property
    def unshown(self) -> int:
        return self.waiting.warnings - self.shown


def today_page(to: Principal, *, today: date) -> TodayPage:
    """What needs ``to`` today. Warnings are dated by the book's last day, so that is the day that counts
    for what is due; ``today`` only where there is no book."""
    day = as_of() or today
    # without a book there is nothing to warn of, and perhaps no method yet
    waiting = how_much_waits(to, day, most=int(warnings_method().today.most.value) if as_of() else 0)
    items = with_keys(to, waiting.first)
    week = day + timedelta(days=7)
    groups = [
        ("now", [item for item in items if item.until <= day + timedelta(days=1)]),
        ("week", [item for item in items if day + timedelta(days=1) < item.until <= week]),
        ("later", [item for item in items if item.until > week]),
    ]
    return TodayPage(
        today=day,
        as_of=as_of(),
        groups=[(name, found) for name, found in groups if found],
        shown=len(items),
        waiting=waiting,
        promises=promised(to, day),
        handovers=handovers_to_answer(to),
        sees_money=reads_anywhere(to, Part.MARGIN),
        may_answer=may(to, "answer warnings"),
        currency=settings.BOOK_CURRENCY,
    )
