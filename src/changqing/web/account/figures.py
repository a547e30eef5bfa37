"""The strip and the chips of the account page; every figure carries its arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from changqing.accounts.queries import Part
from changqing.reports.account import AccountPage, Place
from changqing.web.accounts.amounts import in_units, period_name, signed_share, to_the_cent
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
    arithmetic: Arithmetic | None = None


def chips(found: AccountPage) -> list[tuple[str, str, str]]:
    """(text, tone, icon): class, band or why there is none, kind."""
    place = found.places.get("36m") or found.places.get("all")
    made = []
    if place:
        made.append(
            (_("%(letter)s 类") % {"letter": place.abc}, "green" if place.abc == "A" else "grey", "tag")
        )
    if found.band_name:
        made.append((found.band_name, "green", ""))
    elif found.bands_because:
        made.append((_("金额级别未知"), "unknown", ""))
    made.append((found.account.get_kind_display(), "grey", ""))
    return made


def strip(found: AccountPage) -> list[Shown]:
    if Part.REVENUE in found.hidden:
        note = _("收入和订单不对您开放")
        return [Shown(label=_("收入"), value=_("无权查看"), note=note, tone="unknown")]
    return [_revenue(found), _margin(found), _rank(found), _last(found), _whole(found)]


def _revenue(found: AccountPage) -> Shown:
    place = found.places.get("12m")
    label = _("近 12 个月收入")
    if place is None:
        return Shown(label=label, value="0", note=_("近 12 个月没有订单"), tone="unknown")
    number, unit = in_units(place.revenue, found.currency)
    note = (
        _("整月同比 %(change)s") % {"change": signed_share(found.year_change)}
        if found.year_change is not None
        else _("没有上年可比")
    )
    return Shown(
        label=label,
        value=number,
        unit=unit,
        note=note,
        tone="red" if place.revenue < 0 else "ink",
        arithmetic=_arithmetic(
            _("订单行不含税金额之和，退货和返利记在发生的月份"),
            place,
            (_("收入"), to_the_cent(place.revenue, found.currency)),
        ),
    )


def _margin(found: AccountPage) -> Shown:
    place = found.places.get("36m")
    label = _("近 36 个月毛利")
    if Part.MARGIN in found.hidden:
        return Shown(label=label, value=_("无权查看"), note=_("毛利和成本不对您开放"), tone="unknown")
    if place is None:
        return Shown(label=label, value="–", note=_("近 36 个月没有订单"), tone="unknown")
    if place.margin is None:
        return Shown(label=label, value=_("未知"), note=_("没有一行订单有成本"), tone="unknown")
    number, unit = in_units(place.margin, found.currency)
    bare = found.totals.lines_without_cost if found.totals else 0
    inputs = [(_("收入"), to_the_cent(place.revenue, found.currency))]
    if bare:
        # some lines' cost is unknown, so neither the cost nor the rate of the whole can be told
        note = _("%(count)s 行成本未知，不计") % {"count": f"{bare:,}"}
        inputs.append((_("没有成本的行（往来以来）"), f"{bare:,}"))
    else:
        note = (
            _("毛利率 %(rate)s") % {"rate": share(float(place.margin / place.revenue))}
            if place.revenue > 0
            else ""
        )
        inputs.append((_("成本"), to_the_cent(place.revenue - place.margin, found.currency)))
    inputs.append((_("毛利"), to_the_cent(place.margin, found.currency)))
    return Shown(
        label=label,
        value=number,
        unit=unit,
        note=note,
        tone="red" if place.margin < 0 else "ink",
        arithmetic=_arithmetic(
            _("毛利 = 收入 − 成本（行成本；没有时用单位成本 × 数量；再没有就不计）"), place, *inputs
        ),
    )


def _rank(found: AccountPage) -> Shown:
    place = found.places.get("36m")
    label = _("名次")
    if place is None:
        return Shown(label=label, value="–", note=_("近 36 个月没有订单，不排名"), tone="unknown")
    return Shown(
        label=label,
        value=f"{place.rank:,}",
        unit=f"/ {place.of:,}",
        note=_("到它为止累计占收入 %(share)s") % {"share": share(place.cumulative_share)},
        arithmetic=_arithmetic(
            _("整本账按近 36 个月收入从高到低排；相同的按编号"),
            place,
            (_("名次"), f"{place.rank:,}"),
            (_("有订单的客户"), f"{place.of:,}"),
            (_("ABC 类（按家数 20/30/50 切）"), place.abc),
        ),
    )


def _last(found: AccountPage) -> Shown:
    label = _("最近下单")
    if not found.totals:
        return Shown(label=label, value="–", note=_("从未下单"), tone="unknown")
    return Shown(
        label=label,
        value=f"{found.days_since_order or 0:,}",
        unit=_("天前"),
        note=found.totals.last_day.isoformat(),
        arithmetic=Arithmetic(
            formula=_("账本截至日 − 最后一行订单的日期"),
            inputs=[
                (_("账本截至"), found.as_of.isoformat() if found.as_of else "–"),
                (_("最后一行订单"), found.totals.last_day.isoformat()),
            ],
            as_of=found.as_of,
            rows_url="#lines",
        ),
    )


def _whole(found: AccountPage) -> Shown:
    label = _("往来以来收入")
    totals = found.totals
    if not totals:
        return Shown(label=label, value="–", note=_("没有订单"), tone="unknown")
    number, unit = in_units(totals.revenue, found.currency)
    is_hidden = Part.MARGIN in found.hidden
    inputs = [
        (_("收入"), to_the_cent(totals.revenue, found.currency)),
        *([] if is_hidden else [(_("毛利"), to_the_cent(totals.margin, found.currency))]),
        (_("订单"), f"{totals.orders:,}"),
        (_("下单日（净额大于零）"), f"{totals.purchases:,}"),
        (_("订单行"), f"{totals.lines:,}"),
        *([] if is_hidden else [(_("没有成本的行"), f"{totals.lines_without_cost:,}")]),
    ]
    if totals.lines_converted:
        inputs += [
            (_("按当日汇率折算的行"), f"{totals.lines_converted:,}"),
            (_("折算得的收入"), to_the_cent(totals.revenue_converted, found.currency)),
        ]
    note = ""
    if totals.lines_without_rate:
        note = _("另有 %(count)s 行是别的币种，没有汇率，不计入") % {
            "count": f"{totals.lines_without_rate:,}"
        }
    return Shown(
        label=label,
        value=number,
        unit=unit,
        note=_("自 %(day)s · %(orders)s 单")
        % {"day": totals.first_day.isoformat(), "orders": f"{totals.orders:,}"},
        arithmetic=Arithmetic(
            formula=_("这个客户所有订单行的合计"),
            inputs=inputs,
            as_of=found.as_of,
            note=note,
            rows_url="#lines",
        ),
    )


def _arithmetic(formula: str, place: Place, *inputs: tuple[str, Any]) -> Arithmetic:
    counted = [(_("订单"), f"{place.orders:,}"), (_("订单行"), f"{place.lines:,}")]
    span = place.from_day.isoformat() if place.from_day else _("最早")
    return Arithmetic(
        formula=formula,
        inputs=[*inputs, *counted, (period_name(place.period), _("自 %(day)s") % {"day": span})],
        as_of=place.as_of,
        method=place.method,
        rows_url="#lines",
    )
