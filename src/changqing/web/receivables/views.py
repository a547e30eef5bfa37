"""What is owed over the accounts in view: ages, days outstanding, the list, bills by due day."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from changqing.base.refused import Refused
from changqing.records.actions import log_read
from changqing.reports.receivables import (
    Asked,
    ItemList,
    Receivables,
    bills,
    bucket_codes,
    item_list,
    receivables,
    sees_receivables,
)
from changqing.reports.take_away import most_rows
from changqing.web.accounts.export import CSV, XLSX, Cell, to_take_away
from changqing.web.components.charts import Rows
from changqing.web.components.lists import Choice, Column
from changqing.web.reader import reader
from changqing.web.receivables import figures

PER_PAGE = 50
KNOWN = frozenset({"bucket", "q", "left", "sort", "page", "export", "part"})
SORTED_BY = frozenset({"account", "number", "day", "due", "amount", "open"})


@require_GET
def receivables_page(request: HttpRequest) -> HttpResponse:
    who = reader(request)
    if not sees_receivables(who):
        return render(request, "receivables/empty.html", {"sees_nothing": True})
    if request.GET.get("part") == "trend":
        return _trend(request)
    found = receivables(who, with_trend=False)
    if not found.owed:
        return render(request, "receivables/empty.html", {"sees_nothing": False})
    asked = _asked(request, found)
    if request.GET.get("export"):
        return _export(request, asked, found)
    return render(request, "receivables/page.html", _page(request, found, asked))


def _asked(request: HttpRequest, found: Receivables) -> Asked:
    if unknown := set(request.GET) - KNOWN:
        raise BadRequest(f"unknown: {sorted(unknown)[0][:100]}")
    sort, page = request.GET.get("sort") or "due", request.GET.get("page", "1")
    left = request.GET.get("left") == "1"
    bucket = "" if left else request.GET.get("bucket", "late")
    if sort.removeprefix("-") not in SORTED_BY or bucket not in ("", "late", *bucket_codes(found.method)):
        raise BadRequest("sort or bucket")
    return Asked(
        bucket=bucket,
        words=request.GET.get("q", "").replace("\0", "").strip()[:100],
        left_over=left,
        sort=sort,
        page=int(page) if re.fullmatch(r"[0-9]{1,6}", page, re.ASCII) else 1,
    )


def _page(request: HttpRequest, found: Receivables, asked: Asked) -> dict[str, Any]:
    listed = item_list(reader(request), asked, per_page=PER_PAGE)
    rows_url = f"{reverse('receivables')}?"
    held = bills(reader(request))
    return {
        "found": found,
        "title": figures.title(found),
        "caption": _("您可见的客户；截至 %(day)s") % {"day": found.day.isoformat() if found.day else "–"},
        "others": figures.others(found),
        "figures": figures.strip(found, rows_url),
        "ageing": figures.ageing(found, rows_url),
        "ageing_title": figures.ageing_title(found),
        "bills": held,
        "bills_left_out": sum(month.bills for month in found.bills) - len(held),
        "bill_months": found.bills,
        "bills_title": _bills_title(found),
        "bill_columns": _bill_columns(),
        "choices": _choices(found, asked),
        "asked": asked,
        "listed": listed,
        "list_title": _list_title(found, asked, listed),
        "columns": item_columns(),
        "per_page": PER_PAGE,
    }


def _choices(found: Receivables, asked: Asked) -> list[Choice]:
    names = {"late": _("全部逾期"), "": _("全部未清")}
    names |= {code: found.bucket_name(code) or _("未到期") for code in bucket_codes(found.method)}

    def address(**more: str) -> str:
        return f"?{urlencode({**more, **({'q': asked.words} if asked.words else {})})}"

    told = [
        Choice(label=name, url=address(bucket=code), current=asked.bucket == code and not asked.left_over)
        for code, name in names.items()
    ]
    return [*told, Choice(label=_("未核销的钱"), url=address(left="1"), current=asked.left_over)]


def _list_title(found: Receivables, asked: Asked, listed: ItemList) -> str:
    words = {"count": f"{listed.total:,}"}
    if asked.left_over:
        return ngettext("%(count)s 笔钱还没核销", "%(count)s 笔钱还没核销", listed.total) % words
    if asked.bucket == "late":
        return ngettext("%(count)s 笔逾期", "%(count)s 笔逾期", listed.total) % words
    if not asked.bucket:
        return ngettext("%(count)s 笔未清", "%(count)s 笔未清", listed.total) % words
    name = found.bucket_name(asked.bucket) or _("未到期")
    return ngettext("%(count)s 笔：%(bucket)s", "%(count)s 笔：%(bucket)s", listed.total) % {
        **words,
        "bucket": name,
    }


def _bills_title(found: Receivables) -> str:
    count = sum(month.bills for month in found.bills)
    if not count:
        return _("手里没有未到期的承兑")
    first = found.bills[0].month
    return ngettext(
        "%(count)s 张承兑未到期，最早 %(month)s 到期", "%(count)s 张承兑未到期，最早 %(month)s 到期", count
    ) % {"count": f"{count:,}", "month": f"{first:%Y-%m}"}


def item_columns(*, with_account: bool = True) -> list[Column]:
    account = [Column(label=_("客户"), key="account")] if with_account else []
    sorts = {name: name if with_account else "" for name in ("number", "day", "due", "amount", "open")}
    return [
        *account,
        Column(label=_("单据"), key=sorts["number"]),
        Column(label=_("日期"), key=sorts["day"], wide=True),
        Column(label=_("到期日"), key=sorts["due"]),
        Column(label=_("逾期天数"), number=True),
        Column(label=_("金额"), key=sorts["amount"], number=True, wide=True),
        Column(label=_("未清"), key=sorts["open"], number=True),
        Column(label=_("承兑待到期"), number=True, wide=True),
    ]


def _bill_columns() -> list[Column]:
    return [
        Column(label=_("到期日")),
        Column(label=_("客户")),
        Column(label=_("票据"), wide=True),
        Column(label=_("收到"), wide=True),
        Column(label=_("金额"), number=True),
    ]


def _trend(request: HttpRequest) -> HttpResponse:
    found = receivables(reader(request))
    return render(request, "receivables/trend.html", trend_context(found))


def trend_context(found: Receivables) -> dict[str, Any]:
    """The trend's card: figures, chart, and the table behind it."""
    return {
        "title": figures.trend_title(found),
        "figures": [figures.days_figure(found), figures.paid_figure(found), figures.cost_figure(found)],
        "option": _option(found),
        "table": Rows(
            headings=[_("月末"), _("应收合计"), _("近 12 个月开票"), _("周转天数"), _("付款天数")],
            rows=[
                [
                    f"{one.month:%Y-%m}",
                    figures.money_of(one.open, found.currency),
                    figures.money_of(one.billed, found.currency),
                    "–" if one.dso is None else f"{one.dso:.0f}",
                    "–" if one.paid_after is None else f"{one.paid_after:.0f}",
                ]
                for one in found.trend
            ],
        ),
    }


