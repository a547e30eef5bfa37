"""What is kept of a view is that of now: of the judgements, the hands and the accounts that it is of."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from changqing.accounts.models import Account
from changqing.journeys import score_book
from changqing.people.permissions import operator
from changqing.people.queries import User
from changqing.reports.conftest import People, orders_come
from changqing.reports.growth import growth
from changqing.reports.learn import learn_page
from changqing.reports.portfolio import family_groups
from changqing.reports.portfolio_worth import portfolio_worth, structure
from changqing.value.actions.tiers import set_tier
from changqing.value.models import AccountStanding, AccountWorth
from changqing.value.queries import view_of
from changqing.value.queries.methods import methods_in_force
from changqing.value.queries.worth import standings_to_review

BY = operator(because="a test")


@pytest.fixture
def judged(small_book: People) -> People:
    score_book.fit(by=BY)
    return small_book


def queries(of: Callable[[], Any]) -> int:
    with CaptureQueriesContext(connection) as seen:
        of()
    return len(seen)


@pytest.mark.parametrize(
    "question",
    [
        *(portfolio_worth, lambda to: structure(to, ("s", "a")), growth, learn_page),
        lambda to: family_groups(to, "36m"),
    ],
    ids=["worth", "structure", "growth", "learn", "families"],
)
def test_what_was_worked_out_is_asked_for_once(judged: People, question: Callable[[Any], Any]) -> None:
    first, again = (queries(lambda: question(judged.lin)) for _ in range(2))
    assert again < first
    assert view_of(BY).key is None, "work without a person keeps nothing"


def test_a_tier_set_by_hand_is_counted_at_once(judged: People) -> None:
    before = portfolio_worth(judged.gao)
    account = Account.objects.get(key="D4")
    held = next(code for code in methods_in_force().tiers.governs.codes if not before.tiers.get(code))
    day = timezone.localdate() + timedelta(days=30)
    set_tier(
        by=judged.gao, account=account, tier=held, reason="并购", expires=day, today=timezone.localdate()
    )
    Account.objects.filter(key="D4").update(name="丁四新名")
    now = portfolio_worth(judged.gao)
    assert now.tiers[held] == 1
    drawn = {one.name: one.tier for one in before.bubbles}
    assert {one.name: one.tier for one in now.bubbles} == {
        name if name != account.name else "丁四新名": tier if name != account.name else held
        for name, tier in drawn.items()
    }
    assert account.name in drawn
    assert sum(portfolio_worth(judged.gao).tiers.values()) == before.accounts


def test_new_orders_move_every_part(judged: People) -> None:
    def told() -> tuple[Any, ...]:
        grown = growth(judged.gao)
        assert grown is not None
        return (
            structure(judged.gao, ("s", "a")),
            grown.retention,
            grown.streams,
            family_groups(judged.lin, "all"),
        )

    before, profit = told(), portfolio_worth(judged.gao).totals.profit
    orders_come([("B2", "O9", "2024-05-15", 5000, 20, "轴承")])
    score_book.score(by=BY)
    assert all(now != then for now, then in zip(told(), before, strict=True))
    now = sum(row.profit or 0.0 for row in AccountWorth.objects.filter(is_current=True))
    assert portfolio_worth(judged.gao).totals.profit == round(now, 2) != profit


def test_an_account_handed_over_leaves_one_view_and_enters_another(judged: People) -> None:
    def learned(to: User) -> tuple[Any, ...]:
        said = learn_page(to)
        return said.accounts, sum(said.models.values()), said.unclear

    before = learned(judged.mei), learned(judged.bo)
    assert (portfolio_worth(judged.mei).accounts, portfolio_worth(judged.bo).accounts) == (2, 3)
    Account.objects.filter(key="B2").update(owner=judged.bo, department=judged.bo.department)
    assert (portfolio_worth(judged.mei).accounts, portfolio_worth(judged.bo).accounts) == (1, 4)
    after = learned(judged.mei), learned(judged.bo)
    assert [said[:2] for said in before] == [(2, 2), (3, 3)] and [said[:2] for said in after] == [
        (1, 1),
        (4, 4),
    ]
    assert sum(said[2] for said in before) == sum(said[2] for said in after)
    Account.objects.filter(key="B2").update(withdrawn=True)
    assert portfolio_worth(judged.bo).accounts == 3


def test_readers_of_the_same_accounts_share_a_view_and_others_do_not(judged: People) -> None:
    keys = {who.pk: view_of(who).key for who in (judged.gao, judged.lin, judged.mei, judged.bo)}
    # lin directs the department of mei, all of whose accounts are mei's
    assert keys[judged.lin.pk] == keys[judged.mei.pk]
    assert len(set(keys.values())) == 3


def test_a_backup_is_a_hand_and_changes_a_view_that_counts_hands(judged: People) -> None:
    alone, with_hands = view_of(judged.gao).key, view_of(judged.gao, hands=True).key
    Account.objects.filter(key="A1").update(backup=judged.lin)
    assert view_of(judged.gao).key == alone
    assert view_of(judged.gao, hands=True).key != with_hands


def test_names_are_those_of_now(judged: People) -> None:
    orders_come([("A1", "O9", "2024-05-01", 500, 20, "密封"), ("A1", "O10", "2024-05-01", 500, 20, "润滑")])
    score_book.score(by=BY)
    first = growth(judged.gao)
    assert first is not None and [one.name for one in first.expanded] == ["金陵特钢"]
    Account.objects.filter(key="A1").update(name="金陵新材")
    again = growth(judged.gao)
    assert again is not None and [one.name for one in again.expanded] == ["金陵新材"]


def test_a_review_begins_with_what_is_urgent_then_with_what_waits(judged: People) -> None:
    current = AccountStanding.objects.filter(is_current=True).order_by("value_rank", "pk")
    first, second, third, *_others = current
    AccountStanding.objects.filter(pk__in=[second.pk, third.pk]).update(proposed="c")
    AccountStanding.objects.filter(pk=third.pk).update(value_rank=None)
    also = [first.account_id, third.account_id]

    def place(row: AccountStanding) -> tuple[int, float, int]:
        urgent = 0 if row.account_id in also else 1 if row.proposed else 2
        return urgent, math.inf if row.value_rank is None else -row.value_rank, row.pk

    told = [row.pk for row in sorted(current.all(), key=place)]
    assert told[:3] == [first.pk, third.pk, second.pk]
    for limit in range(len(told) + 1):
        assert [row.pk for row in standings_to_review(judged.gao, also, limit=limit)] == told[:limit]
    assert [row.pk for row in standings_to_review(judged.gao, [], limit=1)] == [second.pk]
