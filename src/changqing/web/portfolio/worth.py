"""The worth part of Portfolio: matrix with bubbles, whale after cost to serve, movers, tiers."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from changqing.reports.portfolio_worth import PortfolioWorth, portfolio_worth
from changqing.retention.queries import AccountWarning
from changqing.value.queries.worth import Bubble
from changqing.web.accounts.amounts import in_words
from changqing.web.components.charts import Rows
from changqing.web.components.figures import Arithmetic
from changqing.web.components.kept import written
from changqing.web.components.lists import Column
from changqing.web.components.tags import share
from changqing.web.methods.words import because_words, matrix_because, matrix_name, model_name
from changqing.web.portfolio.drawing import Drawn
from changqing.web.reader import reader

LARGEST, SMALLEST = 54.0, 8.0
NAMED = 10
CLASSES = ("core", "potential", "maintain", "improve", "unclassified")


def worth_part(request: HttpRequest) -> HttpResponse:
    found = portfolio_worth(reader(request))
    if not found.accounts:
        return render(request, "portfolio/no_worth.html", {"found": found})
    return HttpResponse(written("portfolio/worth.html", lambda: _page(found), found.content))


def _money(value: float | None, found: PortfolioWorth) -> str:
    return in_words(None if value is None else Decimal(repr(round(value, 2))), found.currency)


def _page(found: PortfolioWorth) -> dict[str, Any]:
    return {
        "found": found,
        "matrix_title": _matrix_title(found),
        "matrix": matrix_chart(found),
        "matrix_caption": _matrix_caption(found),
        "classes": _classes(found),
        "clp": _clp(found),
        "models": [(model_name(name), f"{count:,}") for name, count in found.models.items()],
        "warnings_told": _warnings_told(found),
        "whale_title": _whale_title(found),
        "whale": whale_after_cost(found),
        "whale_caption": _whale_caption(found),
        "tiers_title": _tiers_title(found),
        "tiers": _tiers(found),
        "movers_title": _movers_title(found),
        "movers": _movers(found),
        "mover_columns": [
            Column(label=pgettext("kind of account", "客户")),
            Column(label=_("一个月前")),
            Column(label=_("现在")),
            Column(label=_("理由"), wide=True),
        ],
        "proposals": [
            (
                row.name,
                reverse("account", args=[row.key]),
                _tier_name(found, row.tier),
                _tier_name(found, row.proposed),
                because_words(row.reason),
            )
            for row in found.proposals
        ],
    }


def _tier_name(found: PortfolioWorth, code: str) -> str:
    tier = found.scheme.tier(code)
    return str(tier.name) if tier else code or _("未知")


def _in_class(found: PortfolioWorth, name: str) -> int:
    return sum(found.matrix.get(name, {}).values())


def _matrix_title(found: PortfolioWorth) -> str:
    return _("核心 %(core)s 家，高潜力 %(potential)s 家；%(none)s 家未归类，各有原因") % {
        "core": f"{_in_class(found, 'core'):,}",
        "potential": f"{_in_class(found, 'potential'):,}",
        "none": f"{_in_class(found, 'unclassified'):,}",
    }


def _warnings_told(found: PortfolioWorth) -> str:
    """正在响的预警 3 条：停购 2，品类流失 1."""
    total = sum(found.warnings.values())
    if not total:
        return _("没有正在响的预警")
    parts = [f"{AccountWarning.Cause(cause).label} {n:,}" for cause, n in found.warnings.items()]
    return ngettext("正在响的预警 %(n)s 条：%(parts)s", "正在响的预警 %(n)s 条：%(parts)s", total) % {
        "n": f"{total:,}",
        "parts": _("，").join(parts),
    }


def _matrix_caption(found: PortfolioWorth) -> str:
    told = _("面积 = 终身利润；◇ 负；虚线 = 未知")
    if found.undrawn > 0:
        told += _("；%(n)s 家贡献靠后，未画") % {"n": f"{found.undrawn:,}"}
    return told


def matrix_chart(found: PortfolioWorth) -> Drawn:
    """Potential over rank of contribution; area is lifetime profit."""
    most = max((abs(one.profit) for one in found.bubbles if one.profit is not None), default=0.0)
    ranked = sorted(found.bubbles, key=lambda one: -(one.profit or 0.0))
    named = {one.account for one in ranked[:NAMED]}
    edge = 100 * float(found.worth_method.matrix.core_from.value)
    lowest = min((100 * (one.value_rank or 0) for one in found.bubbles), default=0.0)
    option = {
        "grid": {"left": 12, "right": 56, "top": 28, "bottom": 28, "containLabel": True},
        "xAxis": {
            "type": "value",
            "name": _("贡献排名（%）"),
            "nameLocation": "middle",
            "nameGap": 28,
            "min": math.floor(lowest / 5) * 5,
            "max": 101,
            "axisLabel": {"showMaxLabel": False},
        },
        "yAxis": {
            "type": "value",
            "name": _("潜力分（0–100）"),
            "nameTextStyle": {"align": "left"},
            "min": 0,
            "max": 100,
        },
        "series": [
            {
                "type": "scatter",
                "data": [_bubble(one, most, one.account in named, found) for one in found.bubbles],
                "labelLayout": {"hideOverlap": True, "moveOverlap": "shiftY"},
                "markLine": {
                    "symbol": "none",
                    "silent": True,
                    "label": {"formatter": _("核心线"), "color": "@ink3", "position": "end"},
                    "lineStyle": {"color": "@line2", "type": "dashed", "width": 1},
                    "data": [{"xAxis": edge}],
                },
            }
        ],
    }
    table = Rows(
        headings=[pgettext("kind of account", "客户"), _("类"), _("贡献排名"), _("潜力分"), _("终身利润")],
        rows=[
            [
                one.name,
                matrix_name(one.matrix),
                share(one.value_rank, 0),
                "–" if one.potential is None else f"{one.potential:.0f}",
                _money(one.profit, found),
            ]
            for one in ranked
        ],
        urls=[reverse("account", args=[one.key]) for one in ranked],
    )
    return Drawn(option, table, _("价值 × 潜力：每个圆是一家客户，面积是终身利润"))


def _bubble(one: Bubble, most: float, is_named: bool, found: PortfolioWorth) -> dict[str, Any]:
    size = SMALLEST
    if one.profit is not None and most > 0:
        size = max(SMALLEST, LARGEST * math.sqrt(abs(one.profit) / most))
    is_unknown, is_negative = one.profit is None, (one.profit or 0.0) < 0
    ink = "@c1" if one.matrix == "core" else "@c2"
    style: dict[str, Any] = {"color": ink, "opacity": 0.75}
    if is_unknown or is_negative:
        style = {
            "color": "transparent",
            "borderColor": "@line2" if is_unknown else "@red",
            "borderType": "dashed" if is_unknown else "solid",
            "borderWidth": 1.5,
        }
    words = _("%(name)s：%(class)s，贡献排名 %(rank)s，潜力 %(potential)s，终身利润 %(profit)s") % {
        "name": one.name,
        "class": matrix_name(one.matrix),
        "rank": share(one.value_rank, 0),
        "potential": _("未知") if one.potential is None else f"{one.potential:.0f}",
        "profit": _money(one.profit, found),
    }
    item: dict[str, Any] = {
        "value": [round(100 * (one.value_rank or 0.0), 1), round(one.potential or 0.0, 1)],
        "symbol": "diamond" if is_negative else "circle",
        "symbolSize": round(size, 1),
        "itemStyle": style,
        "words": words,
        "url": reverse("account", args=[one.key]),
    }
    if is_named:
        # a rim of paper keeps a name legible where it lies on another's bubble
        rim = {"textBorderColor": "@surface", "textBorderWidth": 3}
        item["label"] = {"show": True, "position": "left", "formatter": one.name, "color": "@ink", **rim}
    return item


def _classes(found: PortfolioWorth) -> list[dict[str, Any]]:
    return [
        {
            "name": matrix_name(name),
            "accounts": f"{_in_class(found, name):,}",
            "reasons": [
                (matrix_because(reason), f"{count:,}") for reason, count in found.matrix.get(name, {}).items()
            ],
        }
        for name in CLASSES
        if found.matrix.get(name)
    ]


def _clp(found: PortfolioWorth) -> dict[str, Any]:
    totals = found.totals
    return {
        "value": _money(totals.profit, found),
        "words": _("80%% 区间 %(low)s 至 %(high)s")
        % {
            "low": _money(totals.low, found),
            "high": _money(totals.high, found),
        },
        "at_risk": _money(totals.at_risk, found),
        "arithmetic": Arithmetic(
            formula=_("各家终身利润之和；区间按各家相互独立合成，不是各家区间之和"),
            inputs=[
                (pgettext("kind of account", "客户"), f"{totals.accounts:,}"),
                (_("其中未知"), f"{totals.unknown:,}"),
                (_("合计"), _money(totals.profit, found)),
            ],
            as_of=found.fit_day,
            method="worth",
        ),
        "risk_arithmetic": Arithmetic(
            formula=_("在险收入 = Σ（1 − 仍活跃的概率）× 近 12 个月收入"),
            inputs=[(_("合计"), _money(totals.at_risk, found))],
            as_of=found.fit_day,
            method="worth",
        ),
    }


def _whale_title(found: PortfolioWorth) -> str:
    if found.whale is None:
        return _("扣服务成本后的贡献未知")
    if not found.whale.loss_making:
        return _("近 12 个月扣除服务成本后没有一家倒贴")
    return _("近 12 个月扣除服务成本后，%(n)s 家倒贴 %(eaten)s") % {
        "n": f"{found.whale.loss_making:,}",
        "eaten": _money(found.whale.eaten, found),
    }


def _whale_caption(found: PortfolioWorth) -> str:
    if not found.knows_cost and not found.knows_receivables:
        return _("账里没有服务成本和发票：净贡献暂等于毛利")
    return _("服务成本已知 %(cost)s 家，应收已知 %(due)s 家") % {
        "cost": f"{found.knows_cost:,}",
        "due": f"{found.knows_receivables:,}",
    }


def whale_after_cost(found: PortfolioWorth) -> Drawn | None:
    """Cumulative contribution, best accounts first."""
    if found.whale is None:
        return None
    points, peak = found.whale.points, found.whale.peak_accounts
    option = {
        "grid": {"left": 12, "right": 24, "top": 24, "bottom": 24, "containLabel": True},
        "xAxis": {
            "type": "value",
            "max": found.whale.accounts,
            "name": _("客户（净贡献从高到低）"),
            "nameLocation": "middle",
            "nameGap": 28,
        },
        "yAxis": {"type": "value", "axisLabel": {"show": False}},
        "series": [
            {
                "type": "line",
                "data": [point for point in points if point[0] <= peak],
                "showSymbol": False,
                "silent": True,
                "lineStyle": {"color": "@c1", "width": 2},
            },
            {
                "type": "line",
                "data": [point for point in points if point[0] >= peak],
                "showSymbol": False,
                "silent": True,
                "lineStyle": {"color": "@red", "width": 2},
            },
        ],
    }
    step = max(1, len(points) // 12)
    table = Rows(
        headings=[_("前几家"), _("累计净贡献")],
        rows=[[f"{at:,}", _money(value, found)] for at, value in [*points[::step], points[-1]]],
    )
    return Drawn(option, table, _("净贡献的累计，按客户从高到低"))


def _tiers_title(found: PortfolioWorth) -> str:
    parts = [f"{tier.name!s} {found.tiers.get(tier.code, 0):,}" for tier in found.scheme.tiers]
    return _("%(scheme)s：%(tiers)s") % {"scheme": found.scheme.name, "tiers": "，".join(parts)}


def _tiers(found: PortfolioWorth) -> list[dict[str, Any]]:
    return [
        {
            "name": str(tier.name),
            "accounts": f"{found.tiers.get(tier.code, 0):,}",
            "part": found.tiers.get(tier.code, 0) / found.accounts if found.accounts else 0.0,
            "service": str(tier.service) if tier.service else "–",
        }
        for tier in found.scheme.tiers
    ]


def _movers_title(found: PortfolioWorth) -> str:
    if not found.moved:
        return _("一个月来没有一家换了等级")
    return _("一个月来 %(n)s 家换了等级") % {"n": f"{found.moved:,}"}


def _movers(found: PortfolioWorth) -> list[dict[str, str]]:
    return [
        {
            "name": one.name,
            "url": reverse("account", args=[one.key]),
            "before": _tier_name(found, one.before_tier),
            "tier": _tier_name(found, one.tier),
            "because": because_words(one.reason),
        }
        for one in found.movers
    ]
