"""What people decide about tiers: approve or refuse a step down, set one by hand, rate a trait, nominate."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from changqing.accounts.models import Account
from changqing.accounts.queries import visible_to
from changqing.base.refused import Refused
from changqing.people.models import User
from changqing.people.permissions import Principal, check_may
from changqing.records.actions import write_audit
from changqing.value.models import AccountStanding, FactorRating, JudgementStamp, Nomination, TierDecision
from changqing.value.queries.methods import methods_in_force

LONGEST_DAYS = 366


def _standing(by: Principal, account: Account) -> AccountStanding:
    rows = visible_to(
        by, AccountStanding.objects.select_for_update().filter(account=account.pk, is_current=True)
    )
    found = rows.first()
    if found is None:
        raise Refused(_("%(name)s 还没有等级：账本里没有它的订单。") % {"name": account.name})
    return found


def _reason(text: str) -> str:
    reason = text.strip()
    if not reason:
        raise Refused(_("请写明理由：以后的人要读得懂。"), field="reason")
    if len(reason) > 400:
        raise Refused(_("理由请不超过 400 字。"), field="reason")
    return reason


def _decide(by: Principal, account: Account, **told: Any) -> TierDecision:
    return TierDecision.objects.create(
        account=account,
        by=by if isinstance(by, User) else None,
        principal=by.username if isinstance(by, User) else by.name,
        **told,
    )


@transaction.atomic
def answer_proposal(*, by: Principal, account: Account, approve: bool, reason: str) -> TierDecision:
    """Approve or refuse the step down that is proposed for ``account``."""
    check_may(by, "decide tiers")
    said, standing = _reason(reason), _standing(by, account)
    if not standing.proposed:
        raise Refused(_("%(name)s 没有待批准的降级。") % {"name": account.name})
    kind = TierDecision.Kind.APPROVED if approve else TierDecision.Kind.REFUSED
    made = _decide(
        by,
        account,
        kind=kind,
        scheme=standing.scheme,
        tier=standing.proposed,
        came_from=standing.settled,
        reason=said,
    )
    if approve:
        _move(standing, settled=standing.proposed, tier=standing.proposed, proposed="")
    else:
        _move(standing, proposed="")
    write_audit(
        by=by, verb=f"tier {kind}", subject=("account", account.key), tier=made.tier, came_from=made.came_from
    )
    return made


@transaction.atomic
def set_tier(
    *, by: Principal, account: Account, tier: str, reason: str, expires: date, today: date
) -> TierDecision:
    """Set a tier by hand until ``expires``, at most a year ahead; the scheme's own is kept beside it."""
    check_may(by, "decide tiers")
    said, standing = _reason(reason), _standing(by, account)
    scheme = methods_in_force().tiers.governs
    if tier not in scheme.codes:
        raise Refused(
            _("没有“%(tier)s”这一级。可选：%(known)s。") % {"tier": tier, "known": "、".join(scheme.codes)},
            field="tier",
        )
    if not 0 < (expires - today).days <= LONGEST_DAYS:
        raise Refused(_("到期日请在明天到一年之内。"), field="expires")
    made = _decide(
        by,
        account,
        kind=TierDecision.Kind.OVERRIDE,
        scheme=scheme.code,
        tier=tier,
        came_from=standing.tier,
        reason=said,
        expires=expires,
    )
    _move(standing, tier=tier)
    write_audit(
        by=by, verb="tier set", subject=("account", account.key), tier=tier, until=expires.isoformat()
    )
    return made


@transaction.atomic
def lift_tier(*, by: Principal, account: Account, reason: str) -> TierDecision:
    """End a tier that was set by hand: the scheme's own holds again."""
    check_may(by, "decide tiers")
    said, standing = _reason(reason), _standing(by, account)
    if standing.tier == standing.settled:
        raise Refused(_("%(name)s 的等级不是人工设定的。") % {"name": account.name})
    made = _decide(
        by,
        account,
        kind=TierDecision.Kind.LIFTED,
        scheme=standing.scheme,
        tier=standing.settled,
        came_from=standing.tier,
        reason=said,
    )
    _move(standing, tier=standing.settled)
    write_audit(by=by, verb="tier lifted", subject=("account", account.key), tier=made.tier)
    return made


