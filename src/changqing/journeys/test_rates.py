"""Lines in another currency: they count at the rate of their day, whatever came, went and came back."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from changqing.accounts.models import Account
from changqing.journeys.test_any_history import rolled_back
from changqing.ledger.actions import enter, redo, source_named, undo, write_lines
from changqing.ledger.checks import breaches
from changqing.ledger.lines import purchase_days
from changqing.ledger.models import AccountMonth, AccountTotals, Import
from changqing.ledger.segments import duck
from changqing.people.permissions import operator

START = date(2024, 1, 1)
# (day, cents, currency)
SOLD = (
    (0, 10_000, "USD"),
    (40, 333_333, "USD"),
    (40, 5_000, "CNY"),
    (90, 77_701, "EUR"),
    (90, -1_999, "USD"),
)
Rates = tuple[tuple[str, int, int], ...]


def bring(kind: str, values: list[str], names: str) -> Import:
    """Enter typed rows as the journey does."""
    entry = Import.objects.create(
        source=source_named(code=kind),
        kind=kind,
        meaning="lines",
        file_name="t",
        file_digest="",
        stored_as="",
    )
    with duck() as connection:
        query = f"SELECT * FROM (VALUES {', '.join(values)}) AS t({names})"
        lines = write_lines(entry=entry, connection=connection, query=query)
        with transaction.atomic():
            enter(entry=entry, connection=connection, lines=lines)
    return entry


def bring_sales() -> Import:
    rows = [
        f"({row}::BIGINT, 'O{row}', 'O{row}|1', 'C1', NULL::VARCHAR, 'P', DATE '{START + timedelta(day)}', "
        f"1::DECIMAL(18,4), {cents / 100}::DECIMAL(18,4), {cents / 200}::DECIMAL(18,4), '{currency}', "
        f"'{'sale' if cents > 0 else 'return'}', 'f')"
        for row, (day, cents, currency) in enumerate(SOLD)
    ]
    names = (
        "file_row, order_no, line_key, customer, customer_name, product, date, quantity, amount, cost, "
        "currency, line_kind, family"
    )
    return bring("orders", rows, names)


def bring_rates(rates: Rates) -> Import:
    said = {(currency, START + timedelta(day)): rate for currency, day, rate in rates}
    rows = [
        f"({row}::BIGINT, '{currency} {day}', '{currency}', DATE '{day}', "
        f"{rate / 1000}::DECIMAL(18,8), 'test')"
        for row, ((currency, day), rate) in enumerate(said.items())
    ]
    return bring("rates", rows, "file_row, key, currency, date, rate, said_by")


def expected(in_force: list[Rates]) -> tuple[Decimal, Decimal, int, int]:
    """Revenue, what of it is converted, lines converted, lines without a rate: by plain arithmetic."""
    known = {(currency, day): Decimal(rate) / 1000 for rates in in_force for currency, day, rate in rates}
    revenue = converted = Decimal(0)
    lines = bare = 0
    for day, cents, currency in SOLD:
        if currency == "CNY":
            revenue += Decimal(cents) / 100
            continue
        dated = [(at, rate) for (code, at), rate in known.items() if code == currency and at <= day]
        if not dated:
            bare += 1
            continue
        worth = (Decimal(cents) / 100 * max(dated)[1]).quantize(Decimal("0.0001"), ROUND_HALF_UP)
        revenue, converted, lines = revenue + worth, converted + worth, lines + 1
    return revenue, converted, lines, bare


def said() -> tuple[Decimal, Decimal, int, int]:
    totals = AccountTotals.objects.get()
    assert sum(AccountMonth.objects.values_list("revenue", flat=True)) == totals.revenue
    assert totals.margin is not None and abs(totals.margin * 2 - totals.revenue) < Decimal("0.001")
    days = purchase_days(operator(because="a test"), Account.objects.get())
    told = [
        sum(day.amount for day in days),
        sum(day.margin or 0 for day in days),
        sum(day.lines for day in days),
    ]
    assert told == [totals.revenue, totals.margin, totals.lines - totals.lines_without_rate]
    return totals.revenue, totals.revenue_converted, totals.lines_converted, totals.lines_without_rate


RATES = st.lists(
    st.tuples(st.sampled_from(["USD", "EUR"]), st.integers(0, 120), st.integers(1, 9_000)),
    min_size=1,
    max_size=4,
).map(tuple)


@pytest.mark.usefixtures("book")
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
# a number is one of the files that there are by then, which is undone or brought back
@given(steps=st.lists(st.one_of(RATES, st.integers(0, 4)), min_size=2, max_size=6))
def test_any_history_of_rates_gives_the_figures_of_those_in_force(steps: list[Any]) -> None:
    with rolled_back():
        bring_sales()
        entries: list[tuple[Import, Rates]] = []
        assert said() == expected([])
        for step in steps:
            if isinstance(step, tuple):
                entries.append((bring_rates(step), step))
            elif entries:
                entry = entries[step % len(entries)][0]
                entry.refresh_from_db()
                with transaction.atomic():
                    (undo if entry.state == Import.State.IN_FORCE else redo)(entry=entry)
            for entry, _rates in entries:
                entry.refresh_from_db()
            in_force = [rates for entry, rates in entries if entry.state == Import.State.IN_FORCE]
            assert said() == expected(in_force)
        assert list(breaches()) == []
