"""Why somebody sees an account, and who is in its team, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from changqing.accounts.grants import may_give
from changqing.accounts.queries import (
    Account,
    Sight,
    TeamMembership,
    account_by_key,
    reach,
    role_name_of,
    sight,
    team_of,
    why,
)
from changqing.base.refused import Refused
from changqing.dossier.queries.handover import (
    HandoverRequest,
    handovers_to_answer,
    is_own,
    may_answer_handover,
    may_ask_handover,
    open_handover,
)
from changqing.people.permissions import Principal
from changqing.people.queries import User, user_named


@dataclass(frozen=True, kw_only=True)
class WhoSees:
    """The team of one account, and each way by which ``whom`` comes to see it."""

    account: Account
    team: list[tuple[TeamMembership, str]]
    may_give: bool
    # the change of owner that waits, and whether the reader may ask for one or answer it
    handover: HandoverRequest | None
    may_ask: bool
    may_answer: bool
    whom: User | None
    ways: list[str]
    sight: Sight | None
    reach: str


def who_sees(to: Principal, key: str, username: str = "") -> WhoSees | None:
    """None when ``to`` may not see account ``key``; ``username``: about whom is asked, else ``to``."""
    account = account_by_key(to, key)
    if account is None:
        return None
    asked = user_named(username) if username else to
    whom = asked if isinstance(asked, User) else None
    seen = sight(whom, account) if whom else None
    asked_for = open_handover(to, account)
    return WhoSees(
        account=account,
        team=[(place, role_name_of(place.role)) for place in team_of(to, account)],
        may_give=may_give(to, account),
        handover=asked_for,
        may_ask=may_ask_handover(to, account),
        may_answer=asked_for is not None and may_answer_handover(to, account) and not is_own(to, asked_for),
        whom=whom,
        ways=why(whom, account) if whom else [],
        sight=seen,
        reach=reach(seen) if seen else "",
    )


def _found(to: Principal, key: str, username: str = "") -> WhoSees:
    found = who_sees(to, key, username)
    if found is None:
        raise Refused(_("没有编号为 %(key)s 的客户，或您看不到它。") % {"key": key})
    return found


def team_json(to: Principal, key: str) -> list[dict[str, Any]]:
    """What ``changqing team show KEY`` prints."""
    return [
        {
            "user": place.user.username,
            "role": place.role,
            "since": place.since.isoformat(),
            "until": place.until and place.until.isoformat(),
            "levels": {str(part): place.level(part).name.lower() for part in TeamMembership.PARTS},
        }
        for place, _name in _found(to, key).team
    ]


def why_json(to: Principal, key: str, username: str) -> dict[str, Any]:
    """What ``changqing why KEY --user U`` prints."""
    found = _found(to, key, username)
    levels = found.sight.levels if found.sight else {}
    return {
        "account": found.account.key,
        "user": username,
        "because": found.ways,
        "levels": {str(part): level.name.lower() for part, level in levels.items() if level},
    }


def handovers_json(to: Principal) -> list[dict[str, Any]]:
    """What ``changqing handover list`` prints: what waits for an answer of ``to``."""
    return [
        {
            "account": each.account.key,
            "to": each.to.username,
            "because": each.because,
            "asked_by": each.asked_by.username,
            "asked_at": each.asked_at.isoformat(timespec="seconds"),
        }
        for each in handovers_to_answer(to)
    ]
