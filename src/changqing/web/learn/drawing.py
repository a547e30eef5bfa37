"""Told against came, by decile, each with its interval; on the diagonal the book kept its word."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from changqing.value.rules.backtest import BackTest, Decile
from changqing.web.account.drawing import Drawn
from changqing.web.components.charts import Rows
from changqing.web.components.tags import share


def calibration_chart(tested: BackTest) -> Drawn:
    axis: dict[str, Any] = {
        "type": "value",
        "min": 0,
        "max": 100,
        "interval": 20,
        "axisLabel": {"formatter": "{value}%"},
        "nameLocation": "middle",
    }
    bars = [_between(one) for one in tested.deciles]
    option = {
        "grid": {"left": 24, "right": 24, "top": 16, "bottom": 28, "containLabel": True},
        "xAxis": {**axis, "name": _("预言会再下单的占比"), "nameGap": 28},
        "yAxis": {**axis, "name": _("实际"), "nameGap": 40},
        "series": [
            {
                "type": "line",
                "data": [[0, 0], [100, 100]],
                "silent": True,
                "showSymbol": False,
                "lineStyle": {"color": "@line2", "type": "dashed", "width": 1},
            },
            *bars,
            {"type": "scatter", "symbolSize": 9, "data": [_point(one) for one in tested.deciles]},
        ],
    }
    table = Rows(
        headings=[_("组"), _("家数"), _("活跃概率"), _("预言再下单"), _("实际"), _("抽样误差（95%）")],
        rows=[
            [
                str(at),
                f"{one.accounts:,}",
                share(one.alive),
                share(one.told),
                share(one.came),
                f"{share(one.by_chance[0], 0)}–{share(one.by_chance[1], 0)}",
            ]
            for at, one in enumerate(tested.deciles, 1)
        ],
    )
    return Drawn(option, table, _("十组客户：预言再下单的占比与实际的占比"))


def _between(one: Decile) -> dict[str, Any]:
    low, high = one.by_chance
    at = round(100 * one.told, 2)
    return {
        "type": "line",
        "silent": True,
        "showSymbol": False,
        "data": [[at, round(100 * low, 2)], [at, round(100 * high, 2)]],
        "lineStyle": {"color": "@c2", "width": 3, "opacity": 0.55},
    }


def _point(one: Decile) -> dict[str, Any]:
    told = _("%(n)s 家：预言 %(told)s，实际 %(came)s") % {
        "n": f"{one.accounts:,}",
        "told": share(one.told),
        "came": share(one.came),
    }
    return {
        "value": [round(100 * one.told, 2), round(100 * one.came, 2)],
        "words": told,
        "itemStyle": {"color": "@c1" if one.is_kept else "@amb"},
        "symbol": "circle" if one.is_kept else "triangle",
    }
