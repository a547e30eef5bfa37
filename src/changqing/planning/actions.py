"""A review is opened, decides about accounts one by one, and is closed; its next steps are finished."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from changqing.accounts.models import Account
from changqing.accounts.rights import visible_to
from changqing.base.refused import Refused
from changqing.people.models import User
from changqing.people.permissions import Part, check_may, may
from changqing.planning.models import Review, ReviewDecision
from changqing.planning.queries import decision_with_id, open_review
from changqing.records.actions import write_audit

LONGEST = 400


def _words(text: str, field: str, wanted: str) -> str:
    said = text.strip()
    if not said:
        raise Refused(wanted, field=field)
    if len(said) > LONGEST:
        raise Refused(_("最多 400 个字，现在是 %(n)s 个。") % {"n": len(said)}, field=field)
    return said


@transaction.atomic
def begin_review(*, by: User, today: date) -> Review:
    """The open review of ``by``, opened now if there is none."""
    check_may(by, "review accounts")
    found = open_review(by)
    if found is not None:
        return found
    made = Review.objects.create(by=by, opened_on=today)
    write_audit(by=by, verb="open a review", subject=("review", made.pk))
    return made


@transaction.atomic
def close_review(*, by: User, today: date) -> Review:
    """Close the open review of ``by``; what it decided stays."""
    check_may(by, "review accounts")
    found = Review.objects.select_for_update().filter(by=by, closed_on=None).first()
    if found is None:
        raise Refused(_("没有正在进行的评审。"))
    found.closed_on = today
    found.save(update_fields=["closed_on"])
    write_audit(by=by, verb="close a review", subject=("review", found.pk), decisions=found.decisions.count())
    return found


@transaction.atomic
def decide(
    *,
    by: User,
    account: Account,
    verdict: str,
    because: str,
    step: str,
    owner: User,
    until: date | None,
    today: date,
    tier: str = "",
    as_of: date | None = None,
) -> ReviewDecision:
    """Decide about ``account`` in the open review of ``by``: once, with the next step, its owner and day."""
    check_may(by, "review accounts")
    if not visible_to(by, Account.objects.filter(pk=account.pk), Part.PLAN).exists():
        raise Refused(_("没有这家客户，或您看不到它。"))
    if verdict not in ReviewDecision.Verdict.values:
        raise Refused(_("请选保持、申请升级或申请降级。"), field="verdict")
    why = _words(because, "because", _("请写明理由：以后的人要读得懂。"))
    what = _words(step, "step", _("请写下一步做什么。"))
    if until is None or until < today:
        raise Refused(_("请写一个今天或以后的日期。"), field="until")
    review = begin_review(by=by, today=today)
    if ReviewDecision.objects.filter(review=review, account=account).exists():
        raise Refused(_("%(name)s 在这次评审里已经有决定了。") % {"name": account.name})
    made = ReviewDecision.objects.create(
        review=review,
        account=account,
        verdict=verdict,
        because=why,
        step=what,
        owner=owner,
        until=until,
        tier=tier,
        as_of=as_of,
        by=by,
    )
    write_audit(
        by=by,
        verb=f"review: {verdict}",
        subject=("account", account.key),
        step=what,
        owner=owner.pk,
        until=until.isoformat(),
    )
    return made


@transaction.atomic
def finish_decision(*, by: User, pk: int, outcome: str, today: date) -> ReviewDecision:
    """Say that the next step of decision ``pk`` is done and what came of it: its owner, or a reviewer."""
    seen = decision_with_id(by, pk)
    if seen is None:
        raise Refused(_("没有这个决定，或您看不到它。"))
    if seen.owner_id != by.pk and not may(by, "review accounts"):
        raise Refused(_("只有 %(name)s 或评审的人能说它办完了。") % {"name": seen.owner})
    said = _words(outcome, "outcome", _("请写一句结果。"))
    row = ReviewDecision.objects.select_for_update().get(pk=pk)
    if row.done_on is not None:
        raise Refused(_("这一步已经办完了。"))
    row.done_on, row.outcome = today, said
    row.save(update_fields=["done_on", "outcome"])
    write_audit(by=by, verb="review: done", subject=("account", seen.account.key), outcome=said)
    return row
