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
    path("", include("changqing.web.door.urls")),
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


def test_a_number_opens_to_its_arithmetic_by_keyboard(visit: Any, user: Any) -> None:
    page = visit("/portfolio/", user=user)
    number = page.locator(".open-number").first
    panel = page.locator(".arithmetic").first
    assert not panel.is_visible()
    number.focus()
    page.keyboard.press("Enter")
    panel.wait_for(state="visible")
    # it is placed once it has a size
    page.wait_for_function("panel => panel.style.top", arg=panel.element_handle())
    assert panel.inner_text().split("\n")[:3] == ["净收入 = 订单 − 退货 − 返利", "订单", "¥5.01 亿"]
    at, below = number.bounding_box(), panel.bounding_box()
    assert (round(below["x"] - at["x"]), round(below["y"] - at["y"] - at["height"])) == (0, 6)
    page.keyboard.press("Escape")
    panel.wait_for(state="hidden")


def test_a_list_is_walked_and_opened_by_keyboard(visit: Any, user: Any) -> None:
    page = visit("/portfolio/", user=user)
    focused = "document.activeElement.closest('tr')?.querySelector('a').textContent"
    for key, name in [("j", NAMES[0]), ("j", NAMES[1]), ("k", NAMES[0]), ("k", NAMES[0])]:
        page.keyboard.press(key)
        assert page.evaluate(focused) == name
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    assert page.evaluate("decodeURI(location.hash)") == f"#{NAMES[1]}"
    page.keyboard.press("Control+k")
    assert page.evaluate("document.activeElement.id") == "find"
    page.keyboard.type("jt")
    assert page.locator(".behind[open]").count() == 0
    assert page.input_value("#find") == "jt"


def test_the_marks_of_a_chart_are_walked_read_out_and_opened(visit: Any, user: Any) -> None:
    page = visit("/portfolio/", user=user)
    assert page.locator("#pareto svg").count() == 1
    page.focus("#pareto")
    for key in ("ArrowRight", "ArrowRight", "End", "PageUp"):
        page.keyboard.press(key)
    assert page.locator("#pareto-mark").inner_text() == "前 50%"
    page.screenshot(path="out/screens/chart-mark.png")
    page.keyboard.press("Enter")
    page.wait_for_url("**/gallery#50")


def test_a_table_stands_behind_each_chart(visit: Any, user: Any) -> None:
    page = visit("/portfolio/", user=user)
    page.keyboard.press("t")
    assert page.locator(".behind[open]").count() == 2
    assert page.locator("#pareto ~ .behind td").all_inner_texts() == ["金陵特钢", "¥1,920 万"]
    page.focus("#months")
    page.keyboard.press("T")
    assert page.locator(".behind[open]").count() == 1


def test_a_chart_follows_the_machine_into_the_dark(visit: Any, user: Any) -> None:
    page = visit("/portfolio/", user=user)
    inks = "[...document.querySelectorAll('#months svg path')].map((path) => path.getAttribute('fill'))"
    assert "#6E9A83" in page.evaluate(inks)
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"() => {inks}.includes('#3F7560')")
    assert page.locator("#months svg").count() == 1


def test_the_menu_opens_on_a_phone_and_offers_what_there_is(visit: Any, user: Any) -> None:
    page = visit("/portfolio/", user=user, language="en", width=390)
    page.click(".bottom button")
    page.locator("#menu").wait_for(state="visible")
    assert page.locator("#menu .menu-item:visible").all_inner_texts() == ["Import", "Sign out"]
    page.screenshot(path="out/screens/menu-en-phone.png")


def test_a_click_near_a_line_opens_the_nearest_mark(visit: Any, user: Any) -> None:
    page = visit("/portfolio/", user=user)
    page.focus("#pareto")
    for _ in range(11):
        page.keyboard.press("ArrowRight")
    ring = page.locator("#pareto ~ .mark-ring").bounding_box()
    page.mouse.click(ring["x"] + 15, ring["y"] + 9)
    page.wait_for_url("**/gallery#50")


def test_all_keys_are_listed_and_letters_can_be_switched_off(visit: Any, user: Any) -> None:
    page = visit("/portfolio/", user=user)
    page.keyboard.press("?")
    page.locator("#keys").wait_for(state="visible")
    page.screenshot(path="out/screens/keys.png")
    page.click("#keys button[value=off]")
    page.wait_for_selector("html[data-keys=off]")
    page.keyboard.press("j")
    page.keyboard.press("t")
    assert page.evaluate("document.activeElement.tagName") == "BODY"
    assert page.locator(".behind[open]").count() == 0
    page.keyboard.press("Control+k")
    assert page.evaluate("document.activeElement.id") == "find"
