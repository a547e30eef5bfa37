"""The strip of Portfolio and the arithmetic of its indices."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from changqing.reports.portfolio import Portfolio, margin_rate
from changqing.web.accounts.amounts import in_units, in_words, to_the_cent
from changqing.web.components.figures import Arithmetic
from changqing.web.components.tags import share


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One figure of the strip."""

    label: str
    value: str
    unit: str = ""
    note: str = ""
    tone: str = "ink"
    arithmetic: Arithmetic


def strip(found: Portfolio) -> list[Shown]:
    return [_revenue(found), _margin(found), _accounts(found), _to_eighty(found), _losses(found)]


def _opened(found: Portfolio, formula: str, *inputs: tuple[str, str], note: str = "") -> Arithmetic:
    return Arithmetic(
        formula=formula,
        inputs=list(inputs),
        as_of=found.as_of,
        method=found.method_name,
        note=note,
        rows_url=f"/accounts/?period={found.period}",
    )


def _revenue(found: Portfolio) -> Shown:
    total = found.money("revenue")
    assert total is not None
    number, unit = in_units(total, found.currency)
    said = found.results
    return Shown(
        label=_("收入"),
        value=number,
        unit=unit,
        note=_converted(found) or _("%(orders)s 单") % {"orders": f"{said['orders']:,}"},
        arithmetic=_opened(
            found,
            _("订单行不含税金额之和，退货、红字和返利在内；别的币种按当日汇率折算"),
            (_("收入"), to_the_cent(total, found.currency)),
            (_("其中折算自别的币种"), to_the_cent(found.money("revenue_converted"), found.currency)),
            (_("订单"), f"{said['orders']:,}"),
            (_("订单行"), f"{said['lines']:,}"),
        ),
    )


def _converted(found: Portfolio) -> str:
    """How much of the revenue came in another currency; nothing where none did."""
    converted, total = found.money("revenue_converted"), found.money("revenue")
    if not converted or not total:
        return ""
    return _("其中 %(money)s（%(share)s）由别的币种折算") % {
        "money": in_words(converted, found.currency),
        "share": share(float(converted / total)),
    }


def _margin(found: Portfolio) -> Shown:
    total, revenue = found.money("margin"), found.money("revenue")
    unknown, withheld = (found.results[f"margin_{why}_accounts"] for why in ("unknown", "withheld"))
    if total is None or revenue is None:
        return Shown(
            label=_("毛利"),
            value=_("无权查看"),
            note=_("需要的话，请客户负责人为您申请"),
            tone="unknown",
            arithmetic=_opened(found, _("这些客户的毛利和成本不对您开放，所以不合计")),
        )
    if unknown == found.results["buying_accounts"]:
        return Shown(
            label=_("毛利"),
            value=_("未知"),
            note=_("没有一行订单有成本"),
            tone="unknown",
            arithmetic=_opened(found, _("毛利 = 收入 − 成本；没有成本就不知道毛利")),
        )
    number, unit = in_units(total, found.currency)
    without_cost = found.money("revenue_without_cost") or Decimal(0)
    rate = share(margin_rate(found.revenue_with_cost, total))
    note = _("毛利率 %(rate)s") % {"rate": rate}
    if unknown:
        note += _("；%(count)s 家成本未知，不计") % {"count": f"{unknown:,}"}
    if withheld:
        note += _("；%(count)s 家的毛利不对您开放，不计") % {"count": f"{withheld:,}"}
    hidden = found.money("revenue_withheld_margin") or Decimal(0)
    return Shown(
        label=_("毛利"),
        value=number,
        unit=unit,
        note=note,
        tone="red" if total < 0 else "ink",
        arithmetic=_opened(
            found,
            _("毛利 = 收入 − 成本（行成本；没有时用单位成本 × 数量；再没有就不计）"),
            (_("收入"), to_the_cent(revenue, found.currency)),
            (_("其中成本未知的收入"), to_the_cent(without_cost, found.currency)),
            *([(_("其中毛利不对您开放的收入"), to_the_cent(hidden, found.currency))] if withheld else []),
            (_("毛利"), to_the_cent(total, found.currency)),
            (_("毛利率 = 毛利 ÷ 成本已知的收入"), rate),
            (_("成本未知的客户"), f"{unknown:,}"),
        ),
    )


