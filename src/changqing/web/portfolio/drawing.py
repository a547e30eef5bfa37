"""Pareto and whale curve as ECharts options with a table behind each."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from changqing.reports.portfolio import Portfolio
from changqing.web.accounts.amounts import in_words
from changqing.web.components.charts import Rows
from changqing.web.components.tags import share

GRID = {"left": 8, "right": 24, "top": 28, "bottom": 24, "containLabel": True}
ROWS_BEHIND = 21
# percent of accounts from which on a label stands at the left of its point
LATE = 50
# percentage points within which two labels would touch
NEAR = 8


@dataclass(frozen=True)
class Drawn:
    """What the chart component takes."""

    option: dict[str, Any]
    table: Rows
    label: str


def percent_axis(name: str = "", **more: Any) -> dict[str, Any]:
    return {
        "type": "value",
        "min": 0,
        "max": 100,
        "interval": 20,
        "axisLabel": {"formatter": "{value}%"},
        "name": name,
        "nameLocation": "middle",
        "nameGap": 26,
        **more,
    }


def pareto_chart(found: Portfolio) -> Drawn | None:
    """Cumulative share of revenue over accounts, best first; the 80/20 diamond and the points reached."""
    said = found.results
    curve, total = said["revenue_curve"], said["buying_accounts"]
    if not curve:
        return None
    most = max(value for _at, value in curve)
    option = {
        "grid": GRID,
        "xAxis": percent_axis(_("客户（收入从高到低）")),
        "yAxis": percent_axis(max=100 if most <= 1.0001 else round(most * 100 + 5)),
        "series": [
            _line([[100 * at / total, round(100 * value, 2)] for at, value in curve], "@c1"),
            _diagonal(),
            {"type": "scatter", "silent": False, "data": _pareto_marks(found)},
        ],
    }
    return Drawn(option, _pareto_table(found), _("收入的累计份额，按客户从大到小"))


def _pareto_marks(found: Portfolio) -> list[dict[str, Any]]:
    """The diamond of 80/20, where the head stands, and where 80 % is reached; one mark where both are one."""
    said = found.results
    total, head = said["buying_accounts"], found.verdict("revenue_pareto")["numbers"]
    rule = [100 * float(head["head"]), 100 * float(head["expected"])]
    url = f"/accounts/?period={found.period}"
    marks = [_mark(rule, "diamond", "transparent", "80/20", place="left")]
    marks[0]["words"] = _("80/20：前 20% 占 80%")
    reached, first = said["accounts_to_80"], said["top20_accounts"]
    if first:
        told = _("%(count)s 家 → %(share)s") % {"count": f"{first:,}", "share": share(said["top20_share"], 0)}
        at = [100 * first / total, round(100 * said["top20_share"], 2)]
        marks.append(_mark(at, "circle", "@c1", told, place="right") | {"url": url})
    if reached != first:
        told = _("%(count)s 家才到 80%%") % {"count": f"{reached:,}"}
        mark = _mark([100 * reached / total, rule[1]], "circle", "@surface", told, place="right")
        marks.append(mark | {"url": url})
        if first and abs(said["top20_share"] * 100 - rule[1]) < NEAR:
            # two labels on one height would lie on each other
            marks[1]["label"]["offset"] = [0, 16]
    return marks


def _mark(at: list[float], symbol: str, fill: str, text: str, *, place: str) -> dict[str, Any]:
    border = "@line2" if symbol == "diamond" else "@c1"
    return {
        "value": at,
        "symbol": symbol,
        "symbolSize": 9,
        "itemStyle": {"color": fill, "borderColor": border, "borderWidth": 1.5},
        "label": {"show": True, "position": place, "formatter": text, "color": "@ink", "distance": 8},
        "words": text,
    }


def _line(points: list[list[float]], ink: str) -> dict[str, Any]:
    return {
        "type": "line",
        "data": points,
        "silent": True,
        "lineStyle": {"color": ink, "width": 2},
        "showSymbol": False,
    }


def _diagonal() -> dict[str, Any]:
    return {
        "type": "line",
        "data": [[0, 0], [100, 100]],
        "silent": True,
        "showSymbol": False,
        "lineStyle": {"color": "@line2", "type": "dashed", "width": 1},
    }


def _pareto_table(found: Portfolio) -> Rows:
    curve, total = found.results["revenue_curve"], found.results["buying_accounts"]
    return Rows(
        headings=[_("前几家"), _("占客户"), _("占收入")],
        rows=[[f"{at:,}", share(at / total), share(value)] for at, value in thinned(curve)],
    )


def whale_chart(found: Portfolio) -> Drawn | None:
    """Cumulative margin over accounts, most profitable first; what is eaten after the peak in red."""
    said = found.results
    curve, known = said["profit_curve"], found.margin_known_accounts
    if not curve or not known:
        return None
    total = float(found.money("margin") or 0)
    scale, unit = (100 / total, "%") if total > 0 else (1.0, "")
    peak_at = said["whale_peak_accounts"]
    points = [[100 * at / known, round(value * scale, 2)] for at, value in curve]
    rising = [point for point, (at, _v) in zip(points, curve, strict=True) if at <= peak_at]
    falling = [point for point, (at, _v) in zip(points, curve, strict=True) if at >= peak_at]
    option = {
        "grid": GRID,
        "xAxis": percent_axis(_("客户（毛利从高到低）")),
        "yAxis": {
            "type": "value",
            "axisLabel": {"formatter": "{value}%", "show": bool(unit)},
            "splitNumber": 4,
        },
        "series": [
            _line(rising, "@c1"),
            _line(falling, "@red") | _end_line(100 if unit else total),
            {"type": "scatter", "data": _whale_marks(found, rising, falling)},
        ],
    }
    return Drawn(option, _whale_table(found, known), _("毛利的累计，按客户从高到低"))


def _end_line(level: float) -> dict[str, Any]:
    return {
        "markLine": {
            "symbol": "none",
            "silent": True,
            "label": {"show": False},
            "lineStyle": {"color": "@line2", "type": "dashed", "width": 1},
            "data": [{"yAxis": level}],
        }
    }


def _whale_marks(
    found: Portfolio, rising: list[list[float]], falling: list[list[float]]
) -> list[dict[str, Any]]:
    said, eaten, peak = found.results, found.money("whale_eaten"), found.money("whale_peak")
    assert eaten is not None and peak is not None
    margin = found.money("margin")
    made = _("%(count)s 家挣到 %(peak)s") % {
        "count": f"{said['whale_peak_accounts']:,}",
        "peak": share(float(peak / margin), 0) if margin and margin > 0 else in_words(peak, found.currency),
    }
    marks = [_mark(rising[-1], "circle", "@c1", made, place="top")]
    if rising[-1][0] > LATE:
        # to the left, above the curve: in the middle it would meet the loss and the edge
        marks[0]["label"] |= {"position": "left", "offset": [8, -14]}
    if said["loss_making"]:
        lost = _("%(count)s 家吃掉 %(eaten)s") % {
            "count": f"{said['loss_making']:,}",
            "eaten": in_words(eaten, found.currency),
        }
        url = f"/accounts/?period={found.period}&loss=1&sort=margin"
        mark = _mark(falling[-1], "circle", "@red", lost, place="left") | {"url": url}
        mark["itemStyle"]["borderColor"] = "@red"
        mark["label"] |= {"color": "@red", "offset": [0, 22 if margin and margin > 0 else -14]}
        marks.append(mark)
    return marks


def _whale_table(found: Portfolio, known: int) -> Rows:
    return Rows(
        headings=[_("前几家"), _("占客户"), _("累计毛利")],
        rows=[
            [f"{at:,}", share(at / known), in_words(Decimal(str(value)), found.currency)]
            for at, value in thinned(found.results["profit_curve"])
        ],
    )


def thinned(curve: list[list[float]]) -> list[list[float]]:
    """A curve's points for the table: not more than a person reads."""
    step = max(1, len(curve) // ROWS_BEHIND)
    picked = curve[::step]
    return picked if picked[-1] == curve[-1] else [*picked, curve[-1]]
