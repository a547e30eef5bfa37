"""Growth and effort over the accounts in view."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET

from changqing.reports.growth import Growth, by_band, growth
from changqing.web.accounts.amounts import in_words
from changqing.web.components.figures import Arithmetic
from changqing.web.components.lists import Column
from changqing.web.components.tags import share, whole
from changqing.web.reader import reader

NAMED = 8


@require_GET
def growth_page(request: HttpRequest) -> HttpResponse:
    found = growth(reader(request))
    if found is None:
        return render(request, "growth/empty.html")
    return render(request, "growth/page.html", _page(found))


def _money(value: float | Decimal | None, found: Growth) -> str:
    return in_words(None if value is None else Decimal(repr(round(float(value), 2))), found.currency)


def _share(value: float | None) -> str:
    return _("未知") if value is None else share(value, 0)


def _page(found: Growth) -> dict[str, Any]:
    return {
        "found": found,
        "title": _title(found),
        "caption": _("%(start)s 起的 12 个整月，与此前 12 个整月比 · %(method)s")
        % {"start": f"{found.start:%Y-%m}", "method": found.method_name},
        "kept": _kept(found),
        "expanded_title": _expanded_title(found),
        "expanded_columns": _columns(
            pgettext("kind of account", "客户"), _("品类数"), _("此前"), _("近 12 个月"), _("几倍")
        ),
        "expanded": [
            (
                one.name,
                reverse("account", args=[one.key]),
                f"{one.families_before} → {one.families}",
                _money(one.before, found),
                _money(one.now, found),
                f"{one.multiple:.1f}",
            )
            for one in found.expanded
        ],
        "streams_title": _streams_title(found),
        "stream_columns": _columns(_("利润流"), _("家数"), _("收入"), _("毛利"), ""),
        "streams": [
            (
                str(one.stream.name),
                _("后续") if one.stream.kind == "follow_on" else _("主业"),
                _families(one.families),
                whole(one.accounts),
                _money(one.revenue, found),
                _money(one.margin, found) if one.margin is not None else "",
            )
            for one in found.streams
        ],
        "cohort_title": _cohort_title(found),
        "cohort_columns": _columns(_("首单年份"), _("家数"), _("仍在下单"), _("终身价值"), _("终身利润")),
        "cohorts": [
            (
                one.year,
                whole(one.accounts),
                whole(one.ordering),
                _money(one.value, found),
                _money(one.profit, found),
            )
            for one in found.cohorts
        ],
        "staff_title": _staff_title(found),
        "staff_columns": _columns(_("年付费级别"), _("应配人数"), _("家数"), _("缺人的"), ""),
        "staff": _staff(found),
        "effort_title": _effort_title(found),
        "effort_columns": _columns(_("活动"), _("家数"), _("投入"), _("分摊到的毛利"), _("每元净回报")),
        "efforts": [
            (
                one.activity or _("未写类别"),
                whole(one.accounts),
                _money(one.cost, found),
                _money(one.margin, found),
                f"{one.net_return:,.1f}",
                one in found.low,
                _money(one.at_a_loss, found),
            )
            for one in found.activities
        ],
    }


def _families(names: tuple[str, ...]) -> str:
    """The first of them; a book may have hundreds."""
    named = _("、").join(name or _("未分品类") for name in names[:NAMED])
    if len(names) <= NAMED:
        return named or "–"
    return _("%(named)s 等 %(n)s 类") % {"named": named, "n": whole(len(names))}


def _columns(first: str, *others: str) -> list[Column]:
    return [Column(label=first), *(Column(label=name, number=True) for name in others if name)]


def _title(found: Growth) -> str:
    kept = found.retention
    if kept.net is None:
        return _("此前 12 个月没有人下单，留存无从算起")
    return _("老客户的收入留下 %(net)s，%(widened)s 家买的品类变多") % {
        "net": share(kept.net, 0),
        "widened": whole(found.widened),
    }


def _kept(found: Growth) -> dict[str, Any]:
    kept = found.retention
    inputs = [
        (_("此前 12 个月下过单的家数"), whole(kept.accounts)),
        (_("它们此前的收入"), _money(kept.before, found)),
        (_("它们近 12 个月的收入"), _money(kept.now, found)),
    ]

    def opened(formula: str) -> Arithmetic:
        return Arithmetic(formula=formula, inputs=inputs, as_of=found.as_of, method=found.method_name)

    return {
        "net": (_share(kept.net), opened(_("净留存 = 老客户近 12 个月收入 ÷ 它们此前 12 个月收入"))),
        "gross": (
            _share(kept.gross),
            opened(_("毛留存 = 各家取两年中较小的收入，合计 ÷ 此前 12 个月收入")),
        ),
        "facts": [
            (_("新客户带来"), _money(kept.new, found)),
            (_("不再下单的客户此前的收入"), _money(kept.lost, found)),
            (
                _("做到 %(times)s 倍以上的家数（案例 200 万 → 500 万）")
                % {"times": found.method.expansion.multiple.value},
                whole(found.multiplied),
            ),
        ],
    }


def _expanded_title(found: Growth) -> str:
    if not found.widened:
        return _("没有老客户比上年多买品类")
    return _("%(n)s 家老客户比上年多买了品类") % {"n": whole(found.widened)}


def _streams_title(found: Growth) -> str:
    if found.follow_on_margin is not None:
        return _("后续产品和服务占毛利 %(margin)s，%(attach)s 的主业客户也买后续") % {
            "margin": share(found.follow_on_margin, 0),
            "attach": _share(found.attach),
        }
    return _("后续产品和服务占收入 %(revenue)s，%(attach)s 的主业客户也买后续") % {
        "revenue": _share(found.follow_on_revenue),
        "attach": _share(found.attach),
    }


def _cohort_title(found: Growth) -> str:
    if not found.cohorts:
        return _("按首单年份看终身价值：没有您可见毛利的客户")
    best = max(found.cohorts, key=lambda one: one.profit / max(one.accounts, 1))
    return _("%(year)s 年来的客户平均终身利润最高，每家 %(mean)s") % {
        "year": best.year,
        "mean": _money(best.profit / max(best.accounts, 1), found),
    }


def _staff_title(found: Growth) -> str:
    short = sum(short for _accounts, short in found.staffing.tiers.values())
    if not any(accounts for accounts, _short in found.staffing.tiers.values()):
        return _("人手够不够未知：没有汇率，分不出年付费级别")
    if not short:
        return _("每一家都配够了人")
    return _("%(n)s 家的人手达不到年付费级别的要求") % {"n": whole(short)}


def _staff(found: Growth) -> list[tuple[str, str, str, str]]:
    return [
        (
            str(tier.name),
            whole(tier.staff or 0),
            whole(found.staffing.tiers[tier.code][0]),
            whole(found.staffing.tiers[tier.code][1]),
        )
        for tier in by_band().tiers
    ]


def _effort_title(found: Growth) -> str:
    if not found.activities:
        return _("投入产出未知：账本里没有您可见的服务成本")
    lowest = found.activities[0]
    return _("“%(activity)s”每投 1 元净回报 %(back)s 元，最低") % {
        "activity": lowest.activity or _("未写类别"),
        "back": f"{lowest.net_return:,.1f}",
    }
