"""Portfolio."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET

from changqing.accounts.queries import Part, is_withheld
from changqing.people.permissions import SEES_NOTHING, may, sees_the_whole_book
from changqing.reports.accounts import PERIODS
from changqing.reports.portfolio import Portfolio, family_groups, portfolio
from changqing.web.accounts.amounts import currency_name, period_choices, period_words
from changqing.web.components.kept import written
from changqing.web.components.lists import Column
from changqing.web.portfolio import answers
from changqing.web.portfolio.concentration import concentration, family_bars
from changqing.web.portfolio.drawing import pareto_chart, whale_chart
from changqing.web.portfolio.figures import gini_arithmetic, hhi_arithmetic, strip
from changqing.web.portfolio.rows import LargestRows
from changqing.web.portfolio.scales import (
    abc_rows,
    band_rows,
    eighty_twenty_rows,
    history_rows,
    whale_rows,
)
from changqing.web.portfolio.structure import structure_part
from changqing.web.portfolio.worth import worth_part
from changqing.web.reader import reader

DEFAULT = "36m"


@require_GET
def portfolio_page(request: HttpRequest) -> HttpResponse:
    asked = request.GET.get("period", DEFAULT)
    period = asked if asked in PERIODS else DEFAULT
    if request.GET.get("part") == "families":
        bars = family_bars(family_groups(reader(request), period))
        return render(request, "portfolio/families.html", {"bars": bars})
    if request.GET.get("part") == "worth":
        return worth_part(request)
    if request.GET.get("part") == "structure":
        return structure_part(request)
    # what others than readers of the whole book hold by family is summed on request, not on every page
    found = portfolio(reader(request), period, with_families=sees_the_whole_book(reader(request)))
    if found.is_empty:
        return render(request, "portfolio/empty.html", _empty(request, found))
    return render(request, "portfolio/page.html", _page(found))


def _empty(request: HttpRequest, found: Portfolio) -> dict[str, Any]:
    return {
        "found": found,
        "may_bring_in": may(reader(request), "bring in files"),
        "is_whole_book": found.is_whole_book,
        "sees_nothing": reader(request).role in SEES_NOTHING,
        "sees_no_money": is_withheld(reader(request), Part.REVENUE),
        "period_choices": period_choices(found.period, "?period="),
        "has_book": bool(found.book_accounts),
    }


def _page(found: Portfolio) -> dict[str, Any]:
    return {
        "found": found,
        "title": answers.page_title(found),
        "answers": written("portfolio/answers.html", lambda: _answers(found), found.content),
        "rows": LargestRows(found).written(),
        "rows_title": answers.rows_title(found),
        "row_columns": _row_columns(found),
        "more_url": f"{reverse('accounts')}?period={found.period}",
        "history": history_rows(found),
        "history_title": answers.history_title(found),
        "history_columns": [
            Column(label=_("算于")),
            Column(label=_("账至")),
            Column(label=_("收入"), number=True),
            Column(label=_("前 20% 占收入"), number=True),
            Column(label=_("到 80% 的家数"), number=True, wide=True),
            Column(label=_("方法"), wide=True),
            Column(label=_("标注")),
        ],
    }


def _answers(found: Portfolio) -> dict[str, Any]:
    """What is said of the book alone: of ``found`` nothing but its ``content``."""
    return {
        "found": found,
        "title": answers.page_title(found),
        "caption": _caption(found),
        "period_choices": period_choices(found.period, "?period="),
        "stale": answers.stale_sentence(found),
        "in_view": answers.in_view_sentence(found),
        "figures": strip(found),
        "pareto_title": answers.pareto_title(found),
        "pareto": pareto_chart(found),
        "eighty_twenty": eighty_twenty_rows(found),
        "whale_title": answers.whale_title(found),
        "whale": whale_chart(found),
        "whale_facts": whale_rows(found),
        "concentration_title": answers.concentration_title(found),
        "concentration": concentration(found),
        "family_bars": None if found.families is None else family_bars(found.families),
        "families_url": f"?period={found.period}&part=families",
        "hhi": hhi_arithmetic(found),
        "gini": gini_arithmetic(found),
        "abc_title": answers.abc_title(found),
        "abc": abc_rows(found),
        "bands_title": answers.bands_title(found),
        "bands": band_rows(found),
        "bands_because": answers.bands_because(found),
    }


def _caption(found: Portfolio) -> str:
    words = [
        period_words(found.period, found.from_day, found.as_of),
        _("%(currency)s，不含税") % {"currency": currency_name(found.currency)},
        _("%(orders)s 单，%(lines)s 行")
        % {"orders": f"{found.results['orders']:,}", "lines": f"{found.results['lines']:,}"},
        _("方法 %(method)s") % {"method": found.method_name},
    ]
    return " · ".join(words)


def _row_columns(found: Portfolio) -> list[Column]:
    columns = [
        Column(label=_("名次")),
        Column(label=pgettext("kind of account", "客户")),
        Column(label=_("等级")),
        Column(label=_("收入"), number=True),
        Column(label=_("累计占比"), number=True, wide=True),
        Column(label=_("毛利"), number=True),
        Column(label=_("毛利率"), number=True, wide=True),
        Column(label=_("行业 · 地区"), wide=True),
        Column(label=_("负责人"), wide=True),
    ]
    return columns if found.is_whole_book else [column for column in columns if column.label != _("累计占比")]
