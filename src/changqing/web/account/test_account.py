"""The page of one account, through the door."""

from __future__ import annotations

import re
from datetime import date
from html import unescape
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import expect

from changqing.accounts.models import Person
from changqing.accounts.queries import Account, Contact
from changqing.ledger.lines import imports_of
from changqing.ledger.queries import Import
from changqing.people.permissions import may
from changqing.reports.conftest import People, accounts_come, orders_come
from changqing.web.account.together import GROUPS
from matrix import described


def get(user: Any, address: str) -> Any:
    client = Client()
    client.force_login(user)
    return client.get(address)


def text_of(response: Any) -> str:
    return re.sub(
        r"\s+", " ", re.sub(r"<[^>]+>", " ", re.sub(r"</?span[^>]*>", "", response.content.decode()))
    )


def masked(response: Any) -> str:
    """The page without its token, which is another on every answer."""
    return re.sub(r'X-CSRFToken": "\w+|csrfmiddlewaretoken" value="\w+', "", response.content.decode())


def test_the_strip_answers_before_any_scroll(small_book: People):
    text = text_of(get(small_book.mei, "/accounts/A1/"))
    for words in (
        "金陵特钢",
        "B 类",
        "钢铁 · 江苏",
        "梅雪",
        "华东区",
        "1 行成本未知，不计",
        "1 / 4",
        "5 天前",
        "2024-06-10",
    ):
        assert words in text, words
    assert "近 12 个整月收入 ¥400 元，同比 −20%" in text
    assert "轴承 占 100%" in text


def test_every_figure_opens_to_its_arithmetic(small_book: People):
    text = text_of(get(small_book.mei, "/accounts/A1/"))
    formula = "毛利 = 收入 − 成本（行成本；没有时用单位成本 × 数量；再没有就不计）"
    assert formula + " 收入 ¥1,000.00 没有成本的行（往来以来） 1 毛利 ¥300.00" in text
    said = text_of(get(small_book.mei, "/accounts/B2/"))
    assert formula + " 收入 ¥300.00 成本 ¥400.00 毛利 −¥100.00" in said
    assert "截至 2024-06-15 · concentration v0" in text


@pytest.mark.parametrize("part", ["", "?part=track", "?part=lines", "?part=lines&day=2024-02-01"])
def test_a_foreign_account_is_as_good_as_none(small_book: People, part: str):
    foreign, missing = get(small_book.bo, f"/accounts/A1/{part}"), get(small_book.bo, f"/accounts/ZZ/{part}")
    assert (foreign.status_code, missing.status_code) == (404, 404)
    assert masked(foreign).replace("A1", "ZZ") == masked(missing)
    assert get(small_book.mei, f"/accounts/A1/{part}").status_code == 200


def test_the_group_names_only_what_one_may_see(small_book: People):
    keys = ["B2", "C3", "D4", "E5"]
    Account.objects.filter(key__in=keys).update(parent=Account.objects.get(key="A1"))
    text = text_of(get(small_book.bo, "/accounts/C3/"))
    assert "金陵" not in text and "您看不到" not in text
    text = text_of(get(small_book.mei, "/accounts/A1/"))
    assert "华曜风电" in text and "北辰" not in text and "同集团另有 3 家您看不到" in text


def test_the_track_says_the_rhythm_in_words(small_book: People):
    text = text_of(get(small_book.mei, "/accounts/A1/?part=track"))
    assert "下单 3 天，间隔太少，看不出节奏；最近一单在 5 天前" in text
    assert "2024-02-01 1 1 ¥400.00 ¥100.00" in text