def _accounts(found: Portfolio) -> Shown:
    said = found.results
    return Shown(
        label=_("下单客户"),
        value=f"{said['buying_accounts']:,}",
        unit=_("家"),
        note=_("档案里共 %(count)s 家") % {"count": f"{said['accounts']:,}"},
        arithmetic=_opened(
            found,
            _("这段时间里有订单行的客户"),
            (_("有订单行"), f"{said['buying_accounts']:,}"),
            (_("档案里"), f"{said['accounts']:,}"),
        ),
    )


def _to_eighty(found: Portfolio) -> Shown:
    reached, buying = found.results["accounts_to_80"], found.results["buying_accounts"]
    label = _("到 80% 收入需")
    formula = _("按收入从高到低累加，第一次达到合计 80%% 的家数") % {}
    if reached is None:
        return Shown(
            label=label,
            value="–",
            note=_("收入合计不大于零"),
            tone="unknown",
            arithmetic=_opened(found, formula),
        )
    return Shown(
        label=label,
        value=f"{reached:,}",
        unit=_("家"),
        note=_("占下单客户 %(share)s") % {"share": share(reached / buying)},
        arithmetic=_opened(
            found,
            formula,
            (_("合计的 80%"), in_words((found.money("revenue") or Decimal(0)) * 8 / 10, found.currency)),
            (_("家数"), f"{reached:,}"),
            (_("其中前 20% 占"), share(found.results["top20_share"])),
        ),
    )


def _losses(found: Portfolio) -> Shown:
    said, eaten = found.results, found.money("whale_eaten")
    label = _("亏损客户")
    formula = _("毛利小于零的客户，未扣服务成本")
    if said["loss_making"] is None or eaten is None:
        is_withheld = found.money("margin") is None
        return Shown(
            label=label,
            value=_("无权查看") if is_withheld else _("未知"),
            note="" if is_withheld else _("成本未知"),
            tone="unknown",
            arithmetic=_opened(found, formula),
        )
    peak = found.money("whale_peak")
    return Shown(
        label=label,
        value=f"{said['loss_making']:,}",
        unit=_("家"),
        note=_("吃掉 %(eaten)s") % {"eaten": in_words(eaten, found.currency)} if said["loss_making"] else "",
        tone="red" if said["loss_making"] else "ink",
        arithmetic=_opened(
            found,
            formula,
            (_("挣钱的客户"), f"{said['whale_peak_accounts']:,}"),
            (_("它们挣到（顶点）"), to_the_cent(peak, found.currency)),
            (_("亏损的客户"), f"{said['loss_making']:,}"),
            (_("它们吃掉"), to_the_cent(eaten, found.currency)),
            (_("剩下的毛利"), to_the_cent(found.money("margin"), found.currency)),
        ),
    )


def hhi_arithmetic(found: Portfolio) -> tuple[str, Arithmetic]:
    """HHI of accounts as competition authorities print it, and where it comes from."""
    said = found.results
    value = said["hhi"]
    written = "–" if value is None else f"{value * 10_000:,.0f}"
    inputs = [
        (_("按客户"), written),
        (_("相当于几家一样大的"), "–" if not value else f"{1 / value:,.0f}"),
        (_("按行业"), "–" if said["hhi_industry"] is None else f"{said['hhi_industry'] * 10_000:,.0f}"),
        (_("按品类"), "–" if said["hhi_family"] is None else f"{said['hhi_family'] * 10_000:,.0f}"),
        (_("收入为负、不计的客户"), f"{said['negative_revenue_accounts']:,}"),
    ]
    formula = _("HHI = 各家收入份额的平方之和 × 10,000；一家独占是 10,000，家家一样大是 10,000 ÷ 家数")
    return written, _opened(found, formula, *inputs)


def gini_arithmetic(found: Portfolio) -> tuple[str, Arithmetic]:
    value = found.results["gini"]
    written = "–" if value is None else f"{value:.3f}"
    formula = _("基尼系数 = Σ(2i − n − 1)·xᵢ ÷ (n·Σx)，x 从小到大；0 是家家一样，1 是一家独占")
    return written, _opened(
        found,
        formula,
        (
            _("n（收入不为负的客户）"),
            f"{found.results['buying_accounts'] - found.results['negative_revenue_accounts']:,}",
        ),
        (_("Σx"), to_the_cent(found.money("revenue"), found.currency)),
    )
