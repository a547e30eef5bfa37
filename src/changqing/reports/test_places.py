"""Ranks, classes and shares come from one order of the whole book, and a new line writes few rows."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from changqing.accounts.models import Account
from changqing.base.kept import Kept
from changqing.base.packs import load
from changqing.journeys.prepare_book import prepare_book
from changqing.records.queries import method_in_force
from changqing.reports.accounts import Asked, account_list
from changqing.reports.conftest import People, orders_come
from changqing.value.actions.placing import RankedPeriod, store_places
from changqing.value.models import AccountRank, Ranking, RankOrder
from changqing.value.queries import current_ranking, places
from changqing.value.queries.places import order_of, ranked, ranks_are_missing
from changqing.value.rules import BookFacts, ConcentrationMethod, RankingResult, rank_book

PACK = load("concentration", ConcentrationMethod)
CENTS = st.integers(-300, 900).map(lambda cents: Decimal(cents) / 100)
BOOKS = st.dictionaries(
    st.integers(1, 40), st.sampled_from([Decimal(2), Decimal("7.5")]) | CENTS, max_size=20
)


def told(revenues: dict[int, Decimal]) -> RankingResult:
    """What the rules say of a book of these revenues; the keys run against the ids."""
    ids = sorted(revenues)
    money = [float(revenues[pk]) for pk in ids]
    facts = BookFacts(
        keys=[f"K{100 - pk}" for pk in ids],
        revenue=money,
        margin=money,
        margin_known=np.ones(len(ids), np.bool_),
        annual=money,
        industries={},
        families={},
        accounts=len(ids),
        orders=len(ids),
        lines=len(ids),
        total_revenue=sum(revenues.values(), Decimal(0)),
        total_margin=sum(revenues.values(), Decimal(0)),
        currency=PACK.method.bands.currency,
        period="all",
        as_of=None,
    )
    return rank_book(facts, pack=PACK)


def stored(revenues: dict[int, Decimal]) -> tuple[Ranking, RankingResult]:
    said = told(revenues)
    Ranking.objects.filter(period="all").update(is_current=False)
    ranking = Ranking.objects.create(
        period="all",
        as_of="2024-06-15",
        method=method_in_force("concentration"),
        inputs={},
        results=said.as_json(),
    )
    ids = sorted(revenues)
    money = pa.array([revenues[pk] for pk in ids], pa.decimal128(22, 4))
    ones = pa.array([1] * len(ids), pa.int32())
    columns = dict.fromkeys(("revenue", "margin", "revenue_without_cost", "revenue_converted"), money)
    sums = pa.table(
        {"account_id": pa.array(ids, pa.int64()), **columns, "orders": ones, "lines": ones}
        | {"each_revenue": money.cast(pa.float64())}
    )
    store_places([RankedPeriod(ranking, sums, said.places)])
    return ranking, said


@pytest.mark.usefixtures("book")
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(books=st.lists(BOOKS, min_size=1, max_size=3))
def test_every_place_is_the_one_that_the_rules_gave(books: list[dict[int, Decimal]]) -> None:
    for revenues in books:
        ranking, said = stored(revenues)
        rows = AccountRank.objects.filter(period="all")
        assert {row.account_id: row.revenue for row in rows} == revenues
        found = ranked(ranking, rows)
        told_places, ids = said.places, sorted(revenues)
        if told_places is None:
            assert found == {}
            continue
        shares = (
            [None] * len(ids)
            if told_places.cumulative_share is None
            else told_places.cumulative_share.tolist()
        )
        assert [
            (one.rank, one.abc, one.band, one.cumulative_share) for one in (found[pk] for pk in ids)
        ] == list(zip(told_places.rank.tolist(), told_places.abc, told_places.band, shares, strict=True))
        by_rank = sorted(ids, key=lambda pk: found[pk].rank)
        assert list(rows.order_by("-revenue", "tie").values_list("account_id", flat=True)) == by_rank
        order = order_of(ranking)
        letters = {one.account_id: one.abc for one in found.values()}
        classes = rows.annotate(abc=order.classes()).values_list("account_id", "abc")
        assert dict(classes) == letters
        for asked in ("A", "B", "C", "AC", ""):
            chosen = set(rows.filter(order.of_class(asked)).values_list("account_id", flat=True))
            assert chosen == {pk for pk, letter in letters.items() if letter in asked}


def kept() -> dict[tuple[str, str], int]:
    rows = AccountRank.objects.values_list("period", "account__key", "pk")
    return {(period, key): pk for period, key, pk in rows}


def test_a_new_line_writes_the_sums_of_its_account_alone(small_book: People) -> None:
    before, ranks = kept(), shown(small_book)
    assert [row[:2] for row in ranks] == [
        ("A1", 1),
        ("B2", 2),
        ("C3", 3),
        ("D4", 4),
        ("F6", None),
        ("E5", None),
    ]
    orders_come([("D4", "O9", "2024-06-15", 2000, 20, "轴承")])
    after = kept()
    moved = {place for place in before | after if before.get(place) != after.get(place)}
    assert moved == {("all", "D4"), ("36m", "D4"), ("12m", "D4")}
    assert [row[:2] for row in shown(small_book)][:4] == [("D4", 1), ("A1", 2), ("B2", 3), ("C3", 4)]
    assert RankOrder.objects.count() == 3, "an order for each current ranking"


def shown(people: People) -> list[tuple[Any, ...]]:
    return [(row.key, row.rank, row.abc) for row in account_list(people.gao, Asked()).rows]


def test_a_book_of_an_older_version_is_ranked_anew_when_it_is_made_ready(small_book: People) -> None:
    ranks = shown(small_book)
    RankOrder.objects.all().delete()
    AccountRank.objects.all().delete()
    assert ranks_are_missing()
    assert not prepare_book(), "tables and methods are those of this version"
    assert shown(small_book) == ranks
    assert not ranks_are_missing()


def test_who_reads_while_a_ranking_is_replaced_is_told_the_new_places(
    small_book: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = current_ranking("36m")
    orders_come([("D4", "O9", "2024-06-15", 2000, 20, "轴承")])
    monkeypatch.setattr(places, "ORDERS", Kept[places.BookOrder](most=1))
    account = Account.objects.get(key="D4")
    assert old is not None and old != current_ranking("36m")
    rows = AccountRank.objects.filter(period="36m", account=account)
    assert ranked(old, rows)[account.pk].rank == 1


def test_many_keys_are_asked_for_as_one_value(small_book: People) -> None:
    some = list(Account.objects.filter(key__in=["A1", "D4"]).values_list("pk", flat=True))
    rows = AccountRank.objects.filter(period="36m", account__pk__among=some)
    assert set(rows.values_list("account__key", flat=True)) == {"A1", "D4"}
    assert Account.objects.filter(pk__among=()).count() == 0
    assert str(rows.query).count("ANY") == 1
