"""What to look at in the books before believing their figures; the ledger is read after the page is shown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from changqing.reports.self_told import BookSelf, book_self, lines_behind
from changqing.web.accounts.amounts import in_words
from changqing.web.components.lists import Column
from changqing.web.reader import reader

PER_PAGE = 50


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One question to the book: what was found, what it means, where the rows are."""

    name: str
    answer: str
    why: str
    url: str = ""
    tone: str = "grey"


@require_GET
def book_page(request: HttpRequest) -> HttpResponse:
    if request.GET.get("part") != "told":
        return render(request, "book/page.html", {})
    found = book_self(reader(request))
    if found is None or not found.months:
        return render(request, "book/told.html", {"empty": True, "sees_nothing": found is None})
    return render(
        request,
        "book/told.html",
        {
            "title": title(found),
            "caption": _("方法 %(method)s") % {"method": f"book v{found.pack.version}"},
            "findings": findings(found),
            "columns": [
                Column(label=_("问什么")),
                Column(label=_("账本怎么说")),
                Column(label="", wide=True),
            ],
            "months": list(reversed(found.months)),
            "month_columns": _month_columns(),
            "currency": found.currency,
            "jumping": {one.month.month: one.times for one in found.jumps},
        },
    )


def title(found: BookSelf) -> str:
    first, last = found.months[0].month, found.months[-1].month
    words = {"from": f"{first:%Y-%m}", "to": f"{last:%Y-%m}", "count": f"{found.findings}"}
    if not found.findings:
        return _("账本从 %(from)s 到 %(to)s，没有要看的地方") % words
    return (
        ngettext(
            "账本从 %(from)s 到 %(to)s，有 %(count)s 处要看",
            "账本从 %(from)s 到 %(to)s，有 %(count)s 处要看",
            found.findings,
        )
        % words
    )


def findings(found: BookSelf) -> list[Finding]:
    return [_gaps(found), *_lacking(found), _jumps(found), *_alike(found), _late(found)]


def _count(number: int, one: str) -> str:
    return one % {"count": f"{number:,}"}


def _gaps(found: BookSelf) -> Finding:
    told = _("、").join(f"{month:%Y-%m}" for month in found.gaps[:12])
    if len(found.gaps) > 12:
        told += "…"
    covered = _count(len(found.months), _("%(count)s 个月都有订单"))
    return Finding(
        name=_("缺月"),
        answer=_("缺 %(count)s 个月") % {"count": f"{len(found.gaps):,}"} if told else covered,
        why=(f"{told} · " if told else "") + _("中间没有订单的月份：多半是文件没导进来，不是没生意"),
        tone="amber" if found.gaps else "grey",
        url="#months",
    )


def _lacking(found: BookSelf) -> list[Finding]:
    names = {
        "no_cost": (_("没有成本"), _("毛利不知道，不当作零；产品的单位成本可以补上")),
        "no_family": (_("没有品类"), _("品类结构里算作“未分品类”")),
        "other_currency": (_("别的币种"), _("按当日汇率折算；没有汇率的不进合计")),
        "no_rate": (_("没有汇率"), _("保留、计数，不进任何合计")),
    }
    made = []
    for lack, count in found.lacking.items():
        name, why = names[lack]
        answer = _("无权查看") if count is None else _count(count, _("%(count)s 行"))
        url = f"{reverse('book_lines')}?lack={lack}" if count else ""
        made.append(Finding(name=name, answer=answer, why=why, url=url, tone="amber" if count else "grey"))
    return made


def _jumps(found: BookSelf) -> Finding:
    method = found.pack.method.jump
    told = _("、").join(
        _("%(month)s 是平常的 %(times)s 倍")
        % {"month": f"{one.month.month:%Y-%m}", "times": f"{one.times:.1f}"}
        for one in found.jumps[-6:]
    )
    why = _("月收入达到此前 %(months)s 个月中位数的 %(times)s 倍，或不到 1/%(times)s；当月未满，不比") % {
        "months": method.months.value,
        "times": f"{method.times.value:g}",
    }
    return Finding(
        name=_("突变"),
        answer=told or _("没有"),
        why=why,
        tone="amber" if found.jumps else "grey",
        url="#months",
    )


def _alike(found: BookSelf) -> list[Finding]:
    if found.alike is None:
        return []
    return [
        Finding(
            name=_("像是重复的客户"),
            answer=_count(found.alike, _("%(count)s 对")),
            why=_("税号、名称、域名或读音相同；并排看过再合并"),
            url=reverse("duplicates") if found.alike else "",
            tone="amber" if found.alike else "grey",
        )
    ]


def _late(found: BookSelf) -> Finding:
    if found.owed is None:
        return Finding(name=_("逾期发票"), answer=_("未知"), why=_("账本里没有发票和回款"), tone="unknown")
    count = found.owed.late_items
    return Finding(
        name=_("逾期发票"),
        answer=_("%(count)s 笔，%(money)s")
        % {"count": f"{count:,}", "money": in_words(found.owed.overdue, found.currency)},
        why=_("到期日已过而没有核销：没付，或回款还没导进来"),
        url=f"{reverse('receivables')}?bucket=late" if count else "",
        tone="amber" if count else "grey",
    )


def _month_columns() -> list[Column]:
    return [
        Column(label=_("月份")),
        Column(label=_("订单行"), number=True),
        Column(label=_("客户"), number=True, wide=True),
        Column(label=_("收入"), number=True),
        Column(label=_("没有成本"), number=True, wide=True),
        Column(label=_("没有品类"), number=True, wide=True),
        Column(label=_("别的币种"), number=True, wide=True),
    ]


@require_GET
def lines_page(request: HttpRequest) -> HttpResponse:
    lack, month, page = request.GET.get("lack", ""), _month(request), request.GET.get("page", "1")
    number = int(page) if re.fullmatch(r"[0-9]{1,6}", page, re.ASCII) else 1
    try:
        found = lines_behind(reader(request), lack=lack, month=month, page=number, per_page=PER_PAGE)
    except KeyError:
        raise BadRequest("lack") from None
    if found is None:
        raise Http404
    return render(
        request,
        "book/lines.html",
        {
            "title": _lines_title(lack, month, found.total),
            "found": found,
            "rows": [(line, found.accounts.get(line.account)) for line in found.lines],
            "columns": [
                Column(label=_("日期")),
                Column(label=_("客户")),
                Column(label=_("订单号"), wide=True),
                Column(label=_("产品名称"), wide=True),
                Column(label=_("金额"), number=True),
                Column(label=_("出自"), wide=True),
            ],
            "per_page": PER_PAGE,
        },
    )


def _month(request: HttpRequest) -> date | None:
    asked = request.GET.get("month", "")
    if not asked:
        return None
    if not re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", asked, re.ASCII) or asked.startswith("0000"):
        raise BadRequest("month")
    return date.fromisoformat(f"{asked}-01")


def _lines_title(lack: str, month: date | None, total: int) -> str:
    words: dict[str, Any] = {"count": f"{total:,}", "month": f"{month:%Y-%m}" if month else ""}
    told = {
        "": _("%(count)s 行订单") % words,
        "no_cost": _("%(count)s 行没有成本") % words,
        "no_family": _("%(count)s 行没有品类") % words,
        "other_currency": _("%(count)s 行是别的币种") % words,
        "no_rate": _("%(count)s 行没有汇率") % words,
    }[lack]
    return _("%(month)s：%(told)s") % {**words, "told": told} if month else told
