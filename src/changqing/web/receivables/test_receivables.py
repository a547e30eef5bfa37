"""Who owes what, through the door: the answer, its arithmetic, the list, the file, who may see it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from changqing.people.queries import User
from changqing.reports.conftest import People, come

INVOICES = (
    ("A1", "F1", "2024-01-05", "2024-02-04", 1000),
    ("A1", "F3", "2024-05-20", "2024-06-19", 800),
    ("B2", "F4", "2024-03-01", None, 400),
    ("C3", "F5", "2024-04-01", "2024-05-01", 300),
)
RECEIPTS = (
    ("A1", "R1", "2024-03-01", None, 100, None),
    ("A1", "R2", "2024-05-01", "2024-08-01", 700, "F1"),
    ("D4", "R3", "2024-06-01", None, 60, None),
)


def text_of(response: Any) -> str:
    plain = re.sub(r"<[^>]+>", " ", re.sub(r"</?span[^>]*>", "", response.content.decode()))
    return re.sub(r"\s+", " ", plain)


Rows = Sequence[Sequence[str | int | None]]


def documents_come(invoices: Rows, receipts: Rows) -> None:
    """Invoices (customer, number, day, due, amount), receipts (…, invoice named); with a due day a bill."""
    shared = "NULL::VARCHAR AS customer_name, NULL::VARCHAR AS currency, col0 AS customer, "
    come(
        "invoices",
        shared + "col1 AS invoice_no, col1 AS line_key, col2::DATE AS date, col3::DATE AS due, "
        "col4::DECIMAL(18,4) AS amount, 'invoice' AS kind",
        invoices,
    )
    come(
        "receipts",
        shared + "col1 AS receipt_no, col1 AS line_key, col2::DATE AS date, col3::DATE AS due, "
        "col4::DECIMAL(18,4) AS amount, col5::VARCHAR AS invoice_no, '银行承兑' AS method, "
        "CASE WHEN col3 IS NULL THEN 'transfer' ELSE 'acceptance' END AS method_kind",
        receipts,
    )


@pytest.fixture
def owing_book(small_book: People) -> People:
    documents_come(INVOICES, RECEIPTS)
    return small_book


@pytest.mark.row(
    "VAL-05", shows="who owes what and since when, each number opened, by the reader's own sight"
)
def test_the_page_says_who_owes_what_to_whoever_may_see_it(owing_book: People, client: Client) -> None:
    """A1 owes 900 of F1 (132 days) and 800; B2 400 (76 days by the method's 30); C3 300 (45 days)."""
    client.force_login(owing_book.gao)
    told = text_of(client.get("/portfolio/receivables/"))
    assert "应收 ¥2,400 元，其中 ¥1,600 元（67%）已逾期，欠在 3 家" in told
    assert "¥900 元 拖了“90 天以上”，占应收 38%" in told
    assert "到期日早于截至日的未清金额 逾期金额 ¥1,600.00 应收合计 ¥2,400.00" in told
    assert "receivables v0" in told and "2024-06-15" in told
    assert "1 张承兑未到期，最早 2024-08 到期" in told
    # mei sees A1 and B2, not bo's C3
    client.force_login(owing_book.mei)
    assert "应收 ¥2,100 元，其中 ¥1,300 元（62%）已逾期，欠在 2 家" in text_of(
        client.get("/portfolio/receivables/")
    )


def test_finance_sees_its_department_and_service_nothing(owing_book: People, client: Client) -> None:
    east = owing_book.mei.department
    finance = User.objects.create_user("fang", None, full_name="方敏", role="finance", department=east)
    client.force_login(finance)
    assert "应收 ¥2,100 元" in text_of(client.get("/portfolio/receivables/"))
    service = User.objects.create_user("shu", None, full_name="舒文", role="service", department=east)
    client.force_login(service)
    assert "您看不到任何客户的收入" in text_of(client.get("/portfolio/receivables/"))
    assert client.get("/accounts/A1/?part=receivables").status_code == 403


@pytest.mark.parametrize(
    ("asked", "numbers"),
    [
        ("", ["F1", "F4", "F5"]),
        ("?sort=-open", ["F1", "F4", "F5"]),
        ("?sort=open", ["F5", "F4", "F1"]),
        ("?bucket=d60", ["F5"]),
        ("?bucket=not_due", ["F3"]),
        ("?bucket=&q=A1", ["F1", "F3"]),
        ("?left=1", ["R3"]),
        ("?q=nobody", []),
    ],
)
def test_the_list_is_narrowed_and_ordered_and_taken_away(
    owing_book: People, client: Client, asked: str, numbers: list[str]
) -> None:
    client.force_login(owing_book.gao)
    told = client.get(f"/portfolio/receivables/{asked or '?bucket=late'}&export=csv")
    rows = told.content.decode("utf-8-sig").splitlines()
    assert [row.split(",")[2] for row in rows[1:]] == numbers


@pytest.mark.parametrize("asked", ["sort=name", "bucket=x", "left=1&evil=2"])
def test_what_there_is_not_is_refused(owing_book: People, client: Client, asked: str) -> None:
    client.force_login(owing_book.gao)
    assert client.get(f"/portfolio/receivables/?{asked}").status_code == 400


def test_the_account_says_what_it_owes_and_how_fast_it_pays(owing_book: People, client: Client) -> None:
    client.force_login(owing_book.mei)
    told = text_of(client.get("/accounts/A1/?part=receivables"))
    assert "应收 ¥1,700 元，其中 ¥900 元（53%）已逾期" in told
    # F1 of 01-05 was paid on 03-01
    assert "付款天数 56 天" in told
    assert client.get("/accounts/C3/?part=receivables").status_code == 404


def test_a_page_asks_a_constant_number_of_queries(
    owing_book: People, client: Client, django_assert_max_num_queries: Any
) -> None:
    client.force_login(owing_book.gao)
    with django_assert_max_num_queries(30):
        client.get("/portfolio/receivables/?bucket=")


@pytest.fixture
def crowded_book(small_book: People) -> People:
    """5,000 open invoices of two years and 400 bills held, of four accounts."""
    first, later = date(2022, 6, 1), date(2024, 7, 1)
    keys = ("A1", "B2", "C3", "D4")
    invoices = [
        (
            keys[n % 4],
            f"F{n:05d}",
            f"{(day := first + timedelta(n % 740))}",
            f"{day + timedelta(60)}",
            900 + n,
        )
        for n in range(5_000)
    ]
    bills = [
        (keys[n % 4], f"R{n:04d}", "2024-05-31", f"{later + timedelta(n % 170)}", 50_000, None)
        for n in range(400)
    ]
    documents_come(invoices, bills)
    return small_book


@pytest.mark.row("VAL-05", shows="a long list of open invoices in pages, by age, in the same few queries")
def test_a_long_list_comes_in_pages(
    crowded_book: People, client: Client, django_assert_max_num_queries: Any
) -> None:
    client.force_login(crowded_book.gao)
    with django_assert_max_num_queries(30):
        first = client.get("/portfolio/receivables/?bucket=&sort=number").content.decode()
    assert len(re.findall(r"F\d{5}", first)) == 50
    last = client.get("/portfolio/receivables/?bucket=&sort=number&page=100").content.decode()
    beyond = client.get("/portfolio/receivables/?bucket=&sort=number&page=4000").content.decode()
    assert re.findall(r"F\d{5}", last) == [f"F{n:05d}" for n in range(4_950, 5_000)]
    assert re.findall(r"F\d{5}", beyond) == re.findall(r"F\d{5}", last)
    assert len(set(re.findall(r"R\d{4}", first))) <= 100


def test_an_empty_book_says_what_to_do(small_book: People, client: Client) -> None:
    client.force_login(small_book.gao)
    assert "导入发票和回款以后，这里会说出谁欠多少、欠了多久。" in text_of(
        client.get("/portfolio/receivables/")
    )


@pytest.mark.browser
def test_receivables_in_a_browser(owing_book: People, visit: Any, pictures: Any, accessible: Any) -> None:
    page = visit("/portfolio/receivables/", user=owing_book.gao)
    page.wait_for_selector("#trend .figure")
    accessible(page)
    page.click("#items a:has-text('华曜风电')")
    page.wait_for_selector("#receivables .strip")
    pictures("receivables-account", "/accounts/A1/", user=owing_book.gao)
    pictures("receivables", "/portfolio/receivables/", user=owing_book.gao)


@pytest.mark.browser
def test_a_crowded_book_in_a_browser(crowded_book: People, pictures: Any) -> None:
    pictures("receivables-many", "/portfolio/receivables/?bucket=&page=2", user=crowded_book.gao)
