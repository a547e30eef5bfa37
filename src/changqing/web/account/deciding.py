"""Judging an account in its page: traits rated, a step down answered, a tier set by hand or lifted."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from changqing.accounts.queries import Account, account_by_key
from changqing.base.refused import Refused
from changqing.journeys.decide_tiers import rate_account
from changqing.people.permissions import check_may
from changqing.people.queries import User
from changqing.value.actions.tiers import answer_proposal, lift_tier, set_tier
from changqing.web.account.value import value_part
from changqing.web.reader import reader

VERB = {"rate": "rate accounts", "set": "decide tiers", "lift": "decide tiers", "answer": "decide tiers"}


@require_POST
def judge(request: HttpRequest, deed: str, key: str) -> HttpResponse:
    """One deed; the value part comes back, with the reason where it was refused."""
    by = reader(request)
    if deed not in VERB:
        raise Http404
    check_may(by, VERB[deed])
    account = account_by_key(by, key)
    if account is None:
        raise Http404
    try:
        _done(by, account, deed, request.POST)
    except Refused as no:
        return value_part(request, key, refused=no)
    return value_part(request, key)


def _done(by: User, account: Account, deed: str, said: QueryDict) -> None:
    reason: Any = said.get("reason", "")
    if deed == "rate":
        rating = said.get("rating", "")
        rate_account(
            by=by,
            key=account.key,
            factor=said.get("factor", ""),
            rating=int(rating) if re.fullmatch(r"[0-9]", rating, re.ASCII) else 0,
            evidence=said.get("evidence", ""),
        )
    elif deed == "set":
        set_tier(
            by=by,
            account=account,
            tier=said.get("tier", ""),
            reason=reason,
            expires=_day(said.get("expires", "")),
            today=timezone.localdate(),
        )
    elif deed == "lift":
        lift_tier(by=by, account=account, reason=reason)
    else:
        answer_proposal(by=by, account=account, approve=said.get("answer") == "approve", reason=reason)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused(_("到期日请在明天到一年之内。"), field="expires") from None