def test_lines_name_their_file_and_row(small_book: People):
    text = text_of(get(small_book.mei, "/accounts/A1/?part=lines"))
    assert "3 行订单，最新的在前" in text
    assert re.search(r"2024-06-10 O3 .* 100\.00 未知 导入 2 第 4 行", text)
    assert "2024-02-01 的 1 行订单" in text_of(get(small_book.mei, "/accounts/A1/?part=lines&day=2024-02-01"))
    assert get(small_book.mei, "/accounts/A1/?part=lines&day=x&page=y").status_code == 200
    assert "退货" in text_of(get(small_book.gao, "/accounts/C3/?part=lines"))


def test_what_a_line_says_is_text(small_book: People):
    orders_come([("A1", "<b>O9</b>", "2024-06-14", 10, 5, "<i>F"), ("A1", "", "2024-06-14", -3, -1, "")])
    told = get(small_book.gao, "/accounts/A1/?part=lines").content.decode()
    cells = [re.findall(r"<td[^>]*>\s*(.*?)\s*</td>", row) for row in re.findall(r"<tr> <td>.*?</tr>", told)]
    chip = '<span class="chip chip-amber"> 退货 </span>'
    assert [row[:-1] for row in cells[:2]] == [
        ["2024-06-14", "–", f"P1 {chip}", "–", "1", "−3.00", "−1.00"],
        ["2024-06-14", "&lt;b&gt;O9&lt;/b&gt;", "P1", "&lt;i&gt;F", "1", "10.00", "5.00"],
    ]


def test_people_are_told_with_their_terms(small_book: People):
    account = Account.objects.get(key="A1")
    person = Person.objects.create
    Contact.objects.create(
        account=account, person=person(name="韩志远"), title="设备副总", since=date(2024, 1, 1)
    )
    Contact.objects.create(
        account=account, person=person(name="赵敏"), since=date(2020, 1, 1), until=date(2023, 5, 1)
    )
    text = text_of(get(small_book.mei, "/accounts/A1/"))
    assert "1 人在任，1 人已离任" in text and "2020-01 – 2023-05" in text
    assert "还不认识这家客户里的任何人" in text_of(get(small_book.mei, "/accounts/B2/"))


def test_an_account_that_never_bought_says_so(small_book: People):
    text = text_of(get(small_book.mei, "/accounts/F6/"))
    assert "没有订单，也就没有钱和节奏" in text and "不排名" in text


@pytest.mark.parametrize("key", ["甲/乙", "a b", "50%", "x?part=lines", "a#b", "%2F", "<b>", "erp:7"])
def test_any_key_has_a_page(small_book: People, key: str):
    accounts_come([(key, "怪编号", "钢铁", "江苏")])
    Account.objects.filter(name="怪编号").update(owner=small_book.mei)
    found = Account.objects.get(name="怪编号")
    assert get(small_book.mei, reverse("account", args=[found.key])).status_code == 200
    assert "怪编号" in text_of(get(small_book.mei, "/accounts/?q=怪编号"))


def test_it_speaks_english_too(small_book: People):
    type(small_book.mei).objects.filter(pk=small_book.mei.pk).update(language="en")
    small_book.mei.refresh_from_db()
    text = text_of(get(small_book.mei, "/accounts/A1/"))
    assert "Revenue of 12 whole months ¥400, −20% on last year" in text


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_stem_opens_the_lines_of_its_day(small_book: People, visit: Any):
    page = visit("/accounts/A1/", user=small_book.mei)
    page.wait_for_selector("#track [data-drawn]")
    page.wait_for_selector("#lines tbody tr")
    assert page.locator("#lines tbody tr").count() == 3
    page.locator("#stems").focus()
    page.keyboard.press("ArrowRight")
    assert "2023-02-01" in page.locator("#stems-mark").inner_text()
    page.keyboard.press("Enter")
    page.wait_for_url("**day=2023-02-01**")
    page.wait_for_selector("#lines tbody tr")
    assert page.locator("#lines tbody tr").count() == 1
    page.locator("#lines button", has_text="看全部").click()
    expect(page.locator("#lines tbody tr")).to_have_count(3)
    figure = page.locator(".figure .open-number").first
    page.wait_for_load_state("networkidle")
    figure.press("Enter")
    expect(page.locator(".arithmetic:popover-open")).to_have_count(1)


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_it_fits_every_screen(small_book: People, pictures: Any):
    pictures("account", "/accounts/A1/", user=small_book.mei)
    pictures("account-new", "/accounts/F6/", user=small_book.mei)


