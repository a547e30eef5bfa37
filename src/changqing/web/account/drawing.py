"""The charts of the account page as ECharts options with a table behind each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _

from changqing.accounts.queries import Part
from changqing.ledger.lines import PurchaseDay
from changqing.reports.account import AccountPage, Month, PurchaseTrack
from changqing.value.queries.worth import AccountRhythm
from changqing.web.accounts.amounts import in_words, to_the_cent
from changqing.web.components.charts import Rows

DAYS_DRAWN = 3 * 366
LABELLED_STEMS = 20
# below this P(alive) no next order is expected
LEFT = 0.05
# about how many pixels the tallest month has
DRAWN_HEIGHT = 140


@dataclass(frozen=True)
class Drawn:
    """What the chart component takes."""

    option: dict[str, Any]
    table: Rows
    label: str


def months_chart(found: AccountPage) -> Drawn:
    """Bars of this year's months, a dashed line of last year's named at its end."""
    months, currency, is_hidden = found.months, found.currency, Part.MARGIN in found.hidden
    names = [f"{month.month:%Y-%m}" for month in months]
    marks = [name if at == 0 or name.endswith("-01") else name[-2:] for at, name in enumerate(names)]
    last_year = [
        {"value": float(month.year_before), "words": _year_before_words(month, currency)} for month in months
    ]
    option = {
        "grid": {"left": 24, "right": 64, "top": 24, "bottom": 8, "containLabel": True},
        "xAxis": {"type": "category", "data": marks, "axisLabel": {"hideOverlap": True}},
        "yAxis": {"type": "value", "axisLabel": {"show": False}, "axisLine": {"show": False}},
        "series": [
            {
                "type": "bar",
                "name": _("收入"),
                "barCategoryGap": "35%",
                "data": [_month_bar(month, currency, tallest(found)) for month in months],
            },
            {
                "type": "line",
                "name": _("去年"),
                "data": last_year,
                "step": "middle",
                "endLabel": {
                    "show": True,
                    "formatter": _("去年"),
                    "color": "@ink2",
                    "distance": 16,
                    "offset": [0, _below_the_value(found)],
                },
                "lineStyle": {"type": "dashed", "color": "@ink2", "width": 1.5},
                "showSymbol": False,
                "itemStyle": {"color": "@ink2"},
            },
        ],
    }
    table = Rows(
        headings=[_("月份"), _("收入"), *([] if is_hidden else [_("毛利")]), _("去年同月")],
        rows=[
            [
                name if month.is_whole else _("%(month)s（未满月）") % {"month": name},
                to_the_cent(month.revenue, currency),
                *([] if is_hidden else [to_the_cent(month.margin, currency)]),
                to_the_cent(month.year_before, currency),
            ]
            for name, month in zip(names, months, strict=True)
        ],
    )
    return Drawn(option, table, _("每月收入，虚线是去年同月"))


def _below_the_value(found: AccountPage) -> int:
    """Pixels by which last year's name goes down so as not to lie on the running month's value."""
    last, most = found.months[-1], tallest(found)
    if last.is_whole or most <= 0:
        return 0
    above = DRAWN_HEIGHT * float(last.year_before - last.revenue) / most
    return round(above) + 6 if -6 < above < 28 else 0


def tallest(found: AccountPage) -> float:
    return max((float(month.revenue) for month in found.months), default=0.0)


def _month_bar(month: Month, currency: str, most: float) -> dict[str, Any]:
    style: dict[str, Any] = {"color": "@c1" if month.revenue >= 0 else "@red"}
    if not month.is_whole:
        style = {"color": "transparent", "borderColor": "@line2", "borderType": "dashed", "borderWidth": 1}
    words = _("%(month)s 收入 %(money)s") % {
        "month": f"{month.month:%Y-%m}",
        "money": in_words(month.revenue, currency),
    }
    item = {"value": float(month.revenue), "words": words, "itemStyle": style}
    if month.revenue and (float(month.revenue) == most or not month.is_whole):
        # the running month's stands to the right, clear of the bar before it
        aside = {} if month.is_whole else {"align": "left", "offset": [-10, 0]}
        money = in_words(month.revenue, currency)
        item["label"] = {"show": True, "position": "top", "formatter": money, **aside}
    return item


def _year_before_words(month: Month, currency: str) -> str:
    return _("%(month)s 的去年同月 %(money)s") % {
        "month": f"{month.month:%Y-%m}",
        "money": in_words(month.year_before, currency),
    }


def track_chart(track: PurchaseTrack, expected: AccountRhythm | None = None) -> Drawn:
    """Order days as stems over time, returns in red, the book's last day as a rule, the next order's band."""
    assert track.as_of is not None
    band = _band(expected)
    since = track.as_of - timedelta(days=DAYS_DRAWN)
    days = sorted((day for day in track.days if day.day >= since), key=lambda day: day.day)
    is_roomy = len(days) <= LABELLED_STEMS
    option = {
        "grid": {"left": 12, "right": 48, "top": 28, "bottom": 8, "containLabel": True},
        "xAxis": {
            "type": "time",
            "max": (max(track.as_of, band[1] if band else track.as_of) + timedelta(days=12)).isoformat(),
            "axisLabel": {
                "hideOverlap": True,
                "formatter": {"year": "{yyyy}", "month": "{yyyy}-{MM}", "day": "{MM}-{dd}"},
            },
        },
        "yAxis": {"type": "value", "axisLabel": {"show": False}, "axisLine": {"show": False}},
        "series": [
            {
                "type": "bar",
                "name": _("下单"),
                "labelLayout": {"hideOverlap": True},
                "barWidth": 4 if len(days) < 200 else 2,
                "data": [_stem(day, track.currency, is_roomy=is_roomy) for day in days],
                "markLine": {
                    "symbol": "none",
                    "silent": True,
                    "label": {
                        "formatter": _("截至 %(day)s") % {"day": f"{track.as_of:%m-%d}"},
                        "color": "@ink3",
                        "position": "end",
                    },
                    "lineStyle": {"color": "@line2", "type": "solid", "width": 1},
                    "data": [{"xAxis": track.as_of.isoformat()}],
                },
                **({"markArea": _band_area(*band)} if band else {}),
            }
        ],
    }
    table = Rows(
        headings=[_("日期"), _("订单"), _("订单行"), _("净额"), *([] if track.hides_margin else [_("毛利")])],
        rows=[
            [
                day.day.isoformat(),
                f"{day.orders:,}",
                f"{day.lines:,}",
                to_the_cent(day.amount, track.currency),
                *([] if track.hides_margin else [to_the_cent(day.margin, track.currency)]),
            ]
            for day in track.days
        ],
        urls=[f"?day={day.day.isoformat()}#lines" for day in track.days],
    )
    return Drawn(option, table, _("每个下单日的净额"))


def _band(row: AccountRhythm | None) -> tuple[date, date] | None:
    """From when until when the next order is expected; none of who has probably left."""
    if row is None or row.next_low is None or row.next_high is None or row.alive < LEFT:
        return None
    return row.next_low, row.next_high


def _band_area(low: date, high: date) -> dict[str, Any]:
    """An expectation: an amber band, dashed, told in words by the card's title."""
    style = {
        "color": "@amb",
        "opacity": 0.16,
        "borderColor": "@amb",
        "borderType": "dashed",
        "borderWidth": 1,
    }
    return {
        "silent": True,
        "itemStyle": style,
        "label": {"show": False},
        "data": [[{"xAxis": low.isoformat()}, {"xAxis": high.isoformat()}]],
    }


def _stem(day: PurchaseDay, currency: str, *, is_roomy: bool) -> dict[str, Any]:
    told = in_words(day.amount, currency)
    item: dict[str, Any] = {
        "value": [day.day.isoformat(), float(day.amount)],
        "words": _("%(day)s 净额 %(money)s，%(orders)s 单")
        % {"day": day.day.isoformat(), "money": told, "orders": day.orders},
        "url": f"?day={day.day.isoformat()}#lines",
        "itemStyle": {"color": "@c1" if day.amount > 0 else "@red"},
    }
    if is_roomy:
        item["label"] = {"show": True, "position": "top", "formatter": told, "fontSize": 11}
    return item
