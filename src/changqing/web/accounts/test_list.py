"""The list of accounts, through the door."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook
from playwright.sync_api import expect

from changqing.accounts.queries import Account, Part
from changqing.base.tables.escape import is_formula_like
from changqing.records.queries import AuditLine
from changqing.reports import take_away
from changqing.reports.accounts import AccountList, Asked, ListedAccount
from changqing.reports.conftest import People, accounts_come, orders_come
from changqing.web.accounts.asking import FromList
from changqing.web.accounts.rows import ListRows, spark

NASTY = ["=1+1", "+86 21", "-2", "@SUM(A1)", "\t=1", "＝1", " =cmd", '"=x"', "<script>alert(1)</script>"]


def get(user: Any, address: str) -> Any:
    client = Client()
    client.force_login(user)
    return client.get(address)


def text_of(response: Any) -> str:
    return re.sub(
        r"\s+", " ", re.sub(r"<[^>]+>", " ", re.sub(r"</?span[^>]*>", "", response.content.decode()))
    )


def names_in(response: Any) -> list[str]:
    return re.findall(r'<td class="name">\s*<a href="[^"]+">([^<]+)', response.content.decode())


def test_the_title_counts_what_the_list_holds(small_book: People):
    text = text_of(get(small_book.gao, "/accounts/"))
    assert "6 家客户：亏损 1 家，本期未下单 2 家" in text
    assert "近 36 个月（2021-06-16 至 2024-06-15）" in text
    assert "您可见 3 家客户" in text_of(get(small_book.bo, "/accounts/"))


def test_rows_tell_rank_class_money_and_silence(small_book: People):
    text = text_of(get(small_book.gao, "/accounts/"))
    assert re.search("金陵特钢 ?A1 B ¥1,000 元 ¥300 元", text)
    assert "2024-03-01 106 天前" in text
    assert "−¥100" in text
    assert re.search("天工半导体 ?F6 本期未下单", text) and "从未下单" in text


def test_what_one_may_not_see_is_nowhere(small_book: People):
    addresses = ["/accounts/", "/accounts/?q=jltg", "/accounts/?part=filters", "/accounts/?export=csv"]
    for address in [*addresses, "/accounts/?sort=-margin", "/accounts/?part=composition", "/portfolio/"]:
        said = get(small_book.bo, address).content.decode("utf-8-sig", "replace")
        assert not re.search("金陵|华曜|天工|江苏|梅雪", said), address


def test_search_and_filters_live_in_the_address(small_book: People):
    assert names_in(get(small_book.gao, "/accounts/?q=jltg")) == ["金陵特钢"]
    assert names_in(get(small_book.gao, "/accounts/?industry=钢铁&sort=margin")) == ["北辰重工", "金陵特钢"]
    assert names_in(get(small_book.gao, "/accounts/?loss=1")) == ["华曜风电"]
    empty = text_of(get(small_book.gao, "/accounts/?q=没有这家"))
    assert "找到 0 家客户" in empty and "清除条件" in empty


def test_filters_offer_what_there_is_and_mark_what_is_chosen(small_book: People):
    Account.objects.filter(key="A1").update(region='<b>"', tags=["x", "y"])
    owner = small_book.bo.pk
    said = get(small_book.gao, f"/accounts/?part=filters&industry=钢铁&tag=y&owner={owner}").content.decode()
    chosen = re.findall(r"<option[^>]* selected>[^<]*", said)
    assert chosen == ["<option selected>钢铁", "<option selected>y", f'<option value="{owner}" selected>柏松']
    assert "<option>&lt;b&gt;&quot;</option>" in said and "<option>x</option>" in said


@pytest.mark.parametrize(
    "query",
    [
        "sort=owner__password",
        "sort=-r__margin",
        "owner__password=x",
        "margin__gt=1",
        "owner=1 OR 1=1",
        "owner=99999999999",
        "page=-1",
        "period=12",
        "department=１",
        "silent=999999",
    ],
)
def test_what_no_link_carries_is_a_bad_request(small_book: People, query: str):
    assert get(small_book.gao, f"/accounts/?{query}").status_code == 400


@pytest.mark.parametrize(
    "query", ["q=%00", "q=%25%25", "q='%3B--", "q=" + "长" * 500, "page=2147483647", "abc=AA", "q=%F0%9F"]
)
def test_odd_words_find_nothing_and_break_nothing(small_book: People, query: str):
    assert get(small_book.gao, f"/accounts/?{query}").status_code == 200


@pytest.mark.parametrize("key", ["A1", "a_b-3", "-", "a/b", "客户 1", "?q=1", "%2e", "a.b", "'\"<"])
def test_an_account_leads_back_to_its_list_whatever_its_key(key: str):
    said = f"{reverse('account', args=[key])}?{urlencode({'list': 'q=钢&page=2', 'at': 7})}"
    assert FromList("q=钢&page=2").url(key, 7) == said


@pytest.mark.parametrize("role", ["gao", "mei"])
def test_an_empty_book_teaches_the_next_step(book: None, people: People, role: str):
    text = text_of(get(getattr(people, role), "/accounts/"))
    assert ("请运营同事导入订单" if role == "gao" else "还没有归您负责的客户") in text


def test_it_speaks_english_too(small_book: People):
    type(small_book.gao).objects.filter(pk=small_book.gao.pk).update(language="en")
    small_book.gao.refresh_from_db()
    text = text_of(get(small_book.gao, "/accounts/"))
    assert "6 accounts: 1 at a loss, 2 without an order" in text
    assert "106 days ago" in text and "0 days ago" in text


def test_a_csv_holds_exactly_what_is_shown(small_book: People):
    answer = get(small_book.gao, "/accounts/?export=csv&industry=钢铁&sort=margin")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row[:7] for row in rows[1:]] == [
        ["C3", "北辰重工", "3", "C", "", "150.00", "75.00"],
        ["A1", "金陵特钢", "1", "B", "", "1000.00", "300.00"],
    ]
    line = AuditLine.objects.get(verb="export")
    assert (line.user, line.subject_key, line.details["rows"]) == (small_book.gao, "csv", 2)
    assert line.details["asked"]["industry"] == "钢铁"


def test_a_workbook_holds_no_formula(small_book: People):
    accounts_come([(f"N{at}", name, "钢铁", "江苏") for at, name in enumerate(NASTY)])
    answer = get(small_book.gao, "/accounts/?export=xlsx")
    sheet = load_workbook(io.BytesIO(answer.content)).active
    assert sheet.max_row == 7 + len(NASTY)
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "d"}
    said = get(small_book.gao, "/accounts/?export=csv").content.decode("utf-8-sig")
    names = {row[0]: row[1] for row in csv.reader(io.StringIO(said))}
    assert [names[f"N{at}"] for at in range(len(NASTY))] == [
        "'" + name if is_formula_like(name) else name for name in NASTY
    ]


def test_only_the_chosen_are_taken(small_book: People):
    answer = get(small_book.mei, "/accounts/?export=csv&key=B2&key=C3")
    assert [row[0] for row in csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))][1:] == ["B2"]


def test_a_list_too_long_to_take_is_refused_not_cut(small_book: People, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(take_away, "FOR_THE_BOOK", 5)
    answer = get(small_book.gao, "/accounts/?export=csv")
    assert answer.status_code == 403
    assert "这份名单有 6 家，您一次最多导出 5 家" in text_of(answer)
    assert not AuditLine.objects.filter(verb="export").exists()


def test_names_are_written_not_run(small_book: People):
    accounts_come([("N1", NASTY[-1], NASTY[-1], NASTY[-1])])
    said = get(small_book.gao, "/accounts/").content.decode()
    assert "<script>alert" not in said and "&lt;script&gt;alert" in said


@pytest.mark.parametrize("who", ["gao", "lin", "mei"])
def test_a_page_asks_a_constant_number_of_queries(
    small_book: People, who: str, django_assert_max_num_queries
):
    client = Client()
    client.force_login(getattr(small_book, who))
    client.get("/accounts/")
    # what is kept over the accounts in view is worked out anew both times
    Account.objects.filter(key="A1").update(region="别处")
    with django_assert_max_num_queries(18) as few:
        client.get("/accounts/")
    accounts_come([(f"N{n}", f"新客户{n}", "钢铁", "江苏") for n in range(100)])
    orders_come([(f"N{n}", f"X{n}", "2024-05-01", 10 + n, 5, "轴承") for n in range(100)])
    Account.objects.filter(key__startswith="N").update(
        owner=small_book.mei, department=small_book.mei.department
    )
    with django_assert_max_num_queries(len(few)):
        assert len(names_in(client.get("/accounts/"))) == 50


def test_a_spark_stays_in_its_box():
    assert spark(()) == "" and spark((Decimal(0),) * 24) == ""
    points = [
        tuple(map(float, each.split(","))) for each in spark(tuple(map(Decimal, range(-3, 21)))).split()
    ]
    assert len(points) == 8
    assert all(0 <= x <= 72 and 0 <= y <= 20 for x, y in points)


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_one_types_filters_and_walks(small_book: People, visit: Any):
    page = visit("/accounts/", user=small_book.gao)
    page.keyboard.press("/")
    page.keyboard.type("钢")
    page.wait_for_url("**q=%E9%92%A2*")
    expect(page.locator("#found tbody tr")).to_have_count(1)
    assert page.locator("h1").inner_text().startswith("找到 1 家客户")
    page.locator("#list-search").fill("")
    expect(page.locator("#found tbody tr")).to_have_count(6)
    page.locator("#toggles a", has_text="亏损").click()
    page.wait_for_load_state("networkidle")
    assert page.locator("#found tbody tr").count() == 1
    page.locator("select[name=industry]").select_option("风电")
    page.wait_for_url("**industry=*")
    assert "loss=1" in page.url
    page.locator("body").press("j")
    page.keyboard.press("x")
    assert page.locator("input[name=key]:checked").count() == 1
    page.keyboard.press("Enter")
    page.wait_for_url("**/accounts/B2/**")


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_it_fits_every_screen(small_book: People, pictures: Any):
    pictures("accounts", "/accounts/", user=small_book.gao)
    pictures("accounts-none", "/accounts/?q=zzzz", user=small_book.gao)


HOSTILE = "<b>\"'&"
SAFE = "&lt;b&gt;&quot;&#x27;&amp;"


def test_a_row_says_what_it_is_given_as_text_and_why_it_says_no_more():
    row = ListedAccount(
        key=HOSTILE,
        name=HOSTILE,
        industry=HOSTILE,
        region=HOSTILE,
        tags=(HOSTILE,),
        is_archived=True,
        owner=HOSTILE,
        department=HOSTILE,
        abc="A",
        band="key",
        rank=1_234,
        cumulative_share=None,
        revenue=Decimal(20_000),
        margin=Decimal(-20_000),
        revenue_with_cost=None,
        last_day=date(2026, 5, 1),
        days_silent=3,
        months=(Decimal(3),) * 21 + (Decimal(1),) * 3,
        change=-0.25,
    )
    bare = replace(row, key="C1", name="n", industry="", tags=(), owner="", abc="", rank=None, months=())
    bare = replace(bare, is_archived=False, hidden=frozenset({Part.REVENUE, Part.MARGIN}), change=None)
    silent = replace(bare, hidden=frozenset(), last_day=None, revenue=None, margin=None, band="")
    found = AccountList(
        asked=Asked(),
        rows=[row, bare, replace(bare, rank=2, margin=None, hidden=frozenset({Part.REVENUE})), silent],
        total=4,
        composition=None,
        pages=1,
        from_day=None,
        as_of=None,
        letters=["A"],
        band_names={"key": HOSTILE},
        ranked_accounts=4,
        method="",
        currency="CNY",
        is_whole_book=True,
        hidden=frozenset(),
    )
    html = ListRows(found, "q=<").written()
    assert "<b>" not in html
    first, second, third, last = (re.sub(r"\s+", " ", each) for each in html.split("</tr>")[:4])
    assert f'value="{SAFE}" form="chosen" aria-label="选中 {SAFE}"> </label><span>1,234</span>' in first
    assert f'?list=q%3D%3C&amp;at=0">{SAFE}</a><span class="sub">{SAFE}</span> ' in first
    assert first.count(SAFE) == 10 and "已归档" in first
    assert '<span class="money money-red"' in first and "spark-falling" in first
    assert '<span class="change falling"> <span class="way">▼</span> −25% </span>' in first
    assert '2026-05-01 <span class="sub">3 天前</span>' in first
    assert second.count("无权查看") == 2 and "无人负责" in second and "本期未下单" not in second
    assert '<td class="wide">–<span class="sub">' in second
    assert third.count("无权查看") == 1 and "成本未知" in third
    assert last.count("money-unknown") == 2 and "本期未下单" in last and "从未下单" in last
