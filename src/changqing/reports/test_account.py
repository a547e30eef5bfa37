"""The page of one account, on the small book of conftest.py."""

from __future__ import annotations

import itertools
import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from changqing.accounts.queries import Account
from changqing.reports.account import FamilyMoney, account_page, lines_page, purchase_track
from changqing.reports.conftest import People, orders_come
from changqing.reports.months import change, whole_months
from changqing.reports.rhythm import Rhythm, rhythm_of


def near(value: float) -> Any:
    return pytest.approx(value)


def test_it_tells_place_money_and_when(small_book: People):
    found = account_page(small_book.mei, "A1")
    assert found is not None
    place = found.places["36m"]
    assert (place.rank, place.of, place.revenue, place.margin, place.abc) == (1, 4, 1000, 300, "B")
    assert found.places["12m"].revenue == 500
    assert (found.days_since_order, found.as_of) == (5, date(2024, 6, 15))
    assert (found.year_revenue, found.year_before, found.year_change) == (400, 500, near(-0.2))
    assert found.bands_because == ""


def test_months_stand_beside_those_of_a_year_before_and_the_broken_one_says_so(small_book: People):
    found = account_page(small_book.gao, "A1")
    assert found is not None
    assert [month.month for month in found.months][:1] == [date(2023, 6, 1)]
    february, june = found.months[8], found.months[-1]
    assert (february.month, february.revenue, february.year_before, february.is_whole) == (
        date(2024, 2, 1), 400, 500, True,
    )  # fmt: skip
    assert (june.month, june.revenue, june.margin, june.is_whole) == (date(2024, 6, 1), 100, None, False)
    assert found.families == [
        FamilyMoney("轴承", Decimal(400), Decimal(100), 1.0, Decimal(500), near(-0.2)),
    ]


def test_a_foreign_account_is_as_good_as_none(small_book: People):
    for read in (account_page, purchase_track, lines_page):
        assert read(small_book.bo, "A1") is None
        assert read(small_book.bo, "nobody") is None


def test_a_group_names_only_what_one_may_see(small_book: People):
    parent = Account.objects.get(key="A1")
    Account.objects.filter(key__in=["B2", "C3", "D4"]).update(parent=parent)
    found, hidden = account_page(small_book.mei, "A1"), account_page(small_book.bo, "C3")
    assert found is not None and hidden is not None
    assert ([each.key for each in found.group.children], found.group.hidden) == (["B2"], 0)
    assert (hidden.group.parent, hidden.group.children, hidden.group.hidden) == (None, [], 0)
    # three that stay unknown are spoken of, one or two would be given away
    Account.objects.filter(key__in=["C3", "D4", "E5"]).update(parent=parent)
    found = account_page(small_book.mei, "A1")
    assert found is not None and found.group.hidden == 3
    assert hidden.as_json()["parent"] is None


def test_an_account_without_orders_has_a_page_too(small_book: People):
    found, track = account_page(small_book.mei, "F6"), purchase_track(small_book.mei, "F6")
    assert found is not None and track is not None
    assert (found.places, found.totals, found.days_since_order, found.families) == ({}, None, None, [])
    assert (track.days, track.rhythm.purchases) == ([], 0)
    json.dumps(found.as_json())


def test_it_is_told_to_the_command_line_in_numbers(small_book: People):
    found = account_page(small_book.gao, "C3")
    assert found is not None
    said = found.as_json()
    assert said["totals"] == {
        "first_day": "2023-06-01", "last_day": "2024-06-15", "orders": 2, "purchases": 1, "lines": 2,
        "revenue": 150.0, "margin": 75.0, "lines_converted": 0, "lines_without_rate": 0,
    }  # fmt: skip
    assert said["places"]["12m"]["revenue"] == -50.0
    json.dumps(said)


def test_the_track_knows_purchases_from_returns(small_book: People):
    track = purchase_track(small_book.gao, "C3")
    assert track is not None
    assert [(day.day, day.amount, day.is_purchase) for day in track.days] == [
        (date(2024, 6, 15), Decimal("-50.0000"), False),
        (date(2023, 6, 1), Decimal("200.0000"), True),
    ]
    assert track.rhythm == Rhythm(1, 0, None, None, None, 380)


def test_lines_come_in_pages_newest_first_or_by_day(small_book: People, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("changqing.reports.account.LINES_A_PAGE", 2)
    first, second = lines_page(small_book.mei, "A1"), lines_page(small_book.mei, "A1", page=2)
    assert first is not None and second is not None
    assert [line.order_no for line in first.lines + second.lines] == ["O3", "O2", "O1"]
    assert (first.total, first.pages, second.page) == (3, 2, 2)
    of_day = lines_page(small_book.mei, "A1", day=date(2024, 2, 1))
    assert of_day is not None
    assert ([line.order_no for line in of_day.lines], of_day.total) == (["O2"], 1)
    far = lines_page(small_book.mei, "A1", page=10**9)
    assert far is not None and far.page == 2


def test_queries_do_not_grow_with_months_and_lines(small_book: People, django_assert_max_num_queries):
    with django_assert_max_num_queries(14) as few:
        account_page(small_book.mei, "B2")
    orders_come(
        [
            ("B2", f"X{n}", str(date(2022, 1, 1) + timedelta(days=9 * n)), 10, 5, f"F{n % 9}")
            for n in range(90)
        ]
    )
    # a process reads the order of a ranking once
    account_page(small_book.mei, "B2")
    with django_assert_max_num_queries(len(few)):
        account_page(small_book.mei, "B2")


@given(st.sets(st.dates(date(2010, 1, 1), date(2024, 1, 1)), max_size=40))
def test_a_rhythm_lies_between_its_shortest_and_longest_gap(days: set[date]):
    ordered = sorted(days)
    found = rhythm_of(ordered, date(2024, 1, 1))
    gaps = [(later - earlier).days for earlier, later in itertools.pairwise(ordered)]
    assert (found.purchases, found.gaps) == (len(ordered), len(gaps))
    if len(gaps) >= 3:
        told = [gap for gap in (found.low, found.every, found.high) if gap is not None]
        assert [min(gaps), *told, max(gaps)] == sorted([min(gaps), *told, max(gaps)]) and len(told) == 3
    else:
        assert found.every is None


@given(st.dates(date(2000, 2, 1), date(2100, 1, 1)))
def test_whole_months_end_before_the_book_does(as_of: date):
    months = whole_months(as_of, 24)
    assert len(set(months)) == 24
    assert months == sorted(months)
    assert (months[-1] + timedelta(days=31)).replace(day=1) <= as_of + timedelta(days=1)


def test_change_needs_something_to_compare_with():
    assert [change(Decimal(80), Decimal(before)) for before in (100, 0, -5)] == [
        near(-0.2),
        None,
        None,
    ]
