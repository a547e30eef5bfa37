"""The page of one account; its track and its lines come as fragments, since they are read from the ledger."""

from __future__ import annotations

import re
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from changqing.reports.account import AccountPage, account_page, lines_page, purchase_track
from changqing.web.account.drawing import months_chart, track_chart
from changqing.web.account.figures import chips, strip
from changqing.web.account.titles import families_title, months_title, people_title, track_title
from changqing.web.accounts.amounts import signed_share
from changqing.web.components.lists import Column, Section


@require_GET
def account(request: HttpRequest, key: str) -> HttpResponse:
    part = request.GET.get("part", "")
    if part == "track":
        return _track(request, key)
    if part == "lines":
        return _lines(request, key)
    found = account_page(request.user, key)
    if found is None:
        raise Http404
    return render(request, "account/page.html", _page(request, found))


def _page(request: HttpRequest, found: AccountPage) -> dict[str, Any]:
    sections = [Section(id="money", label=_("钱"))] if found.totals else []
    sections += [Section(id="families", label=_("品类"))] if found.families else []
    sections += (
        [Section(id="track", label=_("节奏")), Section(id="lines", label=_("明细"))] if found.totals else []
    )
    sections += [Section(id="people", label=_("人"))]
    return {
        "found": found,
        "who": found.account,
        "initial": found.account.name[:1],
        "chips": chips(found),
        "sections": sections,
        "figures": strip(found),
        "months_title": months_title(found),
        "months_chart": months_chart(found) if found.totals else None,
        "families_title": families_title(found),
        "family_columns": _family_columns(),
        "families": [
            (row, signed_share(row.change), row.change is not None and row.change <= -0.2)
            for row in found.families
        ],
        "people_title": people_title(found),
        "lines_url": f"?{urlencode({'part': 'lines', **({'day': d} if (d := _day_asked(request)) else {})})}",
        "today": found.as_of,
    }


def _track(request: HttpRequest, key: str) -> HttpResponse:
    track = purchase_track(request.user, key)
    if track is None:
        raise Http404
    return render(
        request,
        "account/track.html",
        {"track": track, "title": track_title(track), "chart": track_chart(track) if track.days else None},
    )


def _lines(request: HttpRequest, key: str) -> HttpResponse:
    asked = request.GET.get("page", "1")
    page = int(asked) if re.fullmatch(r"[0-9]{1,6}", asked, re.ASCII) else 1
    day = _day_asked(request)
    found = lines_page(request.user, key, day=day, page=page)
    if found is None:
        raise Http404
    return render(
        request,
        "account/lines.html",
        {"found": found, "columns": _line_columns(), "title": _lines_title(day, found.total)},
    )


def _lines_title(day: date | None, total: int) -> str:
    if day:
        return _("%(day)s 的 %(count)s 行订单") % {"day": day.isoformat(), "count": f"{total:,}"}
    return _("%(count)s 行订单，最新的在前") % {"count": f"{total:,}"}


def _day_asked(request: HttpRequest) -> date | None:
    try:
        return date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        return None


def _family_columns() -> list[Column]:
    return [
        Column(label=_("品类")),
        Column(label=_("收入"), number=True),
        Column(label=_("占比"), number=True),
        Column(label="", wide=True),
        Column(label=_("毛利"), number=True),
        Column(label=_("同比"), number=True),
    ]


def _line_columns() -> list[Column]:
    return [
        Column(label=_("日期")),
        Column(label=_("订单")),
        Column(label=_("产品")),
        Column(label=_("品类"), wide=True),
        Column(label=_("数量"), number=True, wide=True),
        Column(label=_("金额"), number=True),
        Column(label=_("成本"), number=True, wide=True),
        Column(label=_("出自"), wide=True),
    ]
