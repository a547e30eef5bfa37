"""Today in the browser and by request: what is there, for whom, and what a key does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from changqing.reports.conftest import People
from changqing.retention.queries import AccountWarning

LEFT = "(n) => document.querySelectorAll('.work-item').length === n"


@pytest.mark.row(
    "CHN-13", shows="an account that has not ordered for 150 days heads Today with its usual interval"
)
@pytest.mark.row("CHN-10", shows="a red warning stands under 今天必须 with the owner's one day to answer")
def test_today_says_who_why_what_next_and_by_when(drifting_book: People, client: Client) -> None:
    client.force_login(drifting_book.mei)
    page = client.get("/today/").content.decode()
    assert "客户1号" in page
    assert "天没有下单，平常约" in page
    assert "今天必须" in page
    assert "客户3号" not in page
    client.force_login(drifting_book.gao)
    assert "客户3号" in client.get("/today/").content.decode()


def test_an_answer_comes_back_as_the_shorter_list(drifting_book: People, client: Client) -> None:
    client.force_login(drifting_book.mei)
    row = AccountWarning.objects.get(account__key="G1", cause="overdue")
    url = f"/today/{row.pk}/answer"
    wrong = client.post(url, {"kind": "do", "version": row.version, "words": "", "until": "2024-07-03"})
    assert "请写一句要做什么" in wrong.content.decode()
    done = client.post(url, {"kind": "do", "version": row.version, "words": "打电话", "until": "2024-07-03"})
    told = done.content.decode()
    assert f'id="warning-{row.pk}"' not in told
    assert "已记下要做什么" in told
    client.force_login(drifting_book.bo)
    assert client.post(url, {"kind": "snooze", "version": 2}).status_code == 404


def test_a_hidden_margin_is_no_zero(drifting_book: People, client: Client) -> None:
    service = type(drifting_book.mei).objects.create_user(
        "sun", None, full_name="孙维", role="service", department=drifting_book.mei.department
    )
    client.force_login(service)
    page = client.get("/today/").content.decode()
    assert "客户1号" in page or "今天没有事" in page
    assert "在险毛利" not in page


@pytest.mark.browser
def test_keys_do_snooze_and_refute(drifting_book: People, visit: Callable[..., Any]) -> None:
    page = visit("/today/", user=drifting_book.gao)
    count = page.locator(".work-item").count()
    page.keyboard.press("e")
    page.locator(".answer:popover-open input[name=words]").fill("请总经理打电话")
    page.locator(".answer:popover-open button").click()
    page.get_by_role("status").wait_for()
    assert page.locator(".work-item").count() == count - 1
    page.keyboard.press("s")
    page.wait_for_function(LEFT, arg=count - 2)
    page.get_by_role("button", name="撤销").click()
    page.wait_for_function(LEFT, arg=count - 1)


@pytest.mark.browser
def test_today_looks_right(drifting_book: People, pictures: Callable[..., None]) -> None:
    pictures("today", "/today/", user=drifting_book.gao)
