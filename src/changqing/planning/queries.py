"""Questions about reviews: the open one of a person, decisions taken and what of them is still to do."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from django.db.models import F, QuerySet

from changqing.accounts.rights import visible_to
from changqing.people.models import User
from changqing.people.permissions import Principal
from changqing.planning.models import Review as Review
from changqing.planning.models import ReviewDecision as ReviewDecision


def open_review(of: Principal) -> Review | None:
    """The review that ``of`` has opened and not closed."""
    return Review.objects.filter(by=of, closed_on=None).first() if isinstance(of, User) else None


def _decisions(to: Principal) -> QuerySet[ReviewDecision]:
    rows = visible_to(to, ReviewDecision.objects.all())
    return rows.select_related("account", "owner", "by", "review")


def decision_with_id(to: Principal, pk: int) -> ReviewDecision | None:
    return _decisions(to).filter(pk=pk).first()


def decided_in(to: Principal, review: Review) -> dict[int, ReviewDecision]:
    """What ``review`` has decided so far, by account."""
    return {row.account_id: row for row in _decisions(to).filter(review=review)}


def last_decided(to: Principal, accounts: Collection[int]) -> dict[int, ReviewDecision]:
    """The newest decision about each of ``accounts``."""
    rows = _decisions(to).filter(account__in=accounts).order_by("account", "-at").distinct("account")
    return {row.account_id: row for row in rows}


def still_to_do(to: Principal, *, limit: int = 50) -> list[ReviewDecision]:
    """Next steps nobody has finished, the soonest first."""
    return list(_decisions(to).filter(done_on=None).order_by("until", "pk")[:limit])


def taken(to: Principal, *, limit: int = 50) -> list[ReviewDecision]:
    """Decisions whose next step is done, the newest first."""
    return list(_decisions(to).exclude(done_on=None).order_by(F("done_on").desc(), "-pk")[:limit])


def overdue_count(to: Principal, today: date) -> int:
    return _decisions(to).filter(done_on=None, until__lt=today).count()
