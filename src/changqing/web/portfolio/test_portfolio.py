"""Portfolio, through the door, on a book of ten accounts that is nearly 80/20.

G1 5,200,000 (strategic) and G2 1,200,000 (key) of 8,000,000 in the last twelve months are 80 % held by 20 %;
G3 600,000 (basic), then seven small ones. G10 makes a loss of 40,000.
"""

from __future__ import annotations

import re
from dataclasses import fields, replace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse, set_script_prefix
from playwright.sync_api import expect

from changqing.accounts.queries import Account
from changqing.accounts.seen import SEEN
from changqing.journeys.score_book import fit
from changqing.people.permissions import operator
from changqing.people.queries import User
from changqing.reports.conftest import People, accounts_come, orders_come
from changqing.reports.portfolio import portfolio
from changqing.reports.portfolio_worth import portfolio_worth
from changqing.value.queries.places import ORDERS
from changqing.value.queries.views import VIEWS
from changqing.web.shell import account_address
from told_once import ToldOnce

REVENUE = (5_200_000, 1_200_000, 600_000, 300_000, 200_000, 150_000, 120_000, 100_000, 80_000, 50_000)


def ten_come() -> None:
    names = ["金陵特钢", "华曜风电", *(f"远方{at}" for at in range(3, 11))]
    industries = ["钢铁", "风电", *["造纸"] * 8]
    accounts_come(
        [
            (f"G{at}", name, industry, "江苏")
            for at, (name, industry) in enumerate(zip(names, industries, strict=True), 1)
        ]
    )
    orders_come(
        [
            (
                f"G{at}",
                f"O{at}",
                "2024-06-15",
                money,
                money * 9 // 10 if at < 10 else 90_000,
                "轴承" if at % 2 else "润滑",
            )
            for at, money in enumerate(REVENUE, 1)
        ]
    )
    mei = User.objects.get(username="mei")
    Account.objects.filter(key__in=["G1", "G2"]).update(owner=mei, department=mei.department)


@pytest.fixture
def ten(book: None, people: People, told_once: ToldOnce) -> People:
    """Ten accounts; the first two are mei's."""
    told_once(ten_come)
    return people


def get(user: Any, address: str, client: Client | None = None) -> Any:
    client = client or Client()
    client.force_login(user)
    return client.get(address)


def text_of(response: Any) -> str:
    return re.sub(
        r"\s+", " ", re.sub(r"<[^>]+>", " ", re.sub(r"</?span[^>]*>", "", response.content.decode()))
    )


@pytest.mark.row("SEG-01", shows="whether this book is really 80/20, asked of revenue and of margin apart")
def test_it_says_whether_the_book_is_80_20(ten: People, client: Client):
    text = text_of(get(ten.gao, "/portfolio/", client))
    assert "前 20%（2 家）贡献 80% 收入，正合 80/20" in text
    assert "收入 80% 正合 80/20" in text
    # the best two earn 640,000 of 755,000
    assert "毛利 85% 高于 80/20" in text


@pytest.mark.row("SEG-05", shows="the Pareto curve, how few accounts reach 80 %, Gini and HHI")
def test_it_draws_how_few_reach_eighty_percent(ten: People, client: Client):
    said = get(ten.gao, "/portfolio/", client)
    text = text_of(said)
    assert "2 家到 80% 收入，占下单客户的 20%" in text
    assert '"formatter": "80/20"' in said.content.decode()
    assert "基尼系数 = Σ(2i − n − 1)·xᵢ ÷ (n·Σx)" in text
    assert "按客户 4,535 相当于几家一样大的 2" in text


@pytest.mark.row("SEG-06", shows="20/30/50 of the accounts with what they hold against 80/15/5")
def test_classes_stand_against_what_the_rule_says(ten: People, client: Client):
    text = text_of(get(ten.gao, "/portfolio/", client))
    assert "A 2 80.0% 80% 0.0" in text
    assert "B 3 13.8% 15% −1.2" in text
    assert "C 5 6.2% 5% +1.2" in text
    assert (
        len(re.findall(r'<td class="name">', get(ten.gao, "/accounts/?abc=B", client).content.decode())) == 3
    )


@pytest.mark.row("SEG-12", shows="accounts by annual amount band, with who should serve them")
def test_bands_say_how_many_and_who_should_serve_them(ten: People, client: Client):
    text = text_of(get(ten.gao, "/portfolio/", client))
    assert "战略级 1 家，重点级 1 家，基础级 1 家" in text
    assert "战略级 ≥ ¥500 万 1 高管直接对接" in text
    assert "金陵特钢" in text_of(get(ten.gao, "/accounts/?band=strategic", client))