def _move(standing: AccountStanding, **values: str) -> None:
    """End the present judgement and begin one with ``values``; the day is the judgement's own."""
    JudgementStamp.objects.create()
    AccountStanding.objects.filter(pk=standing.pk).update(is_current=False, until=standing.as_of)
    for name, value in values.items():
        setattr(standing, name, value)
    standing.pk, standing.since, standing.digest, standing.is_current = None, standing.as_of, "", True
    standing.save(force_insert=True)


@transaction.atomic
def rate(*, by: Principal, account: Account, factor: str, rating: int, evidence: str = "") -> FactorRating:
    """Rate one of the traits that no ledger knows, 1 to 5; the newest rating counts, all are kept."""
    check_may(by, "rate accounts")
    if not visible_to(by, Account.objects.filter(pk=account.pk)).exists():
        raise Refused(_("没有这家客户，或您看不到它。"))
    if factor not in FactorRating.Factor.values:
        known = "、".join(FactorRating.Factor.values)
        raise Refused(_("没有“%(factor)s”这一项。可选：%(known)s。") % {"factor": factor, "known": known})
    if not 1 <= rating <= 5:
        raise Refused(_("评分应为 1 到 5 的整数。"), field="rating")
    made = FactorRating.objects.create(
        account=account,
        factor=factor,
        rating=rating,
        evidence=evidence.strip()[:400],
        by=by if isinstance(by, User) else None,
        principal=by.username if isinstance(by, User) else by.name,
    )
    write_audit(by=by, verb="rate", subject=("account", account.key), factor=factor, rating=rating)
    return made


@transaction.atomic
def nominate(*, by: Principal, account: Account, reason: str) -> Nomination:
    """Put an account forward as key account, with the criteria as they stand today (SEG-18)."""
    check_may(by, "rate accounts")
    said, standing = _reason(reason), _standing(by, account)
    if Nomination.objects.filter(account=account, state=Nomination.State.OPEN).exists():
        raise Refused(_("%(name)s 已经提名，正在等待批准。") % {"name": account.name})
    names = (
        "dim_current",
        "dim_potential",
        "dim_relationship",
        "dim_strategic",
        "traits",
        "factors",
        "is_loyal",
    )
    criteria = {name: standing.inputs.get(name) for name in names}
    weights = methods_in_force().worth.score.weights()
    high = methods_in_force().tiers.scheme("four_dimensions")
    cut = float(high.tiers[0].any_of[0][0].lower or 0) if high and high.tiers[0].any_of else 65.0
    made = Nomination.objects.create(
        account=account,
        criteria={"facts": criteria, "weights": weights, "as_of": standing.as_of.isoformat()},
        score=standing.inputs.get("score") or 0.0,
        cut=cut,
        reason=said,
        by=by if isinstance(by, User) else None,
    )
    write_audit(by=by, verb="nominate", subject=("account", account.key), score=made.score)
    return made


@transaction.atomic
def answer_nomination(
    *, by: Principal, account: Account, approve: bool, reason: str, owner: User | None = None
) -> Nomination:
    """Approve a nomination, which puts the account on the roster with its owner, or refuse it."""
    check_may(by, "decide tiers")
    said = _reason(reason)
    rows = visible_to(by, Nomination.objects.select_for_update().filter(account=account, state="open"))
    found = rows.first()
    if found is None:
        raise Refused(_("%(name)s 没有待批准的提名。") % {"name": account.name})
    found.state = Nomination.State.APPROVED if approve else Nomination.State.REFUSED
    found.decided_by = by if isinstance(by, User) else None
    found.decided_at, found.answer = timezone.now(), said
    found.owner = (owner or account.owner) if approve else None
    found.save()
    write_audit(by=by, verb=f"nomination {found.state}", subject=("account", account.key))
    return found
