"""The signed-out pages in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from changqing.people.actions import add_user
from changqing.people.permissions import operator

pytestmark = pytest.mark.browser
PASSWORD = "evergreen-pine-41"


@pytest.fixture
def user(live_server: Any) -> Any:
    return add_user(
        by=operator(because="a test"), username="lin", full_name="林晓彤", password=PASSWORD, role="operator"
    )


@pytest.fixture
def demo_beside(settings: Any) -> None:
    settings.DEMO_URL = "http://127.0.0.1:8001/"


def test_pages_before_signing_in(pictures: Callable[..., None], demo_beside: None, settings: Any) -> None:
    pictures("home-before-the-demo", "/")
    settings.DEMO_URL = "https://demo.example.com/"
    pictures("home", "/")
    pictures("start", "/start?code=abc")


def test_signing_in_and_the_way_to_it(pictures: Callable[..., None], user: Any, demo_beside: None) -> None:
    pictures("signin", "/signin/")


def test_the_demo_lists_its_people(pictures: Callable[..., None], live_server: Any, settings: Any) -> None:
    settings.BOOK = "demo"
    settings.BOOK_URL = "http://127.0.0.1:8000/"
    file = settings.FOLDER.run / "signins.txt"
    file.write_text("lin pine-1 林晓彤 · 客户经理\nshen pine-2 沈立 · 销售总监\n", encoding="utf-8")
    try:
        pictures("demo", "/")
    finally:
        file.unlink()


def test_a_wrong_password_is_a_sentence_and_a_right_one_comes_in(visit: Any, user: Any) -> None:
    page = visit("/signin/?next=/start", language="en", width=390)
    page.fill("#id_username", "LIN")
    page.fill("#id_password", "not it")
    page.keyboard.press("Enter")
    page.wait_for_selector(".message-red")
    page.screenshot(path="out/screens/signin-refused-en-phone.png")
    assert page.evaluate("document.activeElement.id") == "id_password"
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/start")


def test_the_theme_is_chosen_without_script_and_kept(visit: Any, user: Any) -> None:
    page = visit("/signin/")
    colour = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(colour) == "rgb(248, 247, 244)"
    page.click("button[name=theme][value=dark]")
    page.wait_for_selector("html[data-theme=dark]")
    assert page.evaluate(colour) == "rgb(17, 20, 18)"
    page.click("button[name=language][value=en]")
    page.wait_for_selector("html[lang=en][data-theme=dark]")


def test_pages_of_one_sentence(visit: Any, pictures: Callable[..., None], user: Any) -> None:
    page = visit("/signin/")
    page.set_content(page.context.request.get(f"{page.url}../nowhere").text())
    assert page.locator("h1").inner_text() == "这里没有这一页，或者您不能看它"
