"""The value part of the account page: tier with reasons, lifetime profit opened to its arithmetic."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from changqing.base.refused import Refused
from changqing.people.permissions import may
from changqing.reports.worth_page import WorthPage, worth_page
from changqing.web.accounts.amounts import in_words
from changqing.web.components.figures import Arithmetic
from changqing.web.components.lists import Column
from changqing.web.components.tags import share
from changqing.web.methods.words import (
    because_words,
    fact_name,
    fact_value,
    failed_fit,
    matrix_because,
    matrix_name,
    model_name,
)
from changqing.web.reader import reader

SHOWN_FACTS = ("value_rank", "growth", "stability", "potential", "score", "r", "f", "m")


def value_part(request: HttpRequest, key: str, refused: Refused | None = None) -> HttpResponse:
    by = reader(request)
    found = worth_page(by, key)
    if found is None:
        raise Http404
    more = {
        "refused": refused,
        "may_rate": may(by, "rate accounts"),
        "may_decide": may(by, "decide tiers"),
        "ratings": _ratings(found),
        "tiers": [(tier.code, str(tier.name)) for tier in found.scheme.tiers],
        "expires_default": (timezone.localdate() + timedelta(days=90)).isoformat(),
    }
    return render(request, "account/value.html", _page(found) | more)


def _ratings(found: WorthPage) -> list[tuple[str, str, str, str]]:
    """Each trait that no ledger knows: code, name, the newest rating, what it rests on."""
    names = {
        "chain": _("决策链复杂"),
        "custom": _("需求定制"),
        "strategic": _("长期战略"),
        "influence": _("行业影响"),
    }
    rows = []
    for code, name in names.items():
        one = found.ratings.get(code)
        told = f"{one.rating} / 5" if one else "–"
        who = f"{one.evidence} · {one.by or one.principal} · {one.at:%Y-%m-%d}" if one else ""
        rows.append((code, name, told, who.removeprefix(" · ")))
    return rows


def _money(value: float | None, found: WorthPage) -> str:
    return in_words(None if value is None else Decimal(repr(round(value, 2))), found.currency)


def _page(found: WorthPage) -> dict[str, Any]:
    return {
        "found": found,
        "standing": found.judged.standing,
        "worth": found.judged.worth,
        "tier_title": _tier_title(found),
        "facts": _facts(found),
        "labels": _labels(found),
        "history": _history(found),
        "history_columns": [
            Column(label=_("自")),
            Column(label=_("等级")),
            Column(label=_("矩阵分类")),
            Column(label=_("理由"), wide=True),
            Column(label=_("方法"), wide=True),
        ],
        "decisions": [_decision(found, one) for one in found.decisions],
        "clp_title": _clp_title(found),
        "clp": _clp(found),
        "years": _years(found),
        "year_columns": [
            Column(label=_("年")),
            Column(label=_("收入"), number=True),
            Column(label=_("毛利"), number=True),
            Column(label=_("服务成本"), number=True, wide=True),
            Column(label=_("资金占用"), number=True, wide=True),
            Column(label=_("净贡献"), number=True),
        ],
        "levers": _levers(found),
    }


def _tier_name(found: WorthPage, code: str) -> str:
    tier = found.scheme.tier(code)
    return str(tier.name) if tier else code or _("未知")


def _tier_title(found: WorthPage) -> str:
    standing = found.judged.standing
    if standing is None:
        return _("还没有等级：上次评定时账本里没有它的订单")
    told = _("%(tier)s：%(class)s，%(because)s") % {
        "tier": _tier_name(found, standing.tier),
        "class": matrix_name(standing.matrix),
        "because": matrix_because(standing.matrix_reason),
    }
    if standing.proposed:
        told += _("；建议降到 %(tier)s，等待批准") % {"tier": _tier_name(found, standing.proposed)}
    return told


def _facts(found: WorthPage) -> list[tuple[str, str]]:
    standing = found.judged.standing
    if standing is None:
        return []
    rows = [(fact_name(name), fact_value(name, standing.inputs.get(name))) for name in SHOWN_FACTS]
    if standing.inputs.get("growth_is_short"):
        rows[1] = (_("半年环比（合作不满两年）"), rows[1][1])
    return rows


def _labels(found: WorthPage) -> list[tuple[str, str]]:
    standing = found.judged.standing
    if standing is None:
        return []
    rows = []
    for scheme in found.tiers.schemes:
        tier = scheme.tier(standing.labels.get(scheme.code, ""))
        rows.append((str(scheme.name), str(tier.name) if tier else _("未知")))
    return rows


def _history(found: WorthPage) -> list[dict[str, Any]]:
    return [
        {
            "since": row.since,
            "until": row.until,
            "tier": _tier_name(found, row.tier),
            "matrix": matrix_name(row.matrix),
            "because": because_words(row.reason),
            "method": f"{row.tiers_method}",
        }
        for row in found.history
    ]


def _decision(found: WorthPage, one: Any) -> dict[str, Any]:
    words = {
        "approved": _("批准降到 %(tier)s"),
        "refused": _("驳回降到 %(tier)s"),
        "override": _("人工设为 %(tier)s"),
        "lifted": _("取消人工设定，恢复 %(tier)s"),
    }[one.kind] % {"tier": _tier_name(found, one.tier)}
    if one.expires:
        words += _("，到 %(day)s") % {"day": one.expires.isoformat()}
    return {"what": words, "when": one.at, "result": one.reason, "who": str(one.by or one.principal)}


def _clp_title(found: WorthPage) -> str:
    worth = found.judged.worth
    if worth is None:
        return _("终身利润：无权查看，或没有订单")
    if worth.profit is None:
        return _("终身利润未知：没有一行订单有成本")
    return _("未来 %(years)s 年预计带来 %(profit)s") % {
        "years": len(worth.by_year),
        "profit": _money(worth.profit, found),
    }


def _clp(found: WorthPage) -> dict[str, Any] | None:
    worth, life = found.judged.worth, found.worth_method.lifetime
    if worth is None or worth.profit is None or worth.low is None or worth.high is None:
        return None
    facts = worth.facts
    inputs = [
        (_("模型"), model_name(worth.model)),
        (_("仍活跃的概率"), share(facts.get("alive"), 0)),
        (_("第一年预计下单"), fact_value("", facts.get("future_orders"))),
        (_("每单预计收入"), _money(facts.get("future_spend"), found)),
        (_("毛利率（向整本账收缩）"), share(facts.get("future_rate"))),
        (_("毛利率的标准差"), share(facts.get("future_rate_sd"))),
        (_("服务与资金成本占收入"), share(facts.get("future_serve"))),
        (_("下单后留下的概率"), share(facts.get("future_stays"), 0)),
        *(
            (_("第 %(n)s 年净贡献（未折现）") % {"n": at}, _money(value, found))
            for at, value in enumerate(worth.by_year, 1)
        ),
        (_("折现率"), share(float(life.discount.value), 0)),
        (_("不扣服务成本的终身价值（CLV）"), _money(facts.get("future_gross"), found)),
    ]
    if facts.get("cost") is None:
        inputs.append((_("服务成本"), _("账里没有，按 0 计")))
    if facts.get("financing") is None:
        inputs.append((_("资金占用"), _("账里没有发票，未知，按 0 计")))
    return {
        "arithmetic": Arithmetic(
            formula=_(
                "终身利润 = Σ 预计下单 × 每单收入 ×（毛利率 − 服务与资金成本率）÷（1 + 折现率）^（年 − ½）"
            ),
            inputs=inputs,
            as_of=worth.as_of,
            method=found.fit_name,
            note=_("区间由同一组抽样得出，并按上一年的预言与实际之差放宽；同一本账总得同一区间。"),
        ),
        "value": _money(worth.profit, found),
        "low": worth.low,
        "point": worth.profit,
        "high": worth.high,
        "least": min(worth.low, 0.0),
        "most": max(worth.high, 0.0),
        "words": _("80%% 区间 %(low)s 至 %(high)s")
        % {"low": _money(worth.low, found), "high": _money(worth.high, found)},
        "model": model_name(worth.model),
        "failed": [failed_fit(name, code) for name, code in found.failed.items()],
    }


def _years(found: WorthPage) -> list[dict[str, str]]:
    return [
        {
            "year": str(one.year) if one.is_whole else _("%(year)s（未满）") % {"year": one.year},
            "revenue": _money(one.revenue, found),
            "margin": _money(one.margin, found),
            "cost": _money(one.cost, found),
            "financing": _money(one.financing, found),
            "contribution": _money(one.contribution, found),
        }
        for one in found.years
    ]


def _levers(found: WorthPage) -> list[tuple[str, str, str]]:
    if found.levers is None:
        return []
    rows = (
        (_("更多"), _("一年下单几次"), found.levers.more),
        (_("更久"), _("会留多久"), found.levers.longer),
        (_("更深"), _("每单净贡献"), found.levers.deeper),
    )
    return [(name, words, _money(value, found)) for name, words, value in rows]
