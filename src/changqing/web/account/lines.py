"""The order lines of an account, page by page; a fragment of its page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from changqing.ledger.lines import OrderLine
from changqing.reports.account import lines_page
from changqing.web.components.lists import Column
from changqing.web.components.tags import minus
from changqing.web.reader import reader


@dataclass(frozen=True)
class ShownLine:
    """One order line as it is written."""

    line: OrderLine
    quantity: str
    amount: str
    cost: str

    @classmethod
    def of(cls, line: OrderLine) -> ShownLine:
        quantity = "–" if line.quantity is None else minus(f"{line.quantity.normalize():,f}")
        cost = "" if line.cost is None else minus(f"{line.cost:,.2f}")
        return cls(line, quantity, minus(f"{line.amount:,.2f}"), cost)


def lines_part(request: HttpRequest, key: str) -> HttpResponse:
    asked = request.GET.get("page", "1")
    page = int(asked) if re.fullmatch(r"[0-9]{1,6}", asked, re.ASCII) else 1
    day = day_asked(request)
    found = lines_page(reader(request), key, day=day, page=page)
    if found is None:
        raise Http404
    return render(
        request,
        "account/lines.html",
        {
            "found": found,
            "lines": [ShownLine.of(line) for line in found.lines],
            "columns": _columns(),
            "title": _title(day, found.total),
        },
    )


def _title(day: date | None, total: int) -> str:
    if day:
        return _("%(day)s 的 %(count)s 行订单") % {"day": day.isoformat(), "count": f"{total:,}"}
    return _("%(count)s 行订单，最新的在前") % {"count": f"{total:,}"}


def day_asked(request: HttpRequest) -> date | None:
    try:
        return date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        return None


def _columns() -> list[Column]:
    return [
        Column(label=_("日期")),
        Column(label=_("订单号")),
        Column(label=_("产品名称")),
        Column(label=_("品类"), wide=True),
        Column(label=_("数量"), number=True, wide=True),
        Column(label=_("金额"), number=True),
        Column(label=_("成本"), number=True, wide=True),
        Column(label=_("出自"), wide=True),
    ]