def test_without_a_rate_the_bands_are_unknown_and_say_why(ten: People, settings: Any):
    settings.BOOK_CURRENCY = "USD"
    orders_come([("G1", "O99", "2024-06-15", 1, 1, "轴承")])
    text = text_of(get(ten.gao, "/portfolio/"))
    assert "金额级别未知" in text and "没有带日期的汇率，所以不分级，也不猜" in text


@pytest.mark.row(
    "SEG-27", shows="how much hangs on one account, five accounts, one industry, with the limits"
)
def test_it_warns_where_the_book_hangs_on_few(ten: People, client: Client):
    said = get(ten.gao, "/portfolio/", client)
    text = text_of(said)
    assert "集中度：前五大客户 94%，越过红线 59 个点" in text
    for words in (
        "最大 1 家 · 金陵特钢 65.0%",
        "前 5 家 93.8%",
        "钢铁 65.0%",
        "造纸 20.0%",
        "风电 15.0%",
        "轴承",
    ):
        assert words in text, words
    assert said.content.decode().count('class="bar bar-red"') == 3


def test_the_whale_says_who_eats_the_profit(ten: People):
    text = text_of(get(ten.gao, "/portfolio/"))
    assert "末尾 1 家吃掉 ¥4.00 万，占挣到的 5%" in text
    assert "挣钱的 9 家 ¥79.5 万 亏损的 1 家 −¥4.00 万 剩下 10 家 ¥75.5 万" in text


def test_others_read_what_they_may_see_and_are_told_so(ten: People):
    text = text_of(get(ten.mei, "/portfolio/"))
    assert "合计、曲线和集中度只含您可见的 2 家；名次和类别按整本账的 10 家排定。" in text
    assert "您可见的 A 类 2 家，占其中收入 100%" in text
    assert not re.search(r"远方|造纸", text)
    assert "轴承" in text_of(get(ten.mei, "/portfolio/?part=families"))
    nothing = text_of(get(ten.bo, "/portfolio/"))
    assert "这段时间没有您可见的客户下过单" in nothing and "金陵" not in nothing


def test_an_old_book_is_warned_of(ten: People):
    text = text_of(get(ten.gao, "/portfolio/"))
    assert re.search(r"账本截至 2024-06-15，已经 [\d,]+ 天没有新的订单（超过 35 天）", text)


@pytest.mark.parametrize("who", ["gao", "mei"])
def test_an_empty_book_teaches_the_next_step(book: None, people: People, who: str):
    assert "账本还是空的" in text_of(get(getattr(people, who), "/portfolio/"))


def test_it_speaks_english_too(ten: People):
    type(ten.gao).objects.filter(pk=ten.gao.pk).update(language="en")
    ten.gao.refresh_from_db()
    text = text_of(get(ten.gao, "/portfolio/?period=all"))
    assert "The top 20% (2 accounts) bring 80% of revenue, as 80/20 has it" in text
    assert "Strategic ≥ ¥5.00m 1 an executive answers in person" in text


@pytest.mark.parametrize("address", ["/portfolio/", "/portfolio/?part=worth"])
def test_what_is_kept_of_one_answer_is_never_shown_for_another(ten: People, address: str):
    """Written once, then shown again: until the name, the book, the reader or the language is another."""

    def told(user: User) -> str:
        start, _, main = get(user, address).content.decode().partition("<main")
        html = re.sub(r"arithmetic-\d+", "", main or start).partition("</main>")[0]
        # the option of a chart is written in ASCII
        return re.sub(r"\\u([0-9a-f]{4})", lambda code: chr(int(code[1], 16)), html)

    fit(by=operator(because="a test"))
    whole, part = told(ten.gao), told(ten.mei)
    assert (told(ten.gao), told(ten.mei)) == (whole, part)
    assert "远方3" in whole and "远方3" not in part
    Account.objects.filter(key="G1").update(name="金陵新钢")
    for user, before in ((ten.gao, whole), (ten.mei, part)):
        assert told(user) == before.replace("金陵特钢", "金陵新钢") != before
    orders_come([("G2", "O98", "2024-06-15", 7_000_000, 1, "轴承")])
    fit(by=operator(because="a test"))
    moved = told(ten.mei)
    assert moved != part and told(ten.gao) != whole
    User.objects.filter(pk=ten.mei.pk).update(language="en")
    ten.mei.refresh_from_db()
    in_english = told(ten.mei)
    assert "Lifetime profit" in in_english if "worth" in address else "of revenue" in in_english
    User.objects.filter(pk=ten.mei.pk).update(language="zh-hans")
    ten.mei.refresh_from_db()
    assert told(ten.mei) == moved


