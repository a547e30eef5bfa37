"""The few summaries that one machine and many must give alike, each one Ibis expression over the same tables.

``facts`` says which order lines count and whose they are; each summary stands on it. Nothing here runs
anything: ``engines`` does, on DuckDB in this process or on Spark.
"""
# ibis is loaded when a summary is asked for, not when the product starts

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ibis.expr.types as ir

LINES = {
    "import_id": "int32",
    "source_id": "int32",
    "file_row": "int64",
    "customer": "string",
    "product": "string",
    "family": "string",
    "date": "date",
    "amount": "decimal(18, 4)",
    "cost": "decimal(18, 4)",
    "currency": "string",
    "line_kind": "string",
}
REPLACED = {"import_id": "int32", "file_row": "int64"}
WHOSE = {"source_id": "int32", "customer": "string", "account_id": "int64"}
FAMILIES = {"source_id": "int32", "product": "string", "product_family": "string"}
EXCHANGE = {"currency": "string", "day": "date", "rate": "decimal(18, 8)"}
MONEY = "decimal(18, 4)"
NAMES = ("customers", "rhythm", "rollup", "cohorts")


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What there is to read, as far as the expression depends on it.

    ``whole`` and ``partly``: whether any file counts whole, or without the rows that later ones replaced.
    ``last_rate``: the last day with an exchange rate, None where there is none. ``by_many_keys``: whether any
    account is known by more than one customer key.
    """

    whole: bool
    partly: bool
    by_many_keys: bool
    last_rate: date | None
    currency: str


def summary(name: str, shape: Shape, *, as_of: date) -> ir.Table:
    """The summary called ``name`` of the lines up to ``as_of``, ordered by its key."""
    return {"customers": customers, "rhythm": rhythm, "rollup": rollup, "cohorts": cohorts}[name](
        shape, as_of
    )


def facts(shape: Shape, as_of: date, *columns: str) -> ir.Table:
    """The lines that count: whose (``source_id``, ``customer``), ``date``, ``line_kind``, money in the book's
    currency.

    A whole file is scanned; of a partly replaced one, all but the rows noted as replaced. ``columns``: what
    else of a line the summary needs.
    """
    import ibis

    parts = []
    wanted = ("source_id", "customer", "date", "amount", "cost", "currency", "line_kind", *columns)
    if shape.whole:
        parts.append(ibis.table(LINES, name="whole").select(*wanted))
    if shape.partly:
        gone = ibis.table(REPLACED, name="replaced")
        partly = ibis.table(LINES, name="partly")
        parts.append(partly.anti_join(gone, ["import_id", "file_row"]).select(*wanted))
    lines = parts[0] if len(parts) == 1 else ibis.union(*parts, distinct=False)
    return _in_book_money(lines.filter(lines.date <= ibis.literal(as_of)), shape)


def _owned(rows: ir.Table) -> ir.Table:
    """``rows`` of a customer key, with the ``account_id`` it stands for; those of no account are gone."""
    import ibis

    return rows.inner_join(ibis.table(WHOSE, name="whose"), ["source_id", "customer"])


def _in_book_money(lines: ir.Table, shape: Shape) -> ir.Table:
    """``amount`` and ``cost`` at the rate of their day; lines without a rate are in no summary."""
    import ibis

    ours = lines.currency.isnull() | (lines.currency == shape.currency)
    if shape.last_rate is None:
        return lines.filter(ours)
    rates = ibis.table(EXCHANGE, name="exchange")
    last = ibis.literal(shape.last_rate)
    dated = lines.mutate(rate_day=ibis.least(lines.date, last))
    joined = dated.left_join(rates, [dated.currency == rates.currency, dated.rate_day == rates.day])
    ours = joined.currency.isnull() | (joined.currency == shape.currency)

    def worth(column: Any) -> Any:
        converted = (column * joined.rate).round(4).try_cast(MONEY)
        return ibis.ifelse(ours, column, converted)

    converted = joined.mutate(amount=worth(joined.amount), cost=worth(joined.cost))
    return converted.filter(converted.amount.notnull())


def _purchases(shape: Shape, as_of: date) -> ir.Table:
    """A row a day on which an account bought: something was sold and the day's net is above zero.

    The lines are added up under the key they came with; asking whose it is costs a third so. Only where an
    account goes by several keys are its days added up once more.
    """
    lines = facts(shape, as_of)
    by_key = lines.group_by("source_id", "customer", "date").aggregate(
        money=lines.amount.sum(), sold=(lines.line_kind == "sale").any()
    )
    days = _owned(by_key)
    if shape.by_many_keys:
        days = days.group_by("account_id", "date").aggregate(money=days.money.sum(), sold=days.sold.any())
    return days.filter(days.sold & (days.money > 0)).select("account_id", "date", "money")


def _month_of(day: Any) -> Any:
    """The first day of its month, as a day on every engine."""
    import ibis

    return ibis.date(day.year(), day.month(), 1)


def customers(shape: Shape, as_of: date) -> ir.Table:
    """frequency, recency, T and monetary_value of every account that ever bought, in days.

    frequency: purchases after the first. recency: from the first to the last. T: from the first to ``as_of``.
    monetary_value: mean money of the purchases after the first, 0 without any.
    """
    import ibis

    bought = _purchases(shape, as_of)
    found = bought.group_by("account_id").aggregate(
        purchases=bought.count(),
        first_day=bought.date.min(),
        last_day=bought.date.max(),
        money=bought.money.sum(),
        first_money=bought.money.argmin(bought.date),
    )
    again = found.purchases - 1
    repeated = (found.money - found.first_money).cast("float64")
    return found.select(
        "account_id",
        frequency=again.cast("int64"),
        recency=found.last_day.delta(found.first_day, unit="day").cast("int64"),
        T=ibis.literal(as_of).delta(found.first_day, unit="day").cast("int64"),
        monetary_value=ibis.ifelse(again > 0, repeated / again.nullif(0).cast("float64"), 0.0),
        first_day=found.first_day,
        last_day=found.last_day,
    ).order_by("account_id")


def rhythm(shape: Shape, as_of: date) -> ir.Table:
    """The intervals between an account's purchases, for those with two and more.

    ``mean`` and ``sd`` of the intervals in days, ``log_mean`` of their logarithms, ``last`` and ``longest``.
    """
    import ibis

    bought = _purchases(shape, as_of)
    order = ibis.window(group_by=bought.account_id, order_by=bought.date)
    before = bought.mutate(previous=bought.date.lag().over(order))
    gaps = before.filter(before.previous.notnull())
    gaps = gaps.mutate(days=gaps.date.delta(gaps.previous, unit="day").cast("int64"))
    found = gaps.group_by("account_id").aggregate(
        intervals=gaps.count(),
        days=gaps.days.sum(),
        squares=(gaps.days * gaps.days).sum(),
        log_mean=gaps.days.cast("float64").ln().mean(),
        longest=gaps.days.max(),
        last=gaps.days.argmax(gaps.date),
        last_day=gaps.date.max(),
    )
    count = found.intervals.cast("float64")
    spread = found.squares.cast("float64") * count - found.days.cast("float64") * found.days.cast("float64")
    # exact sums of whole days, so the order in which machines add them does not matter
    variance = spread / (count * (count - 1).nullif(0.0))
    return found.select(
        "account_id",
        intervals=found.intervals.cast("int64"),
        mean=found.days.cast("float64") / count,
        sd=variance.sqrt(),
        log_mean=found.log_mean,
        longest=found.longest.cast("int64"),
        last=found.last.cast("int64"),
        last_day=found.last_day,
    ).order_by("account_id")


def rollup(shape: Shape, as_of: date) -> ir.Table:
    """Money by account, month and product family, as the pages' rollups hold it."""
    import ibis

    lines = _owned(facts(shape, as_of, "product", "family"))
    named = ibis.table(FAMILIES, name="families")
    told = lines.left_join(named, ["source_id", "product"])
    told = told.mutate(
        month=_month_of(told.date),
        family=ibis.coalesce(told.family.nullif(""), told.product_family.nullif(""), ibis.literal("")),
    )
    bare = told.cost.isnull()
    return (
        told.group_by("account_id", "month", "family")
        .aggregate(
            revenue=told.amount.sum(),
            margin=ibis.coalesce((told.amount - told.cost).sum(), ibis.literal(0).cast(MONEY)),
            revenue_without_cost=ibis.coalesce(told.amount.sum(where=bare), ibis.literal(0).cast(MONEY)),
            lines=told.count().cast("int64"),
        )
        .order_by("account_id", "month", "family")
    )


def cohorts(shape: Shape, as_of: date) -> ir.Table:
    """By month of the first purchase and months since: how many accounts bought, and for how much."""
    bought = _purchases(shape, as_of)
    first = bought.group_by("account_id").aggregate(first_day=bought.date.min())
    told = bought.inner_join(first, "account_id")
    since = (told.date.year() - told.first_day.year()) * 12 + told.date.month() - told.first_day.month()
    dated = told.mutate(cohort=_month_of(told.first_day), months_since=since.cast("int64"))
    return (
        dated.group_by("cohort", "months_since")
        .aggregate(accounts=dated.account_id.nunique().cast("int64"), revenue=dated.money.sum())
        .order_by("cohort", "months_since")
    )
