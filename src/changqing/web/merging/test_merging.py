"""Duplicates are found, compared, merged and taken apart, in pages."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import translation
from django.utils.translation import gettext as _
from playwright.sync_api import expect

from changqing.accounts.queries import Account
from changqing.dossier.actions.editing import create_account
from changqing.people.permissions import operator
from changqing.people.queries import User
from changqing.reports.conftest import People
from changqing.web.conftest import SCREENS

BY = operator(because="a test")


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def twin(small_book: People) -> Account:
    fields = {"name": "金陵特钢有限公司", "tax_number": "91320", "owner": small_book.mei}
    return create_account(by=small_book.mei, fields=fields, key="T/1")


def test_a_pair_is_compared_merged_and_taken_apart(small_book: People, twin: Account) -> None:
    mei = signed_in(small_book.mei)
    pairs = mei.get("/duplicates/?part=pairs").content.decode()
    assert "1 对客户可能是同一家" in pairs and "名称相同" in pairs
    assert "没有看起来重复的客户" in signed_in(small_book.bo).get("/duplicates/?part=pairs").content.decode()
    page = mei.get("/merge/?kept=A1&lost=T/1").content.decode()
    assert re.search(r'name="take-tax_number" value="lost" checked', page)
    answer = mei.post(
        "/merge/", {"kept": "A1", "lost": "T/1", "take-tax_number": "lost", "take-name": "lost"}
    )
    assert answer["Location"] == "/accounts/A1/"
    assert Account.objects.get(key="A1").tax_number == "91320"
    assert mei.get("/accounts/T/1/")["Location"] == "/accounts/A1/"
    assert signed_in(small_book.bo).get("/accounts/T/1/").status_code == 404
    undo = re.search(r'action="(/merges/[0-9]+/undo/)"', mei.get("/account-record/A1/").content.decode())
    assert undo and signed_in(small_book.bo).post(undo[1]).status_code == 403
    assert mei.post(undo[1], {"next": "/accounts/A1/"})["Location"] == "/accounts/A1/"
    assert (Account.objects.get(key="A1").tax_number, Account.objects.get(key="A1").name) == ("", "金陵特钢")
    assert mei.get("/accounts/T/1/").status_code == 200


def test_who_sees_no_account_is_shown_no_pair(small_book: People, twin: Account) -> None:
    nobody = User.objects.create_user("s", None, full_name="s", role="service")
    assert "没有看起来重复的客户" in signed_in(nobody).get("/duplicates/?part=pairs").content.decode()


@pytest.mark.parametrize(
    "pair", ["kept=A1&lost=C3", "kept=C3&lost=A1", "kept=A1&lost=A1", "kept=A1&lost=x", ""]
)
def test_what_one_may_not_see_is_not_merged(small_book: People, pair: str) -> None:
    mei = signed_in(small_book.mei)
    assert mei.get(f"/merge/?{pair}").status_code == 404
    assert mei.post("/merge/", dict(each.split("=") for each in pair.split("&") if each)).status_code == 404
    assert not Account.objects.filter(merged_into__isnull=False).exists()
    assert mei.post("/merge/apart/", {"key": ["A1", "C3"]}).status_code == 404
    assert signed_in(small_book.gao).get("/duplicates/").status_code == 403


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_merge_and_undo_in_the_browser(
    small_book: People, twin: Account, visit: Any, accessible: Any, language: str
) -> None:
    with translation.override(language):
        compare, merge, undo = _("比一比"), _("合并"), _("撤销")
    page = visit("/duplicates/", user=small_book.mei, language=language)
    expect(page.locator("h1")).to_contain_text("1")
    SCREENS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENS / f"duplicates-{language[:2]}.png", full_page=True)
    page.get_by_role("link", name=compare).click()
    page.wait_for_url("**/merge/**")
    accessible(page)
    page.screenshot(path=SCREENS / f"merge-{language[:2]}.png", full_page=True)
    page.get_by_role("button", name=merge).click()
    page.wait_for_url("**/accounts/A1/")
    expect(page.locator("#toasts")).to_contain_text("金陵特钢")
    page.locator("#toasts").get_by_role("button", name=undo).click()
    apart = {"zh-hans": "各归各", "en": "stand alone again"}[language]
    expect(page.locator("#toasts")).to_contain_text(apart)
    page.goto(page.url.replace("/A1/", "/T/1/"))
    expect(page.locator("h1")).to_contain_text("金陵特钢有限公司")


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_it_fits_every_screen(small_book: People, twin: Account, pictures: Any) -> None:
    pictures("merge", "/merge/?kept=A1&lost=T/1", user=small_book.mei)
