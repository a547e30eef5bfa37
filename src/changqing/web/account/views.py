"""The page of one account; what is not seen before any scroll comes after it (``together``)."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from changqing.accounts.queries import Part, may_edit, where_merged
from changqing.people.permissions import may
from changqing.reports.account import AccountPage, account_page
from changqing.reports.accounts import neighbours
from changqing.web.account.drawing import months_chart
from changqing.web.account.figures import chips, strip
from changqing.web.account.lines import day_asked
from changqing.web.account.peek import peek_part
from changqing.web.account.titles import families_title, months_title, people_title
from changqing.web.account.together import OF_ITS_OWN, PARTS, addresses, together
from changqing.web.accounts.amounts import signed_share
from changqing.web.accounts.asking import FromList, asked_in, place_asked
from changqing.web.components.lists import Column, Section
from changqing.web.reader import reader


@require_GET
def account(request: HttpRequest, key: str) -> HttpResponse:
    part = request.GET.get("part", "")
    if part == "peek":
        return peek_part(request, key)
    if part == "together":
        return together(request, key, request.GET.getlist("of"))
    if part in OF_ITS_OWN:
        return PARTS[part](request, key)
    found = account_page(reader(request), key)
    if found is None:
        merged = where_merged(reader(request), key)
        if merged is None:
            raise Http404
        return redirect("account", key=merged.key)
    return render(request, "account/page.html", _page(request, found))


def _page(request: HttpRequest, found: AccountPage) -> dict[str, Any]:
    is_broken = bool(found.months) and not found.months[-1].is_whole
    return {
        "found": found,
        "who": found.account,
        "initial": found.account.name[:1],
        "chips": chips(found),
        "sections": _sections(found),
        "figures": strip(found),
        "caption_months": _("按自然月；未满的月份是虚框，不参与同比") if is_broken else _("按自然月"),
        "months_title": months_title(found),
        "months_chart": months_chart(found) if found.totals else None,
        "families_title": families_title(found),
        "family_columns": _family_columns(),
        "families": [
            (row, signed_share(row.change), row.change is not None and row.change <= -0.2)
            for row in found.families
        ],
        "people_title": people_title(found),
        "parts_urls": addresses(found, day_asked(request)),
        "today": found.as_of,
        **_around(request, found.account.key),
        "may_edit": may(reader(request), "edit accounts")
        and may_edit(reader(request), found.account, Part.BASIC),
    }


def _around(request: HttpRequest, key: str) -> dict[str, Any]:
    """The accounts before and after this one in the list one came from, by address."""
    try:
        came = place_asked(request.GET)
        around = neighbours(reader(request), asked_in(QueryDict(came[0])), key, came[1]) if came else None
    except BadRequest:
        # an address made by hand: the account is shown all the same
        return {}
    if came is None or around is None:
        return {}
    asked, place = came
    url = FromList(asked).url
    return {
        "around": around,
        "list_url": f"{reverse('accounts')}?{asked}",
        "previous_url": url(around.previous, place - 1) if around.previous else "",
        "next_url": url(around.next, place + 1) if around.next else "",
    }


def _sections(found: AccountPage) -> list[Section]:
    """What the rail jumps to: the sections that this account has."""
    wanted = [
        ("why", _("信号"), Part.SCORE not in found.hidden),
        ("money", _("钱"), found.totals is not None),
        ("value", _("价值"), found.totals is not None),
        ("receivables", _("应收"), Part.REVENUE not in found.hidden),
        ("track", _("节奏"), found.totals is not None),
        ("people", _("人"), True),
        ("team", _("团队"), True),
        ("lines", _("明细"), found.totals is not None),
        ("history", _("变更"), True),
    ]
    return [Section(id=name, label=label) for name, label, is_there in wanted if is_there]


def _family_columns() -> list[Column]:
    return [
        Column(label=_("品类")),
        Column(label=_("收入"), number=True),
        Column(label=_("占比"), number=True, wide=True),
        Column(label="", wide=True),
        Column(label=_("毛利"), number=True),
        Column(label=_("同比"), number=True),
    ]
