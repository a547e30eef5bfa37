"""How a warning is said: what was seen, how unusual it is, what it may cost."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from changqing.base.money import written
from changqing.retention.queries import AccountWarning
from changqing.web.components.figures import Arithmetic

ICONS = {
    "overdue": "player-pause",
    "breadth": "puzzle",
    "returns": "arrow-back-up",
    "margin": "trending-down",
    "payment": "clock-exclamation",
}
# each sentence by the cause of a warning
MOVES = {
    "overdue": gettext_lazy("打电话问下一单：是停产、换人，还是找了别家"),
    "breadth": gettext_lazy("问清哪一类换了供应商，能不能拿回来"),
    "returns": gettext_lazy("找质量和物流看最近几张退货单"),
    "margin": gettext_lazy("核对价格、折扣和成本，再谈下一单"),
    "payment": gettext_lazy("和财务一起问清为什么变慢：周转、争议，还是想拉长账期"),
}
STAKES = {
    "overdue": gettext_lazy("近 12 个月贡献 × 已流失的可能"),
    "breadth": gettext_lazy("不再买的品类停购前 12 个月的毛利"),
    "returns": gettext_lazy("最近几单的退货金额"),
    "margin": gettext_lazy("（平常毛利率 − 最近毛利率）× 近 12 个月收入"),
    "payment": gettext_lazy("（最近付款天数 − 平常付款天数）× 近 12 个月开票 ÷ 365 × 资金成本率"),
}
RULES = {
    "overdue": gettext_lazy("P（间隔比现在还长）< 误报预算 × 平常间隔 ÷ 365.25"),
    "breadth": gettext_lazy("P（隔这么多单不买）按全书的贝塔二项分布 < 误报预算 ÷ 每年看的次数 ÷ 品类数"),
    "returns": gettext_lazy("P（最近几单至少这么多次退货）按贝塔二项分布 < 误报预算 ÷ 每年看的次数"),
    "payment": gettext_lazy(
        "最近一两个月的付款天数（取对数）与之前至多 48 个月的 t 检验，方差向全书收缩 < 误报预算 ÷ 12"
    ),
    "margin": gettext_lazy("最近一两单与之前至多 48 单的 t 检验，方差向全书收缩 < 误报预算 ÷ 每年看的次数"),
}


def percent(rate: float, digits: int = 1) -> str:
    return f"{rate * 100:.{digits}f}%".replace("-", "−")


def sentence(row: AccountWarning) -> str:
    """What was seen, beside what is usual."""
    if row.cause == "overdue":
        return _("%(seen)s 天没有下单，平常约 %(usual)s 天一单") % {
            "seen": round(row.seen),
            "usual": round(row.usual),
        }
    if row.cause == "breadth":
        return ngettext(
            "%(seen)s 个品类不再买了，共买过 %(usual)s 个",
            "%(seen)s 个品类不再买了，共买过 %(usual)s 个",
            round(row.seen),
        ) % {"seen": round(row.seen), "usual": round(row.usual)}
    if row.cause == "returns":
        return _("最近几单 %(seen)s 有退货，平常 %(usual)s") % {
            "seen": percent(row.seen, 0),
            "usual": percent(row.usual, 0),
        }
    if row.cause == "payment":
        return _("最近付款用了 %(seen)s 天，平常 %(usual)s 天") % {
            "seen": round(row.seen),
            "usual": round(row.usual),
        }
    return _("最近毛利率 %(seen)s，平常 %(usual)s") % {"seen": percent(row.seen), "usual": percent(row.usual)}


def how_unusual(row: AccountWarning) -> str:
    """How often a steady account shows as much, in words people can weigh."""
    chance = max(row.chance, 1e-6)
    return _("稳定的客户约 %(n)s 次里才有一次") % {"n": f"{round(1 / chance):,}"}


def next_move(row: AccountWarning) -> str:
    """The first step that its cause suggests; the rescue case that follows comes with its own room."""
    return str(MOVES[row.cause])


def money(amount: float | None, currency: str) -> str:
    if amount is None:
        return ""
    told = written(Decimal(str(round(amount, 2))), currency, get_language() or "zh-hans")
    return f"{told.number} {told.unit}".strip()


def stake_arithmetic(row: AccountWarning, currency: str) -> Arithmetic:
    """How the money at stake is worked out, by cause."""
    return Arithmetic(
        formula=str(STAKES[row.cause]),
        inputs=((_("在险毛利"), money(row.at_stake, currency)),),
        as_of=row.last_seen,
        method=str(row.method),
        note=_("期望值，各条不相加"),
    )


def chance_arithmetic(row: AccountWarning) -> Arithmetic:
    """How unusual it is, against what the rule may spend of its false alarms."""
    return Arithmetic(
        formula=str(RULES[row.cause]),
        inputs=(
            (_("偶然出现的可能"), f"{row.chance:.2g}"),
            (_("允许的误报"), f"{row.allowed:.2g}"),
            (_("看到的"), f"{row.seen:.4g}"),
            (_("平常的"), f"{row.usual:.4g}"),
            (_("依据的单数"), f"{row.samples}"),
        ),
        as_of=row.last_seen,
        method=str(row.method),
    )


def due(row: AccountWarning, today: Any) -> tuple[str, bool]:
    """(by when, whether that is now or past)."""
    left = (row.until - today).days
    if left < 0:
        return _("过期 %(n)s 天") % {"n": -left}, True
    if left == 0:
        return _("今天"), True
    if left == 1:
        return _("24 小时内"), True
    return _("还有 %(n)s 天") % {"n": left}, False
