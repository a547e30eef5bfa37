"""The rhythm part of the account page: order days, the next order with its band, P(alive) over time."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from changqing.reports.account import purchase_track
from changqing.reports.worth_page import RhythmPage, rhythm_page
from changqing.web.account.drawing import LEFT, Drawn, track_chart
from changqing.web.account.titles import track_title
from changqing.web.components.charts import Rows
from changqing.web.components.tags import share
from changqing.web.methods.words import fact_value, model_name
from changqing.web.reader import reader


def rhythm_part(request: HttpRequest, key: str) -> HttpResponse:
    track, found = purchase_track(reader(request), key), rhythm_page(reader(request), key)
    if track is None or found is None:
        raise Http404
    row = found.rhythm
    is_known = row is not None and row.every is not None
    return render(
        request,
        "account/track.html",
        {
            "track": track,
            "title": _rhythm_title(found) if is_known else track_title(track),
            "chart": track_chart(track, row) if track.days else None,
            "facts": _rhythm_facts(found),
            "alive": _alive_chart(found),
        },
    )


def _rhythm_title(found: RhythmPage) -> str:
    row = found.rhythm
    if row is None or row.every is None:
        return _("还看不出下单节奏")
    told = _("每 %(every)s 天一单") % {"every": f"{row.every:,.0f}"}
    if row.next_low is None or row.next_high is None or row.alive < LEFT:
        return told + _("；多半已经离开，不再预计下一单")
    return told + _("；下一单预计在 %(low)s 至 %(high)s") % {
        "low": row.next_low.isoformat(),
        "high": row.next_high.isoformat(),
    }


def _rhythm_facts(found: RhythmPage) -> list[tuple[str, str]]:
    row = found.rhythm
    if row is None:
        return []
    breadth = _("%(now)s（上年 %(then)s）") % {
        "now": fact_value("", row.families),
        "then": fact_value("", row.families_before),
    }
    return [
        (_("模型"), model_name(row.model)),
        (_("购买次数"), f"{row.purchases:,}"),
        (_("间隔变异系数"), fact_value("", row.variation)),
        (_("预计下一单"), row.next_expected.isoformat() if row.next_expected else "–"),
        (_("仍活跃的概率"), share(row.alive, 0)),
        (_("距上次下单"), _("%(days)s 天") % {"days": fact_value("", row.silence)}),
        (_("超出区间几个间隔"), fact_value("", row.stretch)),
        (_("近 12 个月买的品类"), breadth),
        (_("退货占比"), f"{share(row.return_rate)} ({share(row.return_rate_before)})"),
        (
            _("平均多少天回款（上年）"),
            f"{fact_value('', row.days_to_pay)} ({fact_value('', row.days_to_pay_before)})",
        ),
    ]


def _alive_chart(found: RhythmPage) -> Drawn | None:
    if len(found.alive) < 2:
        return None
    points = [[day.isoformat(), round(100 * value, 1)] for day, value in found.alive]
    option = {
        "grid": {"left": 12, "right": 48, "top": 16, "bottom": 8, "containLabel": True},
        "xAxis": {"type": "time", "axisLabel": {"hideOverlap": True}},
        "yAxis": {"type": "value", "min": 0, "max": 100, "axisLabel": {"formatter": "{value}%"}},
        "series": [
            {
                "type": "line",
                "data": [
                    {
                        "value": point,
                        "words": _("%(day)s：%(share)s%%") % {"day": point[0], "share": point[1]},
                    }
                    for point in points
                ],
                "showSymbol": False,
                "lineStyle": {"color": "@c1", "width": 2},
                "itemStyle": {"color": "@c1"},
            }
        ],
    }
    table = Rows(
        headings=[_("月末"), _("仍活跃的概率")],
        rows=[[day.isoformat(), share(value, 0)] for day, value in found.alive],
    )
    return Drawn(option, table, _("仍活跃的概率，逐月，不看之后的事"))