@pytest.mark.parametrize(
    ("of", "told_otherwise"),
    [
        (portfolio, {"method", "rows", "history"}),
        (portfolio_worth, {"scheme", "tiers_method", "worth_method"}),
    ],
)
def test_the_content_of_a_report_is_another_with_each_thing_that_it_says(
    ten: People, of: Any, told_otherwise: set[str]
):
    fit(by=operator(because="a test"))
    found = of(ten.gao)
    assert found.content == of(ten.gao).content
    # what looks the same whatever it holds would hide a change: a row of the database, a long array
    assert not re.search(r"<|\.\.\.| object", found.content)
    said = {each.name for each in fields(found) if replace(found, **{each.name: []}).content != found.content}
    empty = {each.name for each in fields(found) if getattr(found, each.name) == []}
    assert said | empty | told_otherwise >= {each.name for each in fields(found)}


@pytest.mark.parametrize("who", ["gao", "lin", "mei"])
def test_a_page_asks_a_constant_number_of_queries(ten: People, who: str, django_assert_max_num_queries):
    client = Client()
    client.force_login(getattr(ten, who))
    client.get("/portfolio/")
    # nothing is kept of either book
    VIEWS._found.clear()
    ORDERS._found.clear()
    SEEN._found.clear()
    with django_assert_max_num_queries(24) as few:
        client.get("/portfolio/")
    accounts_come([(f"N{n}", f"新客户{n}", f"行业{n % 9}", "江苏") for n in range(100)])
    orders_come([(f"N{n}", f"X{n}", "2024-06-01", 10 + n, 5, f"品类{n % 9}") for n in range(100)])
    Account.objects.filter(key__startswith="N").update(owner=ten.mei, department=ten.mei.department)
    with django_assert_max_num_queries(len(few)):
        client.get("/portfolio/")


@pytest.mark.parametrize("key", ["G1", "KEY", "a/b c", "华 & <b>?#%2F", "~:@!$&'()*+,;=", "-", "\u202e"])
def test_the_address_of_an_account_is_that_of_its_page(key: str):
    assert account_address(key) == reverse("account", args=[key])
    set_script_prefix("/KEY/")
    try:
        assert account_address(key) == reverse("account", args=[key])
    finally:
        set_script_prefix("/")


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.row("SEG-05", shows="marks that open their rows and a table behind the curve")
def test_marks_are_walked_and_open_their_rows(ten: People, visit: Any):
    page = visit("/portfolio/", user=ten.gao)
    expect(page.locator("[data-drawn]")).to_have_count(2)
    page.locator("#whale").focus()
    page.keyboard.press("End")
    expect(page.locator("#whale-mark")).to_have_text("1 家吃掉 ¥4.00 万")
    page.keyboard.press("t")
    expect(page.locator("details.behind[open]")).to_have_count(1)
    page.keyboard.press("Enter")
    page.wait_for_url("**/accounts/?period=36m&loss=1&sort=margin")
    expect(page.locator("#found tbody tr")).to_have_count(1)


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_every_figure_opens_and_goes_with_a_page_that_scrolls(ten: People, visit: Any):
    page = visit("/portfolio/", user=ten.gao)
    expect(page.locator("#worth")).not_to_contain_text("正在读", timeout=30_000)
    page.wait_for_load_state("networkidle")
    openers = page.locator(".open-number:visible")
    assert openers.count() >= 7, "five of the strip, HHI, Gini"
    for at in range(openers.count()):
        opener = openers.nth(at)
        arithmetic = page.locator(f'[id="{opener.get_attribute("popovertarget")}"]:popover-open')
        opener.press("Enter")
        expect(arithmetic).to_have_count(1)
        page.keyboard.press("Escape")
        expect(arithmetic).to_have_count(0)
    page.evaluate("scrollTo({top: 0, behavior: 'instant'})")
    openers.first.press("Enter")
    opened = page.locator(".arithmetic:popover-open")
    expect(opened).to_have_count(1)
    place = "async it => { await new Promise(requestAnimationFrame); return it.getBoundingClientRect().y }"
    before = opened.evaluate(place)
    page.evaluate("scrollBy({top: 20, behavior: 'instant'})")
    stands_at = "([it, y]) => Math.abs(it.getBoundingClientRect().y - y) <= 1"
    page.wait_for_function(stands_at, arg=[opened.element_handle(), before - 20])
    page.evaluate("scrollTo({top: document.documentElement.scrollHeight, behavior: 'instant'})")
    expect(opened).to_have_count(0)


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_it_fits_every_screen(ten: People, pictures: Any):
    pictures("portfolio", "/portfolio/", user=ten.gao)
    pictures("portfolio-part", "/portfolio/", user=ten.mei)
    pictures("portfolio-none", "/portfolio/", user=ten.bo)
