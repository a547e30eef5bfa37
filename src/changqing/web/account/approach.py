"""How to go about an account, how its value grew, which streams its profit comes from."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from changqing.base.days import FiscalYear
from changqing.reports.approach import ApproachPage, StreamMoney, approach_page
from changqing.value.rules.approach import SIGNS, Says, Sign
from changqing.web.account.drawing import Drawn
from changqing.web.accounts.amounts import in_words, signed_share
from changqing.web.components.charts import Rows
from changqing.web.components.figures import Arithmetic
from changqing.web.components.lists import Column
from changqing.web.components.tags import share
from changqing.web.reader import reader

GRID = {"left": 28, "right": 64, "top": 24, "bottom": 8, "containLabel": True}
SIGN_NAMES: dict[Sign, Promise] = {
    "participants": gettext_lazy("参与人"),
    "amount": gettext_lazy("每单金额"),
    "layers": gettext_lazy("审批层级"),
}
INKS = ("@c2", "@c3", "@line2", "@c4", "@ink3", "@ink2")


def approach_part(request: HttpRequest, key: str) -> HttpResponse:
    found = approach_page(reader(request), key)
    if found is None:
        raise Http404
    return render(
        request,
        "account/approach.html",
        {
            "found": found,
            "title": _title(found),
            "sign_columns": [
                Column(label=_("迹象")),
                Column(label=_("看到"), number=True),
                Column(label=_("门槛"), number=True),
                Column(label=_("像哪一种")),
            ],
            "signs": _signs(found),
            "staff": _staff(found),
            "growth_title": _growth_title(found),
            "growth": _growth(found),
            "growth_number": _growth_number(found),
            "streams_title": _streams_title(found),
            "streams": _streams(found),
            "worth": _worth(found),
        },
    )


def money(value: float | Decimal | None, found: ApproachPage) -> str:
    return in_words(None if value is None else Decimal(repr(round(float(value), 2))), found.currency)


def _title(found: ApproachPage) -> str:
    if found.suggestion is None:
        return _("打法")
    if found.suggestion.process is None:
        return _("打法未定：%(missing)s还不知道") % {
            "missing": _("、").join(
                sign_name(name) for name in SIGNS if found.suggestion.signs[name][0] == "unknown"
            )
        }
    return _("建议用%(process)s") % {"process": found.suggestion.process.name}


def sign_name(name: Sign) -> str:
    return str(SIGN_NAMES[name])


def _signs(found: ApproachPage) -> list[tuple[str, str, str, str]]:
    if found.suggestion is None:
        return []
    words: dict[Says, str] = {"key": _("像大客户"), "ordinary": _("像普通客户"), "unknown": _("未知")}
    rows = []
    for name in SIGNS:
        says, value = found.suggestion.signs[name]
        edge = Decimal(getattr(found.approach.signs, name).value)
        told = [
            "–"
            if one is None
            else in_words(one, found.approach.signs.currency.value)
            if name == "amount"
            else f"{one:,}"
            for one in (value, edge)
        ]
        rows.append((sign_name(name), told[0], f"≥ {told[1]}", words[says]))
    return rows


def _staff(found: ApproachPage) -> str:
    if found.staff is None:
        return ""
    words = {
        "tier": found.staff.tier,
        "needed": found.staff.needed,
        "hands": found.staff.hands,
        "missing": max(found.staff.needed - found.staff.hands, 0),
    }
    if words["missing"]:
        return _("年付费%(tier)s：应配 %(needed)s 人，现有 %(hands)s 人，缺 %(missing)s 人") % words
    return _("年付费%(tier)s：应配 %(needed)s 人，现有 %(hands)s 人，够") % words


def _of(found: ApproachPage) -> str:
    return _("毛利") if found.growth_is_margin else _("收入")


def _growth_title(found: ApproachPage) -> str:
    grown = found.growth
    if grown is None:
        return _("价值增长未知：不足两个完整的年头")
    if grown.growth is None:
        return _("头 12 个月的%(what)s不大于零，增长无从算起") % {"what": _of(found)}
    return _("近 12 个月%(what)s与头 12 个月相比 %(change)s") % {
        "what": _of(found),
        "change": signed_share(grown.growth),
    }


def _growth_number(found: ApproachPage) -> dict[str, Any] | None:
    grown = found.growth
    if grown is None or grown.growth is None:
        return None
    claim = found.method.partner.growth
    return {
        "value": signed_share(grown.growth),
        "arithmetic": Arithmetic(
            formula=_("增长 = 近 12 个整月的%(what)s ÷ 头 12 个整月的%(what)s − 1") % {"what": _of(found)},
            inputs=[
                (_("头 12 个整月"), money(grown.baseline, found)),
                (_("近 12 个整月"), money(grown.current, found)),
                (_("培训材料的说法"), signed_share(float(claim.value))),
            ],
            as_of=found.as_of,
            method=found.methods[1],
            note=claim.source,
        ),
    }


def _growth(found: ApproachPage) -> Drawn | None:
    """Sums of twelve months by their last month; the beginning dashed, named at its end."""
    grown = found.growth
    if grown is None:
        return None
    names = [f"{month:%Y-%m}" for month, _sum in grown.curve]
    option = {
        "grid": GRID,
        "xAxis": {"type": "category", "data": names, "axisLabel": {"hideOverlap": True}},
        "yAxis": {"type": "value", "axisLabel": {"show": False}, "axisLine": {"show": False}},
        "series": [
            {
                "type": "line",
                "name": _of(found),
                "showSymbol": False,
                "lineStyle": {"color": "@c1", "width": 2},
                "itemStyle": {"color": "@c1"},
                "data": [
                    {"value": float(total), "words": f"{name} {money(total, found)}"}
                    for name, (_month, total) in zip(names, grown.curve, strict=True)
                ],
                "markLine": {
                    "symbol": "none",
                    "silent": True,
                    "label": {"formatter": _("起点"), "color": "@ink3", "position": "end"},
                    "lineStyle": {"color": "@line2", "type": "dashed", "width": 1},
                    "data": [{"yAxis": float(grown.baseline)}],
                },
            }
        ],
    }
    table = Rows(
        headings=[_("到月"), _("12 个月合计")],
        rows=[[name, money(total, found)] for name, (_m, total) in zip(names, grown.curve, strict=True)],
    )
    return Drawn(option, table, _("滚动 12 个月%(what)s，虚线是头 12 个月") % {"what": _of(found)})


def _streams_title(found: ApproachPage) -> str:
    after = sum(one.share for one in found.streams if not one.is_core)
    if not found.streams:
        return ""
    return _("近 12 个月毛利的 %(share)s 来自后续产品和服务") % {"share": share(after, 0)}


def _streams(found: ApproachPage) -> Drawn | None:
    """Margin stacked by stream: calendar years as they were, then the years foreseen, lighter."""
    if not found.streams:
        return None
    foreseen = len(found.streams[0].future)
    names = [
        *(_year(year, found) for year in found.years),
        *(_("第 %(n)s 年") % {"n": at + 1} for at in range(foreseen)),
    ]
    inks = iter(INKS)
    series = [
        {
            "type": "bar",
            "name": one.name,
            "stack": "streams",
            "barMaxWidth": 44,
            "itemStyle": {"color": "@c1" if one.is_core else next(inks)},
            "data": [_bar(one, at, name, found) for at, name in enumerate(names)],
        }
        for one in found.streams
    ]
    option = {
        "grid": GRID | {"top": 36, "right": 24},
        "legend": {"show": len(series) > 1, "top": 0, "left": 0},
        "xAxis": {"type": "category", "data": names},
        "yAxis": {"type": "value", "axisLabel": {"show": False}, "axisLine": {"show": False}},
        "series": series,
    }
    table = Rows(
        headings=[_("年"), *(one.name for one in found.streams)],
        rows=[
            [name, *(money(_at(one, at), found) for one in found.streams)] for at, name in enumerate(names)
        ],
    )
    return Drawn(option, table, _("各年毛利按利润流叠起；预计年按近 12 个月的构成分摊"))


def _year(year: FiscalYear, found: ApproachPage) -> str:
    is_whole = found.as_of is None or year.ended_by(found.as_of)
    return str(year) if is_whole else _("%(year)s（未满）") % {"year": year}


def _at(one: StreamMoney, at: int) -> float:
    past = len(one.past)
    return float(one.past[at]) if at < past else one.future[at - past]


def _bar(one: StreamMoney, at: int, name: str, found: ApproachPage) -> dict[str, Any]:
    value = _at(one, at)
    item: dict[str, Any] = {
        "value": round(value, 2),
        "words": _("%(year)s %(stream)s %(money)s")
        % {"year": name, "stream": one.name, "money": money(value, found)},
    }
    return item if at < len(one.past) else item | {"itemStyle": {"opacity": 0.55}}


def _worth(found: ApproachPage) -> list[tuple[str, str]]:
    """Lifetime value beside lifetime profit: what serving takes, and both places."""
    if found.worth is None or found.places is None or found.worth.profit is None:
        return []
    value = found.worth.facts["future_gross"]
    place = _("第 %(place)s 名，共 %(of)s 家")
    return [
        (_("终身价值 CLV（不扣服务成本）"), money(value, found)),
        (_("CLV 名次"), place % {"place": found.places.by_value, "of": found.places.of}),
        (_("终身利润 CLP"), money(found.worth.profit, found)),
        (_("CLP 名次"), place % {"place": found.places.by_profit, "of": found.places.of}),
        (_("服务与资金成本拿走"), money(value - found.worth.profit, found)),
    ]
