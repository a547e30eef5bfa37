"""Entering, undoing and redoing: the figures are those of a book that was only fed what is in force."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from changqing.accounts.models import Account
from changqing.ledger.actions import enter, redo, rematch, source_named, undo, write_lines
from changqing.ledger.lines import PurchaseDay, purchase_days
from changqing.ledger.models import AccountMonth, AccountTotals, CustomerKey, Import, Segment
from changqing.ledger.segments import duck
from changqing.people.permissions import operator
from changqing.value.actions import rank_the_book
from changqing.value.models import AccountRank, Ranking
from changqing.value.queries.places import ranked

KINDS = ("lines", "orders", "period")
CUSTOMERS = ("C1", "C2", "C3", "C4")
FIRST, LAST = date(2024, 1, 1), date(2024, 6, 30)
# few in every run, each of them a dozen imports; `make histories` lives through as many as one asks
HISTORIES = int(os.environ.get("CHANGQING_HISTORIES", "25"))


@dataclass(frozen=True)
class Line:
    """One order line of a generated file."""

    order: int
    number: int
    customer: int
    day: int
    cents: int
    has_cost: bool
    family: str


@dataclass(frozen=True)
class File:
    source: str
    meaning: str
    lines: tuple[Line, ...]


def _text(value: str | None) -> str:
    return "NULL" if value is None else "'" + value.replace("'", "''") + "'"


def _values(file: File) -> str:
    rows = []
    seen: dict[tuple[int, int], Line] = {(line.order, line.number): line for line in file.lines}
    for row, line in enumerate(seen.values(), start=2):
        amount = Decimal(line.cents) / 100
        cost = f"{amount / 2}" if line.has_cost else "NULL"
        sold = "sale" if line.cents > 0 else "return"
        rows.append(
            f"({row}::BIGINT, 'O{line.order}', 'O{line.order}|{line.number}', "
            f"{_text(CUSTOMERS[line.customer])}, NULL::VARCHAR, 'P{line.number}', "
            f"DATE '2024-01-01' + {line.day}, 1::DECIMAL(18,4), "
            f"{amount}::DECIMAL(18,4), {cost}::DECIMAL(18,4), NULL::VARCHAR, '{sold}', {_text(line.family)})"
        )
    names = (
        "file_row, order_no, line_key, customer, customer_name, product, date, quantity, amount, cost, "
        "currency, line_kind, family"
    )
    return f"SELECT * FROM (VALUES {', '.join(rows)}) AS t({names})"


def bring(file: File) -> Import:
    """Enter ``file`` as the journey does, from its typed rows on."""
    is_period = file.meaning == "period"
    entry = Import.objects.create(
        source=source_named(code=file.source),
        kind="orders",
        meaning=file.meaning,
        from_day=FIRST if is_period else None,
        to_day=LAST if is_period else None,
        file_name="test",
        file_digest="",
        stored_as="",
    )
    with duck() as connection:
        lines = write_lines(entry=entry, connection=connection, query=_values(file))
        with transaction.atomic():
            enter(entry=entry, connection=connection, lines=lines)
    return entry


def read_lines() -> dict[str, list[PurchaseDay]]:
    """The days of each account as its page reads them from the files, by account key."""
    return {
        account.key: purchase_days(operator(because="a test"), account)
        for account in Account.objects.filter(withdrawn=False)
    }


def figures() -> dict[str, Any]:
    """Every rollup row, the lines behind and the whole portfolio, by account key."""
    keys = dict(Account.objects.values_list("pk", "key"))
    rank_the_book(by=operator(because="a test"))
    days = read_lines()
    totals = AccountTotals.objects.values_list("account__key", "lines", "revenue", "margin")
    assert sorted(totals) == sorted(
        (
            key,
            sum(day.lines for day in told),
            sum(day.amount for day in told),
            sum(known) if (known := [day.margin for day in told if day.margin is not None]) else None,
        )
        for key, told in days.items()
        if told
    )

    def rows(table: Any, *names: str) -> list[tuple[Any, ...]]:
        found = table.values_list("account_id", *names)
        return sorted((keys[row[0]], *row[1:]) for row in found)

    return {
        "days": days,
        "accounts": sorted(Account.objects.filter(withdrawn=False).values_list("key", "name")),
        "months": rows(
            AccountMonth.objects, "month", "family", "revenue", "margin", "revenue_without_cost", "lines"
        ),
        "totals": rows(
            AccountTotals.objects,
            *("first_day", "last_day", "orders", "purchases", "lines", "lines_without_cost", "revenue"),
        ),
        "sums": rows(AccountRank.objects, "period", "revenue", "tie", "margin", "orders", "lines", "band"),
        "ranks": {
            ranking.period: sorted(
                (keys[pk], place.rank, place.abc, place.cumulative_share)
                for pk, place in ranked(ranking, AccountRank.objects.filter(period=ranking.period)).items()
            )
            for ranking in Ranking.objects.filter(is_current=True)
        },
        "portfolio": [
            ranking.results for ranking in Ranking.objects.filter(is_current=True).order_by("period")
        ],
    }


@contextmanager
def rolled_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


LINES = st.builds(
    Line,
    order=st.integers(1, 5),
    number=st.integers(1, 3),
    customer=st.integers(0, 3),
    day=st.integers(0, 200),
    cents=st.integers(-5_000, 90_000).filter(bool),
    has_cost=st.booleans(),
    family=st.sampled_from(["bearings", "grease", ""]),
)
FILES = st.builds(
    File,
    source=st.sampled_from(["erp", "crm"]),
    meaning=st.sampled_from(KINDS),
    lines=st.lists(LINES, min_size=1, max_size=6).map(tuple),
)
# which import or customer is told by a number, of those that there are by then: each step does something
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("import"), FILES),
        st.tuples(st.just("switch"), st.integers(0, 5)),
        st.tuples(st.just("match"), st.integers(0, 3)),
    ),
    min_size=3,
    max_size=7,
)


def _live(steps: list[tuple[str, Any]]) -> tuple[list[tuple[File, bool]], list[str], dict[str, Any]]:
    """Live through ``steps``; the files with whether they are in force at the end, and what was matched."""
    entries: list[tuple[Import, File]] = []
    matched: list[str] = []
    for what, given_ in [("import", File("erp", "lines", (Line(9, 1, 0, 3, 100, True, ""),))), *steps]:
        if what == "import":
            entries.append((bring(given_), given_))
        elif what == "match":
            known = CustomerKey.objects.filter(source__code="erp").order_by("key")
            matched += _match(known[given_ % len(known)].key)
        else:
            entry = entries[given_ % len(entries)][0]
            entry.refresh_from_db()
            with transaction.atomic():
                (undo if entry.state == "in_force" else redo)(entry=entry)
    for entry, _file in entries:
        entry.refresh_from_db()
    return [(file, entry.state == "in_force") for entry, file in entries], matched, figures()


def _match(customer: str) -> list[str]:
    if not CustomerKey.objects.filter(source__code="erp", key=customer).exists():
        return []
    with transaction.atomic():
        group = Account.objects.get(key="group")
        rematch(source=source_named(code="erp"), accounts={customer: group})
    return [customer]


@pytest.mark.long
@pytest.mark.usefixtures("book")
@settings(
    max_examples=HISTORIES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
def test_any_history_gives_the_figures_of_the_imports_in_force(steps: list[tuple[str, Any]]) -> None:
    with rolled_back():
        Account.objects.create(key="group", name="group", touched_at="2024-01-01T00:00Z")
        files, matched, lived = _live(steps)
    with rolled_back():
        Account.objects.create(key="group", name="group", touched_at="2024-01-01T00:00Z")
        for file, is_in_force in files:
            if is_in_force:
                bring(file)
        for customer in matched:
            _match(customer)
        assert lived == figures()


@pytest.mark.usefixtures("book")
def test_the_same_file_twice_changes_nothing_and_either_can_go() -> None:
    file = File("erp", "orders", (Line(1, 1, 0, 0, 500, True, ""), Line(1, 2, 0, 0, 700, True, "")))
    first, second = bring(file), bring(file)
    once = figures()["months"]
    assert once == [("C1", date(2024, 1, 1), "", Decimal(12), Decimal(6), Decimal(0), 2)]
    with transaction.atomic():
        assert undo(entry=first).nothing
    assert figures()["months"] == once
    with transaction.atomic():
        changes = undo(entry=second)
    assert (changes.went, changes.money_went) == (2, Decimal(-12))
    assert figures()["months"] == []


@pytest.mark.usefixtures("book")
def test_whole_orders_drop_the_lines_that_are_no_longer_listed() -> None:
    bring(File("erp", "orders", (Line(1, 1, 0, 0, 500, True, ""), Line(1, 2, 0, 0, 700, True, ""))))
    newer = bring(File("erp", "orders", (Line(1, 1, 0, 0, 500, True, ""),)))
    assert [row[3] for row in figures()["months"]] == [Decimal(5)]
    assert Segment.objects.filter(owner=newer).count() == 1, "a wholly replaced file needs no list of rows"


@pytest.mark.usefixtures("book")
def test_an_undone_import_takes_its_accounts_with_it_unless_a_person_touched_them() -> None:
    entry = bring(File("erp", "lines", (Line(1, 1, 0, 0, 500, True, ""), Line(2, 1, 1, 0, 700, True, ""))))
    Account.objects.filter(key="C2").update(touched_at="2024-01-01T00:00Z")
    with transaction.atomic():
        undo(entry=entry)
    assert figures()["accounts"] == [("C2", "C2")]
    with transaction.atomic():
        redo(entry=entry)
    assert figures()["accounts"] == [("C1", "C1"), ("C2", "C2")]
