"""The names of facts, classes and models as pages say them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from changqing.web.components.tags import minus, share

SHARES = frozenset(
    {"value_rank", "revenue_rank", "growth", "half_trend", "room", "return_rate", "contribution_rate"}
)


def fact_name(code: str) -> str:
    names = {
        "matrix": _("矩阵分类"),
        "verdict": _("五大特征"),
        "value_rank": _("贡献排名"),
        "revenue_rank": _("收入排名"),
        "growth": _("同比增长"),
        "half_trend": _("半年趋势"),
        "stability": _("季度收入变异系数"),
        "room": _("未买品类占比"),
        "potential": _("潜力分"),
        "orders": _("近 12 个月下单"),
        "purchases": _("累计购买"),
        "tenure": _("合作天数"),
        "silence": _("距上次下单天数"),
        "score": _("四维价值分"),
        "dim_current": _("当前价值"),
        "dim_potential": _("潜在价值"),
        "dim_relationship": _("关系价值"),
        "dim_strategic": _("战略价值"),
        "factors": _("四要素达到"),
        "is_loyal": _("忠诚"),
        "traits": _("五大特征达到"),
        "contribution": _("净贡献"),
        "contribution_rate": _("净贡献率"),
        "revenue": pgettext("money", "收入"),
        "revenue_all": _("累计收入"),
        "return_rate": _("退货占比"),
        "r": "R",
        "f": "F",
        "m": "M",
    }
    return names.get(code, code)


def matrix_name(code: str) -> str:
    return {
        "core": _("核心价值"),
        "potential": _("高潜力"),
        "maintain": _("维持型"),
        "improve": _("待优化"),
        "unclassified": _("未归类"),
    }.get(code, code or _("未归类"))


def matrix_because(code: str) -> str:
    """Why an account is in its class, as a sentence."""
    return {
        "top_stable": _("贡献在前 10%，季度收入稳定"),
        "middle_fast": _("贡献居中，增长快"),
        "stable_slow": _("收入稳定，增长有限"),
        "low_pain": _("贡献较低，账上看得出痛点：亏损、退货多或买得少了"),
        "stopped": _("近 12 个月没有下单"),
        "top_not_stable": _("贡献在前 10%，但季度收入不稳定，方案没有为它设类"),
        "top_stability_unknown": _("贡献在前 10%，但不足四个季度，看不出是否稳定"),
        "middle_slow_unstable": _("贡献居中，增长不快也不稳定，方案没有为它设类"),
        "middle_growth_unknown": _("贡献居中，还没有可比的上年，不知道增长"),
        "low_no_pain": _("贡献较低，也看不出痛点，方案没有为它设类"),
        "too_new": _("合作不满一年，增长和稳定都还不知道"),
        "margin_unknown": _("没有一行订单有成本，贡献未知"),
    }.get(code, code)


def failed_fit(name: str, code: str) -> str:
    """Which of the book's fits did not come off, by its standard name, and why."""
    names = {"rhythm": _("下单节奏"), "bgnbd": "BG/NBD", "gamma_gamma": "Gamma-Gamma"}
    return _("%(model)s：%(why)s") % {"model": names.get(name, name), "why": failure_name(code)}


def model_name(code: str) -> str:
    return {
        "regular": _("规律下单：伽马间隔，向同类收缩"),
        "irregular": _("不规律：BG/NBD"),
        "prior": _("只买过一次：按整本账里同样客户的先验"),
        "none": _("没有购买"),
    }.get(code, code)


def failure_name(code: str) -> str:
    return {
        "at_boundary": _("数据定不出参数（落在边界上）"),
        "no_repeat": _("没有人买过第二次"),
        "no_convergence": _("没有收敛"),
        "inconsistent": _("数据与模型不相容"),
    }.get(code, code)


def fact_value(code: str, value: Any) -> str:
    """A fact as people read it; – where it is not known."""
    if value is None:
        return "–"
    if isinstance(value, str):
        return matrix_name(value) if code == "matrix" else value
    if code in SHARES:
        return share(float(value), 0)
    number = float(value)
    return minus(f"{number:,.0f}" if number == int(number) else f"{number:,.2f}")


def because_words(reason: Sequence[Mapping[str, Any]]) -> str:
    """The facts that decided a tier, in one line."""
    told = []
    for one in reason:
        name, value = fact_name(one["fact"]), fact_value(one["fact"], one["value"])
        edge = one.get("edge")
        told.append(
            f"{name} {value}"
            if edge is None
            else _("%(name)s %(value)s（界线 %(edge)s）")
            % {"name": name, "value": value, "edge": fact_value(one["fact"], edge)}
        )
    return _("；").join(told) or _("其余")