def _option(found: Receivables) -> dict[str, Any] | None:
    if not any(one.dso is not None for one in found.trend):
        return None
    data = [
        {"value": "-"}
        if one.dso is None
        else {
            "value": one.dso,
            "words": _("%(month)s：%(days)s 天") % {"month": f"{one.month:%Y-%m}", "days": f"{one.dso:.0f}"},
        }
        for one in found.trend
    ]
    return {
        "grid": {"left": 8, "right": 24, "top": 16, "bottom": 8, "containLabel": True},
        "xAxis": {"type": "category", "data": [f"{one.month:%Y-%m}" for one in found.trend]},
        "yAxis": {"type": "value", "min": 0, "splitNumber": 4},
        "series": [
            {"type": "line", "data": data, "itemStyle": {"color": "@c1"}, "lineStyle": {"color": "@c1"}}
        ],
    }


def _export(request: HttpRequest, asked: Asked, found: Receivables) -> HttpResponse:
    """Exactly the items shown, every page of them; Refused when there are too many to take away."""
    who, shape = reader(request), XLSX if request.GET["export"] == XLSX else CSV
    listed = item_list(who, asked, per_page=most_rows(who))
    if listed.pages > 1:
        raise Refused(
            _("这份名单有 %(count)s 笔，您一次最多导出 %(most)s 笔。请先加筛选条件，或请运营同事代为导出。")
            % {"count": f"{listed.total:,}", "most": f"{most_rows(who):,}"}
        )
    told = {name: value for name, value in asdict(asked).items() if value}
    log_read(by=who, what="export", subject=("receivables", shape), rows=len(listed.items), asked=told)
    rows: list[list[Cell]] = [
        [
            _("客户编号"),
            _("客户"),
            _("单据"),
            _("种类"),
            _("日期"),
            _("到期日"),
            _("逾期天数"),
            _("币种"),
            _("金额"),
            _("未清"),
            _("承兑待到期"),
        ]
    ]
    rows += [
        [
            one.item.account.key,
            one.item.account.name,
            one.item.number,
            one.item.get_kind_display(),
            one.item.day,
            one.item.due,
            one.days,
            one.item.currency,
            one.item.amount,
            one.item.open,
            one.item.pending,
        ]
        for one in listed.items
    ]
    return to_take_away(rows, f"receivables-{found.day}", shape)
