"""The portfolio on the small book of conftest.py: 36 months hold A1 1000, B2 300, C3 150, D4 50."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from changqing.accounts.queries import Account, TeamMembership
from changqing.people.permissions import operator
from changqing.people.queries import User
from changqing.reports.conftest import People, accounts_come, orders_come
from changqing.reports.portfolio import Portion, family_groups, portfolio


def near(value: float) -> Any:
    return pytest.approx(value)


def test_a_reader_of_the_book_gets_the_whole_book(small_book: People):
    found = portfolio(small_book.gao, "36m", today=date(2024, 6, 20))
    said = found.as_json()
    told = {
        name: said[name] for name in ("accounts", "buying_accounts", "orders", "lines", "revenue", "margin")
    }
    assert told == {
        "accounts": 6, "buying_accounts": 4, "orders": 7, "lines": 7, "revenue": 1500.0, "margin": 305.0,
    }  # fmt: skip
    assert (said["loss_making"], said["whale_peak"], said["whale_eaten"]) == (1, 405.0, 100.0)
    # A1 holds 2/3, A1 and B2 86.7 %
    assert (said["accounts_to_80"], said["top20_accounts"]) == (2, 0)
    assert said["hhi"] == near((1000**2 + 300**2 + 150**2 + 50**2) / 1500**2)
    assert {letter: row["accounts"] for letter, row in said["abc"].items()} == {"A": 0, "B": 2, "C": 2}
    assert (said["as_of"], said["period"], said["is_whole_book"]) == ("2024-06-15", "36m", True)
    assert (found.from_day, found.days_old, found.is_stale) == (date(2021, 6, 16), 5, False)
    assert found.industries == [
        Portion("钢铁", Decimal("1150.0000"), near(1150 / 1500)),
        Portion("风电", Decimal("350.0000"), near(350 / 1500)),
    ]
    assert [row.key for row in found.rows] == ["A1", "B2", "C3", "D4"]
    json.dumps(said)


def test_families_are_counted_in_whole_months(small_book: People):
    assert family_groups(small_book.gao, "36m") == [
        Portion("轴承", Decimal("1250.0000"), near(1250 / 1500)),
        Portion("润滑", Decimal("250.0000"), near(250 / 1500)),
    ]
    assert [part.name for part in family_groups(small_book.bo, "36m")] == ["润滑", "轴承"]


def test_the_whole_book_holds_what_is_older(small_book: People):
    found = portfolio(small_book.gao, "all")
    assert (found.money("revenue"), found.money("margin"), found.from_day) == (2400, 1105, None)
    assert portfolio(operator(because="a test"), "all").as_json() == found.as_json()


@pytest.mark.parametrize("who", ["mei", "lin"])
def test_others_get_the_rows_they_may_see_and_the_ranks_of_the_whole_book(small_book: People, who: str):
    found = portfolio(getattr(small_book, who), "36m")
    said = found.as_json()
    assert (said["accounts"], said["buying_accounts"], said["revenue"], said["margin"]) == (
        3,
        2,
        1300.0,
        200.0,
    )
    assert (said["orders"], said["lines"], said["loss_making"]) == (4, 4, 1)
    assert (found.is_whole_book, found.book_accounts) == (False, 4)
    assert {letter: row["accounts"] for letter, row in said["abc"].items()} == {"A": 0, "B": 2, "C": 0}
    assert said["abc"]["B"]["share"] == near(1.0)
    assert [(row.key, row.rank) for row in found.rows] == [("A1", 1), ("B2", 2)]
    assert said["hhi"] == near((1000**2 + 300**2) / 1300**2)
    assert said["hhi_family"] == near((1200**2 + 100**2) / 1300**2)
    assert [each["numbers"]["key"] for each in said["verdicts"] if each["question"] == "single_account"] == [
        "A1"
    ]
    json.dumps(said)


def test_what_one_may_not_see_is_not_told(small_book: People):
    told = json.dumps(portfolio(small_book.bo, "36m").as_json(), ensure_ascii=False)
    found = portfolio(small_book.bo, "36m")
    assert [(row.key, row.rank) for row in found.rows] == [("C3", 3), ("D4", 4)]
    assert not {"A1", "B2", "金陵特钢"} & {row.key for row in found.rows}
    assert '"A1"' not in told and "1000" not in told


def test_a_book_older_than_35_days_is_stale(small_book: People):
    ages = {
        day: portfolio(small_book.gao, today=day).is_stale for day in (date(2024, 7, 20), date(2024, 7, 21))
    }
    assert ages == {date(2024, 7, 20): False, date(2024, 7, 21): True}


@pytest.mark.parametrize("who", ["gao", "mei"])
def test_an_empty_book_is_a_portfolio_without_figures(book: None, people: People, who: str):
    found = portfolio(getattr(people, who))
    assert (found.is_empty, found.as_of, found.is_stale, found.rows, found.industries) == (
        True, None, False, [], [],
    )  # fmt: skip
    assert json.loads(json.dumps(found.as_json()))["revenue"] == 0


@pytest.mark.parametrize("who", ["gao", "lin", "mei"])
def test_queries_do_not_grow_with_the_book(small_book: People, who: str, django_assert_max_num_queries):
    to = getattr(small_book, who)
    with django_assert_max_num_queries(19) as few:
        portfolio(to)
    accounts_come([(f"N{n}", f"新客户{n}", f"行业{n % 7}", "江苏") for n in range(60)])
    orders_come([(f"N{n}", f"X{n}", "2024-05-01", 10 + n, 5, f"品类{n % 5}") for n in range(60)])
    with django_assert_max_num_queries(len(few)):
        portfolio(to)


def short(to: Any) -> dict[str, Any]:
    """What the page of ``to`` says, without the families that it asks for later."""
    said = portfolio(to, "36m", with_families=False).as_json()
    return {name: said[name] for name in ("accounts", "buying_accounts", "revenue", "margin", "loss_making")}


def test_what_is_remembered_is_the_reader_s_own_and_ends_with_what_it_rests_on(
    small_book: People, django_assert_max_num_queries
):
    """Handed over, sealed, without the right to margins, in another industry, ranked anew: each is seen."""
    mei, lin, bo = small_book.mei, small_book.lin, small_book.bo
    both = {"accounts": 3, "buying_accounts": 2, "revenue": 1300.0, "margin": 200.0, "loss_making": 1}
    assert (short(mei), short(lin)) == (both, both)
    with django_assert_max_num_queries(100) as first:
        portfolio(bo, "36m", with_families=False)
    with django_assert_max_num_queries(len(first) - 1):
        portfolio(bo, "36m", with_families=False)
    assert [group.name for group in portfolio(mei, with_families=False).industries] == ["钢铁", "风电"]

    Account.objects.filter(key="B2").update(industry="核电")
    assert [group.name for group in portfolio(mei, with_families=False).industries] == ["钢铁", "核电"]
    Account.objects.filter(key="B2").update(is_sealed=True)
    assert (short(mei), short(lin)["revenue"]) == (both, 1000.0)
    Account.objects.filter(key="B2").update(owner=bo, department=bo.department, is_sealed=False)
    assert (short(mei)["revenue"], short(lin)["revenue"], short(bo)["revenue"]) == (1000.0, 1000.0, 500.0)
    orders_come([("A1", "O9", "2024-06-15", 70, 10, "轴承")])
    assert (short(mei)["revenue"], short(bo)["revenue"]) == (1070.0, 500.0)


def test_who_may_not_see_margins_gets_none_that_others_were_shown(small_book: People):
    a1, lin = Account.objects.get(key="A1"), small_book.lin
    guest = User.objects.create_user("wu", None, full_name="吴东", role="manager", department=lin.department)
    place = {"account": a1, "user": guest, "role": "service", "since": date(2024, 1, 1), "revenue": 1}
    TeamMembership.objects.create(**place, margin=1)
    assert short(guest)["margin"] == 300.0
    TeamMembership.objects.filter(user=guest).update(margin=0)
    again = User.objects.get(pk=guest.pk)
    assert (short(again)["revenue"], short(lin)["margin"]) == (1000.0, 200.0)
    said = portfolio(again, "36m").as_json()
    assert [said[name] for name in OF_MARGINS] == [None, None, None, None, 0, 1, 1000.0]
    assert {said["unknown"][name] for name in ("whale", "profit_pareto")} == {"withheld"}


OF_MARGINS = (
    *("margin", "margin_rate", "revenue_without_cost", "loss_making"),
    *("margin_unknown_accounts", "margin_withheld_accounts", "revenue_withheld_margin"),
)


def test_what_is_withheld_is_told_from_what_nobody_knows(small_book: People, command: Any, client: Client):
    """A guest sees the margin of A1, part of whose cost is known, of G1, where none is, and not of C3."""
    accounts_come([("G1", "无本", "钢铁", "江苏")])
    orders_come([("G1", "O99", "2024-06-10", 80, None, "轴承")])
    guest = User.objects.create_user("wu", None, full_name="吴东", role="manager")
    for key, margin in (("A1", 1), ("C3", 0), ("G1", 1)):
        TeamMembership.objects.create(
            account=Account.objects.get(key=key), user=guest, role="service", since=date(2024, 1, 1),
            revenue=1, margin=margin,
        )  # fmt: skip
    said = json.loads(command("--as", "wu", "portfolio", "--json").out)
    assert [said[name] for name in OF_MARGINS] == [300.0, pytest.approx(300 / 900), 180.0, 0, 1, 1, 150.0]
    client.force_login(guest)
    page = client.get("/portfolio/").content.decode()
    assert "1 家成本未知，不计" in page and "1 家的毛利不对您开放，不计" in page and "33.3%" in page
    TeamMembership.objects.filter(user=guest).update(margin=0)
    page = client.get("/portfolio/").content.decode()
    assert "这些客户的毛利不对您开放" in page and "成本未知" not in page and "没有一家亏损" not in page
    whole = json.loads(command("--as", "gao", "portfolio", "--json").out)
    assert (whole["margin_withheld_accounts"], whole["revenue_withheld_margin"]) == (0, 0.0)
