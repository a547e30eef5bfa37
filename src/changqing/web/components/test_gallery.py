"""Every component on one page, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path

from changqing.people.actions import add_user
from changqing.people.permissions import operator
from changqing.web.components.charts import Rows
from changqing.web.components.figures import Arithmetic
from changqing.web.components.lists import Choice, Column, Section

pytestmark = [pytest.mark.browser, pytest.mark.urls(__name__)]

NAMES = ["金陵特钢", "海川石化", "华曜风电", "中轨装备", "Nordic & <b>Söhne</b>"]


def gallery(request: HttpRequest) -> HttpResponse:
    curve = [
        {"value": [i, round(100 * (1 - (1 - i / 100) ** 4), 1)], "url": f"/gallery#{i}", "words": f"前 {i}%"}
        for i in range(0, 101, 5)
    ]
    money = [{"value": v, "itemStyle": {"color": "@red" if v < 250 else "@c2"}} for v in [360, 372, 246, 176]]
    return render(
        request,
        "components/test_gallery.txt",
        {
            "periods": [
                Choice(label="近 12 月", url="?p=12", current=True),
                Choice(label="整本账", url="?p=all"),
            ],
            "how": Arithmetic(
                formula="净收入 = 订单 − 退货 − 返利",
                inputs=[("订单", "¥5.01 亿"), ("退货", "−¥0.14 亿"), ("返利", "−¥0.05 亿")],
                as_of=date(2026, 11, 18),
                method="净收入 v0",
                rows_url="#rows",
            ),
            "pareto": {
                "xAxis": {"type": "value", "max": 100, "axisLabel": {"formatter": "{value}%"}},
                "yAxis": {"type": "value", "max": 100, "axisLabel": {"formatter": "{value}%"}},
                "series": [{"type": "line", "data": curve, "showSymbol": False, "name": "收入"}],
            },
            "months": {
                "xAxis": {"type": "category", "data": ["8 月", "9 月", "10 月", "11 月"]},
                "yAxis": {"show": False},
                "series": [{"type": "bar", "data": money, "label": {"show": True, "position": "top"}}],
            },
            "rows": Rows(headings=["客户", "收入"], rows=[["金陵特钢", "¥1,920 万"]], urls=["#gold"]),
            "columns": [
                Column(label="客户", key="name"),
                Column(label="信号"),
                Column(label="净收入", key="revenue", number=True),
                Column(label="占比", wide=True),
                Column(label="", number=True, wide=True),
            ],
            "accounts": [
                (
                    name,
                    "钢铁 · 南京",
                    "停购",
                    "red" if i == 0 else "grey",
                    "clock",
                    Decimal(amount),
                    0.8 - i / 8,
                )
                for i, (name, amount) in enumerate(
                    zip(NAMES, ["19200000", "482000000", "9800", "-1234.5", "0"], strict=True)
                )
            ],
            "now": datetime(2026, 11, 4, 7, 12, tzinfo=UTC),
            "sections": [
                Section(id=f"s{i}", label=label, tone="red" if i < 2 else "")
                for i, label in enumerate(["为何此色", "人", "计划", "钱"])
            ],
        },
    )


urlpatterns = [
    path("", include("changqing.web.urls")),
    path("gallery", gallery),
    path("accounts/", gallery, name="accounts"),
    path("portfolio/", gallery, name="portfolio"),
    path("imports/", gallery, name="imports"),
]


@pytest.fixture
def user(live_server: Any) -> Any:
    return add_user(
        by=operator(because="a test"),
        username="lin",
        full_name="林晓彤",
        password="evergreen-pine-41",
        role="operator",
    )


def test_every_component_can_be_looked_at(pictures: Callable[..., None], user: Any) -> None:
    pictures("gallery", "/portfolio/", user=user)
