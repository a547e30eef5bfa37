"""The review room: accounts worth ten minutes at the left, the decision at the right, what is open below."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_GET, require_POST

from changqing.base.refused import Refused
from changqing.journeys.review import decide
from changqing.people.permissions import check_may
from changqing.planning.actions import close_review, finish_decision
from changqing.planning.queries import ReviewDecision
from changqing.reports.review import ReviewPage, ReviewRow, review_page
from changqing.web.accounts.amounts import in_words, signed_share
from changqing.web.accounts.rows import spark
from changqing.web.components.lists import Column
from changqing.web.methods.words import matrix_name
from changqing.web.reader import reader
from changqing.web.today.words import sentence

WEEKS_AHEAD = 14


@dataclass(frozen=True)
class Shown:
    """One account as it is written."""

    row: ReviewRow
    tier: str
    proposed: str
    matrix: str
    revenue: str
    spark: str
    change: str
    is_falling: bool
    profit: str
    warning: str


@require_GET
def review_room(request: HttpRequest) -> HttpResponse:
    return _room(request, request.GET.get("of", ""))


def _room(request: HttpRequest, key: str, **more: Any) -> HttpResponse:
    found = review_page(reader(request))
    today = timezone.localdate()
    rows = [_shown(row, found) for row in found.rows]
    chosen = next((one for one in rows if one.row.standing.account.key == key), None)
    if chosen is None:
        chosen = next((one for one in rows if one.row.decision is None), None)
    context = {
        "found": found,
        "title": _title(found),
        "caption": _caption(found),
        "rows": rows,
        "chosen": chosen,
        "columns": _columns(),
        "verdicts": ReviewDecision.Verdict.choices,
        "until_default": (today + timedelta(days=WEEKS_AHEAD)).isoformat(),
        "today": today,
        "given": {},
        "me": reader(request),
        "to_do_title": _to_do_title(found, today),
        "to_do": [(row, row.until < today) for row in found.to_do],
        **more,
    }
    return render(request, "plans/page.html", context, status=400 if more.get("refused") else 200)


@require_POST
def decide_page(request: HttpRequest, key: str) -> HttpResponse:
    by, given = reader(request), request.POST
    check_may(by, "review accounts")
    owner = given.get("owner", "")
    try:
        made = decide(
            by=by,
            key=key,
            verdict=given.get("verdict", ""),
            because=given.get("because", ""),
            step=given.get("step", ""),
            owner=int(owner) if re.fullmatch(r"[0-9]{1,9}", owner, re.ASCII) else 0,
            until=_day(given.get("until", "")),
            today=timezone.localdate(),
        )
    except Refused as no:
        return _room(request, key, refused=no, given=given)
    messages.success(request, _("%(name)s：决定已记下") % {"name": made.account.name})
    return redirect("plans")


@require_POST
def done(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        finish_decision(
            by=reader(request), pk=pk, outcome=request.POST.get("outcome", ""), today=timezone.localdate()
        )
    except Refused as no:
        messages.error(request, no.sentence)
    return redirect("plans")


@require_POST
def close(request: HttpRequest) -> HttpResponse:
    by = reader(request)
    check_may(by, "review accounts")
    try:
        close_review(by=by, today=timezone.localdate())
    except Refused as no:
        messages.error(request, no.sentence)
    return redirect("plans")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _tier(found: ReviewPage, code: str) -> str:
    tier = found.scheme.tier(code)
    return str(tier.name) if tier else code or _("未知")


def _shown(row: ReviewRow, found: ReviewPage) -> Shown:
    worth, standing = row.worth, row.standing
    profit = None if worth is None or worth.profit is None else Decimal(repr(round(worth.profit, 2)))
    return Shown(
        row=row,
        tier=_tier(found, standing.tier),
        proposed=_tier(found, standing.proposed) if standing.proposed else "",
        matrix=matrix_name(standing.matrix),
        revenue="" if row.revenue is None else in_words(row.revenue, found.currency),
        spark=spark(row.months),
        change=signed_share(row.change),
        is_falling=row.change is not None and row.change <= -0.2,
        profit="" if worth is None else in_words(profit, found.currency),
        warning=sentence(row.warning) if row.warning else "",
    )


def _title(found: ReviewPage) -> str:
    if not found.may_review:
        if not found.to_do:
            return _("评审没有给您留下要办的事")
        return ngettext("评审留下 %(n)s 件要办的事", "评审留下 %(n)s 件要办的事", len(found.to_do)) % {
            "n": len(found.to_do)
        }
    if not found.rows:
        return _("还没有可评审的客户")
    if found.review is None:
        return ngettext("%(n)s 家客户等您评审", "%(n)s 家客户等您评审", len(found.rows)) % {
            "n": len(found.rows)
        }
    return _("这次评审定了 %(decided)s 家，还有 %(left)s 家") % {
        "decided": found.decided,
        "left": len(found.rows) - found.decided,
    }


def _caption(found: ReviewPage) -> str:
    words = [_("在响的、亏得最多的和待降级的在前，其余按贡献")] if found.may_review else []
    if found.as_of:
        words.append(_("账至 %(day)s") % {"day": found.as_of.isoformat()})
    return " · ".join(words)


def _to_do_title(found: ReviewPage, today: date) -> str:
    late = sum(row.until < today for row in found.to_do)
    if not found.to_do:
        return _("没有留着没办的决定")
    if late:
        return _("%(n)s 个决定还没办完，%(late)s 个过期") % {"n": len(found.to_do), "late": late}
    return _("%(n)s 个决定还没办完，都没过期") % {"n": len(found.to_do)}


def _columns() -> list[Column]:
    return [
        Column(label=pgettext("kind of account", "客户")),
        Column(label=_("等级")),
        Column(label=_("近 12 个整月收入"), number=True),
        Column(label=_("两年走势"), wide=True),
        Column(label=_("终身利润"), number=True, wide=True),
        Column(label=_("在响"), wide=True),
        Column(label=_("决定")),
    ]