def test_the_lines_name_the_imports_they_came_from(small_book: People):
    entry = Import.objects.get(kind="orders")
    told = get(small_book.gao, "/accounts/A1/?part=lines")
    assert "这些订单行来自 orders.csv" in text_of(told)
    is_linked = f'href="/imports/#import-{entry.pk}"' in told.content.decode()
    assert is_linked == may(small_book.gao, "see imports")
    mine = get(small_book.mei, "/accounts/A1/?part=lines")
    assert "这些订单行来自 orders.csv" in text_of(mine)
    assert "/imports/" not in mine.content.decode()
    assert imports_of(small_book.bo, Account.objects.get(key="A1")) == []


def test_brackets_lead_through_the_list_one_came_from(small_book: People):
    def around(response: Any) -> dict[str, str]:
        found = re.findall(r'<a href="([^"]+)" rel="(prev|next)"', response.content.decode())
        return {way: url.replace("&amp;", "&") for url, way in found}

    def name(response: Any) -> str:
        return str(response.context["who"].name)

    for address in (
        "/accounts/?sort=name",
        "/accounts/?sort=-revenue",
        "/accounts/?industry=钢铁&sort=margin",
    ):
        listing = get(small_book.gao, address).content.decode()
        rows = re.findall(r'<td class="name">\s*<a href="([^"]+)">([^<]+)</a>', listing)
        walked = [get(small_book.gao, rows[0][0].replace("&amp;", "&"))]
        while url := around(walked[-1]).get("next"):
            walked.append(get(small_book.gao, url))
        assert [name(page) for page in walked] == [called for _url, called in rows], address
        assert "prev" not in around(walked[0]) and len(rows) > 1
        back = get(small_book.gao, around(walked[-1])["prev"])
        assert name(back) == rows[-2][1] and f"{len(rows) - 1} / {len(rows)}" in text_of(back)


@pytest.mark.parametrize(
    "query", ["", "?list=&at=3", "?list=nonsense%3D1&at=0", "?at=-1", "?list=q%3Dx&at=99999999999"]
)
def test_without_its_place_in_a_list_a_page_leads_nowhere(small_book: People, query: str):
    page = get(small_book.gao, f"/accounts/A1/{query}")
    assert page.status_code == 200 and 'rel="next"' not in page.content.decode()


def test_who_may_ask_for_parts_together_is_described_as_the_page_asks() -> None:
    lines = (
        name.partition("?")[2] for name in described()["routes"] if name.startswith("account?part=together")
    )
    assert {tuple(parse_qs(line)["of"]) for line in lines} == set(GROUPS)


def test_parts_asked_for_together_are_those_asked_for_alone(small_book: People) -> None:
    """Each in its place; nobody learns more so, and a name that is no part is refused."""
    page = get(small_book.gao, "/accounts/A1/").content.decode()
    addresses = [
        f"/accounts/A1/{unescape(each)}" for each in re.findall(r'hx-get="(\?part=together[^"]+)"', page)
    ]
    assert len(addresses) == len(GROUPS)
    whole = "".join(get(small_book.gao, address).content.decode() for address in addresses)
    assert re.findall(r'<div id="(\w+)" hx-swap-oob="innerHTML">', whole) == [
        name for group in GROUPS for name in group
    ]
    assert "".join(masked(get(small_book.gao, "/accounts/A1/?part=why")).split()) in "".join(whole.split())
    assert get(small_book.bo, addresses[0]).status_code == 404
    assert get(small_book.gao, "/accounts/A1/?part=together&of=why&of=peek").status_code == 400
