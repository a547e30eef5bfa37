"""Who asked that an account be handed over, and who may answer."""

from __future__ import annotations

from django.db.models import QuerySet

from changqing.accounts.models import Account
from changqing.accounts.queries import Part, may_edit, seen_rows
from changqing.accounts.rights import editable_by
from changqing.base.compiled import Compiled
from changqing.dossier.models import HandoverRequest as HandoverRequest
from changqing.people.models import User
from changqing.people.permissions import Principal, may

OPEN = Compiled(
    lambda account: _open().filter(account=account).select_related("to", "asked_by").order_by("pk")
)


def open_handover(to: Principal, account: Account) -> HandoverRequest | None:
    """What is asked of ``account`` and not answered yet."""
    return next(iter(seen_rows(to, account, OPEN)), None)


def handovers_to_answer(to: Principal) -> list[HandoverRequest]:
    """What ``to`` may answer, the oldest first."""
    if not may(to, "hand accounts over"):
        return []
    rows = editable_by(to, _open()).select_related("account", "to", "asked_by")
    return [each for each in rows.order_by("asked_at") if not is_own(to, each)]


def may_ask_handover(by: Principal, account: Account) -> bool:
    """Who holds the account and cannot hand it over without asking."""
    holds = isinstance(by, User) and by.is_active and by.pk in (account.owner_id, account.backup_id)
    return holds and not may_answer_handover(by, account)


def may_answer_handover(by: Principal, account: Account) -> bool:
    return may(by, "hand accounts over") and may_edit(by, account, Part.BASIC)


def is_own(by: Principal, asked: HandoverRequest) -> bool:
    """Nobody answers what they asked themselves."""
    return isinstance(by, User) and by.pk == asked.asked_by_id


def _open() -> QuerySet[HandoverRequest]:
    return HandoverRequest.objects.filter(state=HandoverRequest.State.OPEN)
