"""An account changes its owner by request: who holds it asks, who may hand accounts over answers."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from changqing.accounts.actions import check_can_hold
from changqing.accounts.models import Account
from changqing.accounts.queries import visible_to
from changqing.base.refused import Refused
from changqing.dossier.actions.writing import carry_out, editable
from changqing.dossier.models import HandoverRequest, Revision
from changqing.dossier.queries.handover import is_own, may_answer_handover, may_ask_handover
from changqing.dossier.rules.fields import plain
from changqing.people.models import User
from changqing.people.permissions import Principal, check_may
from changqing.records.actions import write_audit

State = HandoverRequest.State
LONGEST = 300


@transaction.atomic
def ask_handover(*, by: Principal, account: str, to: User, because: str, door: str = "") -> HandoverRequest:
    """Ask that ``to`` own ``account`` (by key); what was asked before and not answered is withdrawn."""
    found = visible_to(by, Account.objects.select_for_update(of=("self",))).filter(key=account).first()
    if found is None:
        raise Refused(_("没有您可编辑的客户：%(keys)s。什么都没有改动。") % {"keys": account})
    if not isinstance(by, User) or not may_ask_handover(by, found):
        told = (
            _("您可以直接改 %(name)s 的负责人，不必申请。")
            if may_answer_handover(by, found)
            else _("换负责人由 %(name)s 现在的负责人或后备负责人申请。")
        )
        raise Refused(told % {"name": found.name})
    said = _said(because, field="because", missing=_("请写明为什么换负责人。"))
    if to.pk == found.owner_id:
        raise Refused(_("%(name)s 已经是负责人。") % {"name": to.full_name}, field="to")
    check_can_hold(owner=to, backup=None)
    _close(HandoverRequest.objects.filter(account=found, state=State.OPEN), State.WITHDRAWN, by)
    asked = HandoverRequest.objects.create(
        account=found, to=to, because=said, asked_by=by, asked_at=timezone.now()
    )
    _note(by, "ask for handover", found, door, to=to.pk, because=said)
    return asked


@transaction.atomic
def answer_handover(
    *, by: Principal, account: str, grant: bool, reply: str = "", door: str = ""
) -> HandoverRequest:
    """Hand ``account`` over as it was asked, as a deed that can be undone; or decline, and say why."""
    check_may(by, "hand accounts over")
    found = editable(by=by, keys=[account])[0]
    asked = _locked(found)
    if is_own(by, asked):
        raise Refused(_("自己申请的，要由别人批准。"))
    said = "" if grant and not reply.strip() else _said(reply, field="reply", missing=_("请写明为什么驳回。"))
    if not grant:
        return _answered(by, asked, State.DECLINED, said, door)
    check_can_hold(owner=asked.to, backup=None)
    fields: dict[str, Any] = {"owner": asked.to_id}
    if found.backup_id == asked.to_id:
        fields["backup"] = None
    carry_out(by=by, verb=Revision.Verb.ASSIGN, changes=[(found, fields)], door=door)
    return _answered(by, asked, State.GRANTED, said, door)


@transaction.atomic
def withdraw_handover(*, by: Principal, account: str, door: str = "") -> HandoverRequest:
    """Whoever asked wants it no more."""
    found = visible_to(by, Account.objects.select_for_update(of=("self",))).filter(key=account).first()
    if found is None:
        raise Refused(_("没有您可编辑的客户：%(keys)s。什么都没有改动。") % {"keys": account})
    asked = _locked(found)
    if not is_own(by, asked):
        raise Refused(_("只有申请人可以撤回申请。"))
    return _answered(by, asked, State.WITHDRAWN, "", door)


def _locked(account: Account) -> HandoverRequest:
    rows = HandoverRequest.objects.select_for_update(of=("self",)).select_related("account", "to")
    asked = rows.filter(account=account, state=State.OPEN).first()
    if asked is None:
        raise Refused(_("%(name)s 没有等批准的负责人变更。") % {"name": account.name})
    return asked


def _said(text: str, *, field: str, missing: str) -> str:
    said = plain(text)
    if not said:
        raise Refused(missing, field=field)
    if len(said) > LONGEST:
        raise Refused(_("太长了：最多 %(most)s 个字。") % {"most": LONGEST}, field=field)
    return said


def _close(rows: Any, state: str, by: Principal, reply: str = "") -> None:
    rows.update(state=state, answered_by=str(by), answered_at=timezone.now(), reply=reply)


def _answered(by: Principal, asked: HandoverRequest, state: str, reply: str, door: str) -> HandoverRequest:
    _close(HandoverRequest.objects.filter(pk=asked.pk), state, by, reply)
    asked.refresh_from_db()
    _note(by, f"handover {state}", asked.account, door, to=asked.to_id, reply=reply)
    return asked


def _note(by: Principal, verb: str, account: Account, door: str, **details: Any) -> None:
    write_audit(by=by, verb=verb, subject=("account", account.key), door=door, **details)
