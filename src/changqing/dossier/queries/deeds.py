"""What was done to accounts, by whom, and what can be undone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from changqing.accounts.models import Account
from changqing.accounts.queries import seen_rows, visible_to
from changqing.base.compiled import Compiled
from changqing.dossier.models import Revision, RevisionLine
from changqing.people.permissions import Principal


@dataclass(frozen=True)
class LastDeed:
    who: str
    at: datetime


@dataclass(frozen=True)
class PastDeed:
    """One deed as the history of an account shows it."""

    deed: Revision
    who: str
    before: dict[str, Any]
    after: dict[str, Any]


def last_deed_on(account: Account) -> LastDeed | None:
    """Who changed ``account`` last, and when."""
    line = RevisionLine.objects.filter(account=account).select_related("deed__by").order_by("-deed").first()
    return LastDeed(str(line.deed.by or line.deed.principal), line.deed.at) if line else None


LINES = Compiled(
    lambda account: (
        RevisionLine.objects.filter(account=account).select_related("deed__by").order_by("-deed")[:20]
    )
)


def deeds_on(to: Principal, account: Account) -> list[PastDeed]:
    """The newest deeds on ``account`` that ``to`` may see."""
    return [
        PastDeed(line.deed, str(line.deed.by or line.deed.principal), line.before, line.after)
        for line in seen_rows(to, account, LINES)
    ]


def deed_with_id(to: Principal, pk: int) -> Revision | None:
    """The deed ``pk`` when ``to`` may see an account that it touched."""
    line = visible_to(to, RevisionLine.objects.filter(deed=pk)).select_related("deed").first()
    return line.deed if line else None
