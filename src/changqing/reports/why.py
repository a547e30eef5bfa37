"""Why an account has its colour: each signal that is looked at, what is usual, and what was decided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from changqing.accounts.queries import Account, Part, account_by_key, sight
from changqing.base.refused import Refused
from changqing.ledger.queries import as_of
from changqing.people.permissions import Principal, may
from changqing.retention.queries import ACTIVE, AccountWarning, warnings_of
from changqing.value.queries.worth import AccountRhythm, rhythm_row


@dataclass(frozen=True, kw_only=True)
class WhyPage:
    """``active`` are warnings that are not over, ``past`` the others; ``rhythm`` what is usual here."""

    account: Account
    today: date
    as_of: date | None
    active: list[AccountWarning]
    past: list[AccountWarning]
    rhythm: AccountRhythm | None
    sees_money: bool
    may_answer: bool
    currency: str

    @property
    def open(self) -> list[AccountWarning]:
        """What counts now: not what people found to be unreal."""
        return [row for row in self.active if row.state != AccountWarning.State.UNREAL]


def why_page(to: Principal, key: str, *, today: date) -> WhyPage | None:
    """The signals of account ``key``; None when ``to`` may not see it, Refused when not what is judged."""
    account = account_by_key(to, key)
    if account is None:
        return None
    sees = sight(to, account)
    if not sees.reads(Part.SCORE):
        raise Refused(_("您看不到这家客户的等级和预警。需要的话，请客户负责人为您申请。"))
    last, rows = as_of(), warnings_of(to, account)
    return WhyPage(
        account=account,
        today=last or today,
        as_of=last,
        active=[row for row in rows if row.state in ACTIVE],
        past=[row for row in rows if row.state not in ACTIVE],
        rhythm=rhythm_row(to, account),
        sees_money=sees.reads(Part.MARGIN),
        may_answer=may(to, "answer warnings"),
        currency=settings.BOOK_CURRENCY,
    )


def warnings_json(to: Principal, account: Account) -> list[dict[str, Any]]:
    """What ``changqing account KEY --json`` says of warnings: those that are not over."""
    return [
        {
            "cause": row.cause,
            "state": row.state,
            "is_red": row.is_red,
            "first_seen": row.first_seen.isoformat(),
            "last_seen": row.last_seen.isoformat(),
            "until": row.until.isoformat(),
            "seen": row.seen,
            "usual": row.usual,
            "chance": row.chance,
            "allowed": row.allowed,
            "samples": row.samples,
            "at_stake": getattr(row, "stake", None),
            "method": str(row.method),
        }
        for row in warnings_of(to, account)
        if row.state in ACTIVE
    ]
