"""A review decides about an account; a step down that waits for approval is answered by the same word."""

from __future__ import annotations

from datetime import date

from django.db import transaction

from changqing.journeys.decide_tiers import account_named
from changqing.ledger.queries import as_of
from changqing.people.permissions import may
from changqing.people.queries import User, user_with_id
from changqing.planning import actions as planning
from changqing.planning.queries import ReviewDecision
from changqing.value.actions.tiers import answer_proposal
from changqing.value.queries.worth import standing_of


@transaction.atomic
def decide(
    *, by: User, key: str, verdict: str, because: str, step: str, owner: int, until: date | None, today: date
) -> ReviewDecision:
    """Decide about account ``key``: keep refuses a proposed step down, lower approves it."""
    account = account_named(by, key)
    standing = standing_of(by, account)
    made = planning.decide(
        by=by,
        account=account,
        verdict=verdict,
        because=because,
        step=step,
        owner=user_with_id(owner),
        until=until,
        today=today,
        tier=standing.tier if standing else "",
        as_of=as_of(),
    )
    if standing is not None and standing.proposed and verdict != "raise" and may(by, "decide tiers"):
        answer_proposal(by=by, account=account, approve=verdict == "lower", reason=made.because)
    return made
