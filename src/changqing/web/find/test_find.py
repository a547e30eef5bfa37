"""The palette finds what its reader may see; the panel beside a list tells the essentials."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.test import Client

from changqing.people.queries import User
from changqing.reports.conftest import People


def links(response: Any) -> list[str]:
    return [
        html.unescape(url)
        for url in re.findall(r'role="option"[^>]*href="([^"]+)"', response.content.decode())
    ]


def test_accounts_are_found_by_chinese_pinyin_initials_and_key(small_book: People, client: Client) -> None:
    client.force_login(small_book.gao)
    for words in ("金陵", "jinling", "jlt", "A1", "特钢 金陵"):
        assert links(client.get("/find/", {"q": words}))[:1] == ["/accounts/A1/"], words
    none = client.get("/find/", {"q": "<script>"}).content.decode()
    assert "&lt;script&gt;" in none and "<script>" not in none


def test_nobody_finds_what_they_may_not_see(small_book: People, client: Client) -> None:
    client.force_login(small_book.bo)
    assert "/accounts/A1/" not in links(client.get("/find/", {"q": "jinling"}))
    assert links(client.get("/find/", {"q": "beichen"}))[:1] == ["/accounts/C3/"]
    admin = User.objects.create_user("root", None, full_name="管理", role="admin")
    client.force_login(admin)
    assert links(client.get("/find/", {"q": "jinling"})) == []


def test_pages_and_deeds_are_those_one_may_do(small_book: People, client: Client) -> None:
    client.force_login(small_book.mei)
    mine = links(client.get("/find/"))
    assert "/accounts/" in mine and "/learn/" in mine and "/new-account/" in mine
    assert "/imports/" not in mine and "/audit/" not in mine
    assert links(client.get("/find/", {"q": "fupan"})) == ["/learn/"]
    op = User.objects.create_user("op", None, full_name="运营", role="operator")
    client.force_login(op)
    assert "/imports/" in links(client.get("/find/", {"q": "daoru"}))


def test_a_peek_tells_what_its_reader_may_see(small_book: People, client: Client) -> None:
    client.force_login(small_book.mei)
    told = client.get("/accounts/A1/?part=peek").content.decode()
    assert "金陵特钢" in told and "近 12 个月收入" in told and "5 天前" in told
    assert client.get("/accounts/C3/?part=peek").status_code == 404
    service = User.objects.create_user(
        "sun", None, full_name="孙维", role="service", department=small_book.mei.department
    )
    client.force_login(service)
    told = client.get("/accounts/A1/?part=peek").content.decode()
    assert "金陵特钢" in told and "收入" not in told and "¥" not in told


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_palette_and_the_panel_work_by_keyboard(small_book: People, visit: Any, accessible: Any) -> None:
    page = visit("/accounts/", user=small_book.gao)
    page.keyboard.press("Control+k")
    page.locator("#palette-list a").first.wait_for()
    accessible(page)
    page.keyboard.press("Escape")
    page.locator("#palette").wait_for(state="hidden")
    page.keyboard.press("j")
    page.keyboard.press("Space")
    page.locator("#peek h2").wait_for()
    accessible(page)
    first = page.locator("#peek h2").inner_text()
    page.keyboard.press("j")
    page.wait_for_function("(name) => document.querySelector('#peek h2')?.textContent !== name", arg=first)
    page.keyboard.press("Escape")
    page.locator("#peek").wait_for(state="hidden")
    assert page.evaluate("document.activeElement.tagName") == "TR"
    page.keyboard.press("Control+k")
    page.keyboard.type("jlt")
    page.locator("#palette-list a", has_text="金陵特钢").wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url("**/accounts/A1/")
