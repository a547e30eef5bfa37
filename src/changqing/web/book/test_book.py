"""The book says what it lacks; each count opens to exactly the rows it counted, as far as one may see."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from changqing.people.queries import User
from changqing.reports.conftest import People


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_counts_open_to_the_rows_behind_them(small_book: People, client: Client) -> None:
    """Eight lines from 2020-01 to 2024-06 in seven months; one of 100 in 2024-06 has no cost."""
    client.force_login(small_book.gao)
    assert "正在读账本…" in text_of(client.get("/imports/self/"))
    told = text_of(client.get("/imports/self/?part=told"))
    assert "账本从 2020-01 到 2024-06，有 2 处要看" in told
    assert "2020-02、2020-03" in told and "没有成本 1 行" in told and "没有品类 0 行" in told
    rows = text_of(client.get("/imports/self/lines/?lack=no_cost"))
    assert "1 行没有成本" in rows and "2024-06-10 金陵特钢 O3" in rows and "导入 2 第" in rows
    assert "2024-06：2 行订单" in text_of(client.get("/imports/self/lines/?month=2024-06"))


def test_only_what_one_may_see_is_counted(small_book: People, client: Client) -> None:
    client.force_login(small_book.bo)
    told = text_of(client.get("/imports/self/?part=told"))
    assert "没有成本 0 行" in told
    assert "0 行没有成本" in text_of(client.get("/imports/self/lines/?lack=no_cost"))
    service = User.objects.create_user("shu", None, full_name="舒文", role="service")
    client.force_login(service)
    assert "您看不到任何客户的收入" in text_of(client.get("/imports/self/?part=told"))
    assert client.get("/imports/self/lines/").status_code == 404


@pytest.mark.parametrize("asked", ["lack=evil", "month=2024-13", "month=0000-01", "month=x"])
def test_what_there_is_not_is_refused(small_book: People, client: Client, asked: str) -> None:
    client.force_login(small_book.gao)
    assert client.get(f"/imports/self/lines/?{asked}").status_code == 400


def test_an_empty_book_says_what_to_do(book: None, people: People, client: Client) -> None:
    client.force_login(people.gao)
    assert "导入第一份订单以后" in text_of(client.get("/imports/self/?part=told"))


def test_the_command_says_the_same(small_book: People, command: Callable[..., Any]) -> None:
    told = json.loads(command("book", "--json").out)
    assert (told["from"], told["to"], told["lines"]) == ("2020-01-01", "2024-06-01", 8)
    assert told["lacking"] == {"no_cost": 1, "no_family": 0, "other_currency": 0, "no_rate": 0}
    assert len(told["gaps"]) == 54 - 7


@pytest.mark.browser
def test_the_book_in_a_browser(small_book: People, visit: Any, pictures: Any, accessible: Any) -> None:
    page = visit("/imports/self/", user=small_book.gao)
    page.click("a:has-text('没有成本')")
    page.wait_for_selector("h1:has-text('1 行没有成本')")
    accessible(page)
    pictures("book-self", "/imports/self/", user=small_book.gao)
    pictures("book-lines", "/imports/self/lines/?lack=no_cost", user=small_book.gao)
