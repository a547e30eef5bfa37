"""The names of facts, classes and models as pages say them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from changqing.web.components.tags import minus, share

SHARES = frozenset(
    {"value_rank", "revenue_rank", "growth", "half_trend", "room", "return_rate", "contribution_rate"}
)

# Said in the reader's language when one of them is asked for: a page asks for dozens.
FACTS: dict[str, str | Promise] = {
    "matrix": gettext_lazy("矩阵分类"),
    "verdict": gettext_lazy("五大特征"),
    "value_rank": gettext_lazy("贡献排名"),
    "revenue_rank": gettext_lazy("收入排名"),
    "growth": gettext_lazy("同比增长"),
    "half_trend": gettext_lazy("半年趋势"),
    "stability": gettext_lazy("季度收入变异系数"),
    "room": gettext_lazy("未买品类占比"),
    "potential": gettext_lazy("潜力分"),
    "orders": gettext_lazy("近 12 个月下单"),
    "purchases": gettext_lazy("累计购买"),
    "tenure": gettext_lazy("合作天数"),
    "silence": gettext_lazy("距上次下单天数"),
    "score": gettext_lazy("四维价值分"),
    "dim_current": gettext_lazy("当前价值"),
    "dim_potential": gettext_lazy("潜在价值"),
    "dim_relationship": gettext_lazy("关系价值"),
    "dim_strategic": gettext_lazy("战略价值"),
    "factors": gettext_lazy("四要素达到"),
    "is_loyal": gettext_lazy("忠诚"),
    "traits": gettext_lazy("五大特征达到"),
    "contribution": gettext_lazy("净贡献"),
    "contribution_rate": gettext_lazy("净贡献率"),
    "revenue": pgettext_lazy("money", "收入"),
    "revenue_all": gettext_lazy("累计收入"),
    "return_rate": gettext_lazy("退货占比"),
    "r": "R",
    "f": "F",
    "m": "M",
}
MATRIX: dict[str, str | Promise] = {
    "core": gettext_lazy("核心价值"),
    "potential": gettext_lazy("高潜力"),
    "maintain": gettext_lazy("维持型"),
    "improve": gettext_lazy("待优化"),
    "unclassified": gettext_lazy("未归类"),
}
BECAUSE: dict[str, str | Promise] = {
    "top_stable": gettext_lazy("贡献在前 10%，季度收入稳定"),
    "middle_fast": gettext_lazy("贡献居中，增长快"),
    "stable_slow": gettext_lazy("收入稳定，增长有限"),
    "low_pain": gettext_lazy("贡献较低，账上看得出痛点：亏损、退货多或买得少了"),
    "stopped": gettext_lazy("近 12 个月没有下单"),
    "top_not_stable": gettext_lazy("贡献在前 10%，但季度收入不稳定，方案没有为它设类"),
    "top_stability_unknown": gettext_lazy("贡献在前 10%，但不足四个季度，看不出是否稳定"),
    "middle_slow_unstable": gettext_lazy("贡献居中，增长不快也不稳定，方案没有为它设类"),
    "middle_growth_unknown": gettext_lazy("贡献居中，还没有可比的上年，不知道增长"),
    "low_no_pain": gettext_lazy("贡献较低，也看不出痛点，方案没有为它设类"),
    "too_new": gettext_lazy("合作不满一年，增长和稳定都还不知道"),
    "margin_unknown": gettext_lazy("没有一行订单有成本，贡献未知"),
}
MODELS: dict[str, str | Promise] = {
    "regular": gettext_lazy("规律下单：伽马间隔，向同类收缩"),
    "irregular": gettext_lazy("不规律：BG/NBD"),
    "prior": gettext_lazy("只买过一次：按整本账里同样客户的先验"),
    "none": gettext_lazy("没有购买"),
}
FAILURES: dict[str, str | Promise] = {
    "at_boundary": gettext_lazy("数据定不出参数（落在边界上）"),
    "no_repeat": gettext_lazy("没有人买过第二次"),
    "no_convergence": gettext_lazy("没有收敛"),
    "inconsistent": gettext_lazy("数据与模型不相容"),
}


def fact_name(code: str) -> str:
    return str(FACTS.get(code, code))


def matrix_name(code: str) -> str:
    return str(MATRIX.get(code, code or MATRIX["unclassified"]))


def matrix_because(code: str) -> str:
    """Why an account is in its class, as a sentence."""
    return str(BECAUSE.get(code, code))


def failed_fit(name: str, code: str) -> str:
    """Which of the book's fits did not come off, by its standard name, and why."""
    names = {"rhythm": _("下单节奏"), "bgnbd": "BG/NBD", "gamma_gamma": "Gamma-Gamma"}
    return _("%(model)s：%(why)s") % {"model": names.get(name, name), "why": failure_name(code)}


def model_name(code: str) -> str:
    return str(MODELS.get(code, code))


def failure_name(code: str) -> str:
    return str(FAILURES.get(code, code))


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
