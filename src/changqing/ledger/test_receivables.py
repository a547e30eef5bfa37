"""Worked by hand: which money pays which invoice, what stays open on which day, and that nothing is lost."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal

import pytest
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from changqing.ledger.actions import redo, undo
from changqing.ledger.checks import breaches
from changqing.ledger.dues import open_items, owed, receivables_day, receivables_pack
from changqing.ledger.models import Acceptance, AccountFlow, AccountPayment, OpenItem
from changqing.ledger.queries import Import
from changqing.ledger.receivables import refresh_missing_receivables
from changqing.ledger.rollups import refresh_flows_before_openings
from changqing.people.permissions import Operator
from changqing.reports.conftest import come, orders_come

pytestmark = pytest.mark.django_db

Row = tuple[str | int | None, ...]


def invoices(rows: list[Row]) -> Import:
    """``rows`` are (customer, number, day, due, amount)."""
    names = (
        "col0 AS customer, NULL::VARCHAR AS customer_name, col1::VARCHAR AS invoice_no, "
        "coalesce(col1::VARCHAR, '') || '|' || col2 || '|' || col4 AS line_key, col2::DATE AS date, "
        "col3::DATE AS due, col4::DECIMAL(18,4) AS amount, NULL::VARCHAR AS currency, 'invoice' AS kind"
    )
    return come("invoices", names, rows)


def receipts(rows: list[Row]) -> Import:
    """``rows`` are (customer, number, day, due of a bill, amount, invoice it names)."""
    names = (
        "col0 AS customer, NULL::VARCHAR AS customer_name, col1::VARCHAR AS receipt_no, "
        "coalesce(col1::VARCHAR, '') || '|' || col2 || '|' || col4 AS line_key, col2::DATE AS date, "
        "col3::DATE AS due, col4::DECIMAL(18,4) AS amount, NULL::VARCHAR AS currency, "
        "col5::VARCHAR AS invoice_no, CASE WHEN col3 IS NULL THEN '转账' ELSE '银行承兑' END AS method, "
        "CASE WHEN col3 IS NULL THEN 'transfer' ELSE 'acceptance' END AS method_kind"
    )
    return come("receipts", names, rows)


def openings(rows: list[Row]) -> Import:
    """``rows`` are (customer, day, amount)."""
    names = (
        "col0 AS customer, NULL::VARCHAR AS customer_name, col0 || '|' || col1 AS line_key, "
        "col1::DATE AS date, col2::DECIMAL(18,4) AS amount, NULL::VARCHAR AS currency"
    )
    return come("openings", names, rows)


def items() -> list[tuple[str, str, str, int, int, int]]:
    """(account, kind, number, amount, open, pending), by account, day and number."""
    rows = OpenItem.objects.order_by("account__key", "-is_charge", "day", "number")
    return [
        (row.account.key, row.kind, row.number, int(row.amount), int(row.open), int(row.pending))
        for row in rows.select_related("account")
    ]


INVOICES: list[Row] = [
    ("A1", "F1", "2024-01-05", "2024-02-04", 1000),
    ("A1", "F2", "2024-02-05", "2024-03-06", 500),
    ("A1", "F3", "2024-05-20", "2024-06-19", 800),
    ("B2", "F4", "2024-03-01", None, 400),
    ("B2", "F5", "2024-04-01", "2024-05-01", -150),
]
RECEIPTS: list[Row] = [
    ("A1", "R1", "2024-03-01", None, 600, "F2"),
    ("A1", "R2", "2024-04-01", None, 300, None),
    ("A1", "R3", "2024-05-01", "2024-08-01", 700, "F1"),
    ("C3", "R4", "2024-06-10", None, 90, None),
]


@pytest.fixture
def owing_book(book: None) -> None:
    orders_come([("A1", "O1", "2024-06-15", 100, 50, "轴承")])
    invoices(INVOICES)
    receipts(RECEIPTS)


@pytest.mark.usefixtures("owing_book")
def test_named_first_then_oldest_bills_when_due_and_the_rest_is_kept(by: Operator) -> None:
    """By hand. What is named goes first: R1 pays the 500 of F2, the bill R3 will pay 700 of F1. The other
    100 of R1 and 200 of R2 pay the rest of F1, the last 100 of R2 wait for F3. Of B2's 400 the credit note
    takes 150. C3 paid 90 for nothing that was billed."""
    assert items() == [
        ("A1", "invoice", "F1", 1000, 700, 700),
        ("A1", "invoice", "F3", 800, 700, 0),
        ("B2", "invoice", "F4", 400, 250, 0),
        ("C3", "receipt", "R4", 90, 90, 0),
    ]
    day, method = receivables_day(), receivables_pack().method
    assert day == date(2024, 6, 15)
    (told,) = owed(by, day, method)
    # F1 was due 132 days ago; F4 names no due day and has 30 days, so it is 76 days late; F3 is not due
    assert {code: int(money) for code, money in told.buckets.items()} == {
        "not_due": 700,
        "d30": 0,
        "d60": 0,
        "d90": 250,
        "older": 700,
    }
    assert (told.open, told.overdue, told.pending, told.left_over) == (1650, 950, 700, 90)
    assert (told.items, told.late_items, told.accounts, told.late_accounts, told.without_due) == (
        3,
        2,
        2,
        2,
        1,
    )
    late = open_items(by, day, method, bucket="late", sort="-open")
    assert [row.number for row in late] == ["F1", "F4"]


@pytest.mark.usefixtures("owing_book")
def test_days_to_pay_are_those_of_what_was_settled() -> None:
    """F2 (2024-02-05) was paid 500 on 03-01, 25 days; F1 (01-05) 100 on 03-01, 56 days, and 200 on 04-01, 87
    days; F3 by what waited, on its own day. F4 was credited 150 on 04-01, 31 days."""
    rows = AccountPayment.objects.filter(settled__gt=0).order_by("account__key", "month")
    assert [
        (row.account.key, row.month.isoformat(), int(row.settled), int(row.day_money))
        for row in rows.select_related("account")
    ] == [
        ("A1", "2024-03-01", 600, 500 * 25 + 100 * 56),
        ("A1", "2024-04-01", 200, 200 * 87),
        ("A1", "2024-05-01", 100, 0),
        ("B2", "2024-04-01", 150, 150 * 31),
    ]


@pytest.mark.usefixtures("owing_book")
def test_a_bill_falls_due_when_the_book_reaches_its_day_and_not_after_an_undo() -> None:
    """An order of another account moves the book's last day past the bill's; its undo moves it back."""
    before = items()
    later = orders_come([("D4", "O2", "2024-08-02", 100, 50, "轴承")])
    assert items() == [
        ("A1", "invoice", "F3", 800, 700, 0),
        ("B2", "invoice", "F4", 400, 250, 0),
        ("C3", "receipt", "R4", 90, 90, 0),
    ]
    assert list(Acceptance.objects.values_list("number", "is_due")) == [("R3", True)]
    undo(entry=later)
    assert items() == before
    redo(entry=later)
    assert list(Acceptance.objects.values_list("number", "is_due")) == [("R3", True)]


@pytest.mark.usefixtures("book")
def test_an_opening_balance_holds_what_was_owed_before_it() -> None:
    """The invoice of 2023 is in the opening of 2024-01-01 and counts once; money pays the opening first."""
    invoices([("A1", "F0", "2023-12-01", None, 700), ("A1", "F1", "2024-01-10", None, 200)])
    openings([("A1", "2024-01-01", 650), ("B2", "2024-01-01", -80)])
    receipts([("A1", "R1", "2024-02-01", None, 500, None)])
    assert items() == [
        ("A1", "opening", "", 650, 150, 0),
        ("A1", "invoice", "F1", 200, 200, 0),
        ("B2", "advance", "", 80, 80, 0),
    ]


def flows() -> list[tuple[str, str, str, int]]:
    """(account, month, kind, amount)."""
    rows = AccountFlow.objects.order_by("account__key", "month", "kind").values_list(
        "account__key", "month", "kind", "amount"
    )
    return [(key, f"{month:%Y-%m}", kind, int(amount)) for key, month, kind, amount in rows]


BEFORE_OPENING: list[Row] = [
    ("A1", "F0", "2023-12-01", None, 700),
    ("A1", "F1", "2024-01-02", None, 90),
    ("A1", "F2", "2024-01-10", None, 200),
    ("B2", "F3", "2023-12-01", None, 300),
]


@pytest.mark.usefixtures("book")
def test_an_opening_balance_is_all_that_was_owed_in_what_is_owed_by_month_too() -> None:
    """Of A1 the opening of 2024-01-05 holds F0, F1, the money of 2023 and the opening before it; B2 has none.
    Undone, they count again; a book that counted twice is put right when it is made ready."""
    invoices(BEFORE_OPENING)
    receipts([("A1", "R0", "2023-12-20", None, 50, None), ("A1", "R1", "2024-02-01", None, 500, None)])
    before = flows()
    openings([("A1", "2023-01-01", 40)])
    entry = openings([("A1", "2024-01-05", 650)])
    owed_by_month = [
        ("A1", "2024-01", "invoices", 200),
        ("A1", "2024-01", "openings", 650),
        ("A1", "2024-02", "receipts", 500),
        ("B2", "2023-12", "invoices", 300),
    ]
    assert flows() == owed_by_month
    assert sum(row[3] * (-1 if row[2] == "receipts" else 1) for row in flows() if row[0] == "A1") == sum(
        item[4] for item in items() if item[0] == "A1"
    )
    assert list(breaches()) == []
    invoices([("A1", "F4", "2023-11-01", None, 33)])
    assert flows() == owed_by_month
    old = AccountFlow.objects.get(kind="receipts")
    AccountFlow.objects.create(
        account=old.account, month="2023-12-01", kind="receipts", currency=old.currency, amount=50, rows=1
    )
    refresh_flows_before_openings()
    assert flows() == owed_by_month
    undo(entry=entry)
    told = [*before, ("A1", "2023-01", "openings", 40), ("A1", "2023-11", "invoices", 33)]
    assert flows() == sorted(told)
    assert list(breaches()) == []


@pytest.mark.usefixtures("book")
def test_money_given_back_is_owed_and_a_reversed_receipt_never_was() -> None:
    receipts(
        [
            ("A1", "R1", "2024-01-01", None, 500, None),
            ("A1", "R1", "2024-01-05", None, -500, None),
            ("A1", "R2", "2024-02-01", None, -40, None),
        ]
    )
    assert items() == [("A1", "refund", "R2", 40, 40, 0)]


amounts = st.integers(-300, 900)
days = st.dates(date(2024, 1, 1), date(2024, 6, 30))
numbers = st.sampled_from(["N1", "N2", "N3", None])
bills = st.lists(st.tuples(st.sampled_from("AB"), numbers, days, amounts), max_size=8)
paid = st.lists(st.tuples(st.sampled_from("AB"), numbers, days, amounts, numbers, st.booleans()), max_size=8)


def states() -> tuple[object, ...]:
    return (
        sorted(
            OpenItem.objects.values_list("account__key", "kind", "number", "day", "amount", "open", "pending")
        ),
        sorted(
            AccountPayment.objects.values_list("account__key", "month", "charged", "settled", "day_money")
        ),
    )


@pytest.mark.usefixtures("book")
@settings(
    max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)
@given(billed=bills, came=paid, seed=st.integers(0, 99))
def test_nothing_is_lost_and_the_order_of_coming_does_not_matter(
    billed: list[tuple[object, ...]], came: list[tuple[object, ...]], seed: int
) -> None:
    """Charged = settled + open + covered by what settled before; undone, everything is as it never came."""
    from django.db import transaction

    with transaction.atomic():
        first = [(who, no, day.isoformat(), None, money) for who, no, day, money in dict.fromkeys(billed)]  # type: ignore[attr-defined]
        second = [
            (who, no, day.isoformat(), "2024-07-31" if is_bill else None, money, names)  # type: ignore[attr-defined]
            for who, no, day, money, names, is_bill in dict.fromkeys(came)
        ]
        first = list({(row[1], row[2], row[4]): row for row in first}.values())
        second = list({(row[1], row[2], row[4]): row for row in second}.values())
        deeds = [(invoices, first), (receipts, second)]
        entries = [bring(rows) for bring, rows in deeds if rows]  # type: ignore[arg-type]
        told = states()
        assert list(breaches()) == []
        charged = AccountPayment.objects.aggregate(all=Sum("charged"), paid=Sum("settled"))
        still = OpenItem.objects.filter(is_charge=True).aggregate(all=Sum("open"))["all"]
        assert (charged["all"] or 0) == (charged["paid"] or 0) + (still or 0)
        random.Random(seed).shuffle(entries)
        for entry in entries:
            undo(entry=entry)
        assert states() == ([], [])
        random.Random(seed + 1).shuffle(entries)
        for entry in entries:
            redo(entry=entry)
        assert states() == told
        transaction.set_rollback(True)


def test_the_smallest_unit_survives(book: None) -> None:
    invoices([("A1", "F1", "2024-01-05", None, 3)])
    receipts([("A1", "R1", "2024-01-06", None, 1, None), ("A1", "R2", "2024-01-07", None, 1, None)])
    assert OpenItem.objects.get().open == Decimal("1.0000")


@pytest.mark.usefixtures("owing_book")
def test_check_finds_an_item_that_is_not_as_the_books_say() -> None:
    OpenItem.objects.filter(number="F3").update(open=1)
    assert list(breaches()) == ["OpenItem 少了或错了 1 行。", "OpenItem 多了或错了 1 行。"]


@pytest.mark.usefixtures("owing_book")
def test_a_book_of_an_older_version_is_worked_out_when_it_is_made_ready() -> None:
    before = items()
    for table in (OpenItem, Acceptance, AccountPayment):
        table.objects.all().delete()
    refresh_missing_receivables()
    assert items() == before
