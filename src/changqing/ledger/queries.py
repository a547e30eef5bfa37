"""Questions to the books: the catalogue and rollups in PostgreSQL, the lines themselves in the segments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa
from django.conf import settings
from django.db import connection as database
from django.db.models import Q, QuerySet, Sum
from django.utils.translation import gettext as _
from procrastinate.contrib.django.models import ProcrastinateJob

from changqing.accounts.models import Account
from changqing.accounts.queries import Part, seen_rows, sight, visible_to
from changqing.base.bulk import columns_from
from changqing.base.compiled import WORD, Compiled
from changqing.base.once import once
from changqing.ledger.models import (
    AccountMonth,
    AccountTotals,
    CustomerKey,
    ExchangeRate,
    FileKind,
    Import,
    Product,
    Replacement,
    Segment,
    Source,
    SourceFormat,
)
from changqing.ledger.segments import Standing, duck, literal
from changqing.people.permissions import Principal, check_may

IN_FORCE = Import.State.IN_FORCE
ENTERED: tuple[str, ...] = (Import.State.IN_FORCE, Import.State.UNDONE)
# An order is known by its number; lines without one belong to the order of their day.
ORDER = "coalesce(order_no, 'on ' || strftime(date, '%Y-%m-%d'))"
MONTHS = Compiled(
    lambda account: (
        AccountMonth.objects.filter(account=account)
        .order_by("month", "family")
        .values_list("month", "family", "revenue", "margin", "revenue_without_cost", "lines")
    )
)
TOTALS = Compiled(lambda account: AccountTotals.objects.filter(account=account))
SWITCHING = ("undoing", "redoing")
ON_ITS_WAY = (Import.State.WAITING, Import.State.RUNNING)
MOST_TOLD = 30
WORKED_ON: Compiled[tuple[str, str, int, int]] = Compiled(
    lambda waiting: (
        Import.objects.filter(Q(state__in=[waiting, Import.State.RUNNING]) | Q(step__in=SWITCHING))
        .order_by("id")
        .values_list("file_name", "step", "rows_done", "rows_total")[:MOST_TOLD]
    ),
    WORD,
)


@dataclass(frozen=True)
class MonthMoney:
    month: date
    family: str
    revenue: Decimal
    margin: Decimal
    revenue_without_cost: Decimal
    lines: int


def imports(to: Principal) -> QuerySet[Import]:
    """All imports, newest first, for who may see them."""
    check_may(to, "see imports")
    return Import.objects.select_related("source", "asked_by", "department").order_by("-id")


def imports_worked_on(to: Principal) -> QuerySet[Import]:
    """What waits or runs now, the oldest first."""
    return imports(to).filter(Q(state__in=ON_ITS_WAY) | Q(step__in=SWITCHING)).order_by("id")


def told_of_work(to: Principal) -> list[tuple[str, str, int, int]]:
    """Of the first of them the file, the step, and how many rows of how many: every page asks."""
    check_may(to, "see imports")
    return WORKED_ON(Import.State.WAITING)


def import_numbered(to: Principal, number: int) -> Import | None:
    return imports(to).filter(number=number).first()


def import_with_id(to: Principal, pk: int) -> Import | None:
    return imports(to).filter(pk=pk).first()


def import_by_id(pk: int) -> Import | None:
    """For the job that runs it; people ask ``import_with_id``."""
    return Import.objects.select_related("source", "asked_by", "department").filter(pk=pk).first()


def imports_under_way() -> list[int]:
    """Imports that wait for a worker or have one."""
    rows = Import.objects.filter(state__in=(Import.State.WAITING, Import.State.RUNNING))
    return list(rows.values_list("pk", flat=True))


def saved_format(source: Source, kind: str) -> SourceFormat | None:
    return SourceFormat.objects.filter(source=source, kind=kind).first()


def source_with_code(code: str) -> Source | None:
    return Source.objects.filter(code=code).first()


def stuck_imports() -> Iterator[str]:
    """Imports that wait or run though no job will ever touch them, as sentences; there must be none."""
    open_states = (Import.State.WAITING, Import.State.RUNNING)
    expected = Import.objects.filter(state__in=open_states).order_by("pk")
    jobs = ProcrastinateJob.objects.filter(task_name="book:bring_in", status__in=("todo", "doing"))
    queued = {job["entry"] for job in jobs.values_list("args", flat=True)}
    for entry in expected:
        if entry.pk not in queued:
            yield _("导入 %(id)s（%(file)s）停在“%(state)s”，没有任务在处理。") % {
                "id": entry.pk,
                "file": entry.file_name,
                "state": entry.get_state_display(),
            }


def rows_in(entry: Import) -> int:
    """How many order lines or other rows ``entry`` brought."""
    held = Segment.objects.filter(owner=entry, holds=Segment.Holds.LINES)
    return held.aggregate(rows=Sum("rows"))["rows"] or 0


def entered() -> tuple[str, ...]:
    """The states of imports that have their place in the book."""
    return ENTERED


@once
def standing(kind: str, *, source: Source | None = None, switched: int | None = None) -> Standing:
    """The files and rows of ``kind`` that count now, from the catalogue, in one query.

    ``switched``: as if the import of that id were undone, or brought back where it is undone.
    """
    entries, notes, held = (table._meta.db_table for table in (Import, Replacement, Segment))
    of_source = "" if source is None else "AND source_id = %(source)s "
    counting = (
        f"(SELECT id FROM {entries} WHERE kind = %(kind)s {of_source}"
        "AND (state = %(in_force)s) <> (id IS NOT DISTINCT FROM %(switched)s))"
    )
    asked = (
        f"SELECT s.path, s.holds, n.wholly FROM {held} s "
        # for each import of which others that count replace lines: whether they replace all of them
        f"LEFT JOIN (SELECT older_id, bool_or(wholly) AS wholly FROM {notes} "
        f"WHERE newer_id IN {counting} AND older_id IN {counting} GROUP BY 1) n ON n.older_id = s.owner_id "
        f"WHERE s.owner_id IN {counting} AND s.rows > 0 AND s.holds = ANY(%(holds)s) ORDER BY s.path"
    )
    values: dict[str, Any] = {
        "kind": kind,
        "source": source and source.pk,
        "in_force": IN_FORCE.value,
        "switched": switched,
        "holds": [Segment.Holds.LINES.value, Segment.Holds.REPLACED.value],
    }
    with database.cursor() as cursor:
        cursor.execute(asked, values)
        rows = cursor.fetchall()
    lines = [(path, wholly) for path, holds, wholly in rows if holds == Segment.Holds.LINES]
    partly = tuple(path for path, wholly in lines if wholly is False)
    replaced = tuple(path for path, holds, _wholly in rows if holds == Segment.Holds.REPLACED)
    return Standing(
        whole=tuple(path for path, wholly in lines if wholly is None),
        partly=partly,
        replaced=replaced if partly else (),
    )


@once
def numbers_in_force() -> list[int]:
    return list(
        Import.objects.filter(state=IN_FORCE).order_by("number").values_list("number", flat=True)  # type: ignore[arg-type]
    )


@once
def as_of() -> date | None:
    """The last day with an order line that counts."""
    with database.cursor() as cursor:
        cursor.execute(f"SELECT max(last_day) FROM {AccountTotals._meta.db_table}")
        day: date | None = cursor.fetchone()[0]
    return day


def buying_accounts() -> int:
    """How many accounts have order lines that count."""
    return AccountTotals.objects.count()


@once
def months_of(to: Principal, account: Account) -> list[MonthMoney]:
    """``account``'s money by month and family, oldest first."""
    found = [MonthMoney(*row) for row in seen_rows(to, account, MONTHS)]
    if sight(to, account).reads(Part.MARGIN):
        return found
    # as if no cost were known
    return [replace(row, margin=Decimal(0), revenue_without_cost=row.revenue) for row in found]


@once
def totals_of(to: Principal, account: Account) -> AccountTotals | None:
    """``account``'s totals; without margin, as if no cost were known, where that is withheld."""
    found = next(iter(seen_rows(to, account, TOTALS)), None)
    if found and not sight(to, account).reads(Part.MARGIN):
        found.margin, found.lines_without_cost = None, found.lines
    return found


def family_sums(to: Principal, since: date | None) -> list[tuple[str, Decimal]]:
    """Revenue by family over the accounts that ``to`` may see, by whole months from ``since`` on."""
    rows = visible_to(to, AccountMonth.objects.all())
    if since:
        rows = rows.filter(month__gte=since.replace(day=1))
    return list(rows.values("family").annotate(sum=Sum("revenue")).values_list("family", "sum"))


def whose(accounts: Iterable[int] | None = None) -> pa.Table:
    """(source_id, customer, account_id) of all customer keys, or of those of ``accounts``."""
    narrowed = "" if accounts is None else " WHERE account_id = ANY(%s)"
    return columns_from(
        f"SELECT source_id, key, account_id FROM {CustomerKey._meta.db_table}{narrowed}",
        [] if accounts is None else [list(accounts)],
        {"source_id": pa.int32(), "customer": pa.string(), "account_id": pa.int64()},
    )


def account_names(kind: str, rows: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """How the archive calls the customers of some ledger ``rows``: source's key → name.

    For the person who brings files in, who reads the names in the file itself.
    """
    column = "key" if kind == FileKind.ACCOUNTS else "customer"
    keys = {row[column] for row in rows if row.get(column)}
    found = CustomerKey.objects.filter(key__in=keys).values_list("key", "account__name")
    return dict(found)


def families(keys: Iterable[str] | None = None) -> pa.Table:
    """(source_id, product, family, product_name) of all products, or of those with ``keys``."""
    wanted = None if keys is None else list(keys)
    narrowed = "" if wanted is None else " WHERE key = ANY(%s)"
    types = {"product": pa.string(), "product_family": pa.string(), "known_name": pa.string()}
    types = {"source_id": pa.int32()} | types
    if wanted == []:
        return pa.schema(types).empty_table()
    return columns_from(
        f"SELECT source_id, key, family, name FROM {Product._meta.db_table}{narrowed}",
        [] if wanted is None else [wanted],
        types,
    )


def exchange_rates() -> QuerySet[ExchangeRate]:
    """Every rate in force, by currency and day. What money costs is public: no reader is asked for."""
    return ExchangeRate.objects.order_by("currency", "day")


def rate_on(currency: str, day: date | None) -> Decimal | None:
    """What one unit of ``currency`` is worth in the book's on ``day``; None where no rate is known."""
    if currency == settings.BOOK_CURRENCY:
        return Decimal(1)
    dated = ExchangeRate.objects.filter(currency=currency).order_by("-day")
    return dated.filter(**({"day__lte": day} if day else {})).values_list("rate", flat=True).first()


@dataclass(frozen=True)
class Exchange:
    """How lines in other currencies become the book's money: ``last`` is the last day with a rate, if any."""

    last: date | None

    def join(self, alias: str) -> str:
        """What to join to lines called ``alias``; every day has its rate, later ones the last day's."""
        if self.last is None:
            return ""
        return (
            f"LEFT JOIN exchange x ON x.currency = {alias}.currency "
            f"AND x.day = least({alias}.date, DATE '{self.last}') "
        )

    def worth(self, alias: str, column: str) -> str:
        """``column`` in the book's currency; NULL where there is no rate."""
        ours, value = in_book_currency(alias), f"{alias}.{column}"
        if self.last is None:
            return f"CASE WHEN {ours} THEN {value} END"
        return f"CASE WHEN {ours} THEN {value} ELSE try_cast({value} * x.rate AS DECIMAL(18,4)) END"


def in_book_currency(alias: str) -> str:
    return f"({alias}.currency IS NULL OR {alias}.currency = {literal(settings.BOOK_CURRENCY)})"


@once
def _dated_rates() -> list[tuple[str, date, Decimal]]:
    return list(exchange_rates().values_list("currency", "day", "rate"))


def exchange(connection: duckdb.DuckDBPyConnection) -> Exchange:
    """Register ``exchange``: the rate of each currency on each day from its first to the last of all."""
    rows = _dated_rates()
    if not rows:
        return Exchange(last=None)
    connection.register(
        "dated_rates",
        pa.table(
            {
                "currency": pa.array([row[0] for row in rows], pa.string()),
                "day": pa.array([row[1] for row in rows], pa.date32()),
                "rate": pa.array([row[2] for row in rows], pa.decimal128(18, 8)),
            }
        ),
    )
    last = max(row[1] for row in rows)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE exchange AS SELECT d.currency, d.day, r.rate FROM ("
        "SELECT currency, unnest(generate_series(min(day), $1::DATE, INTERVAL 1 DAY))::DATE AS day "
        "FROM dated_rates GROUP BY currency) d "
        "ASOF JOIN dated_rates r ON r.currency = d.currency AND d.day >= r.day",
        [last],
    )
    return Exchange(last=last)


def owned_lines(
    connection: duckdb.DuckDBPyConnection,
    accounts: Iterable[int] | None = None,
) -> str:
    """Register whose is whose; give the relation of order lines that count with account and family.

    ``amount`` and ``cost`` are in the book's currency, NULL where a line's own has no rate on its day;
    ``stated_amount`` and ``stated_cost`` are as the file says them, in ``currency``.
    """
    connection.register("families", families())
    lines = standing(FileKind.ORDERS)
    if not lines:
        return (
            "(SELECT NULL::BIGINT AS account_id, NULL::DATE AS date, NULL::VARCHAR AS order_no, "
            "NULL::VARCHAR AS family, NULL::VARCHAR AS known_name, NULL::VARCHAR AS product, "
            "NULL::DECIMAL(18,4) AS quantity, NULL::DECIMAL(18,4) AS amount, "
            "NULL::DECIMAL(18,4) AS cost, NULL::DECIMAL(18,4) AS stated_amount, "
            "NULL::DECIMAL(18,4) AS stated_cost, NULL::BOOLEAN AS is_converted, "
            "NULL::VARCHAR AS currency, NULL::VARCHAR AS line_kind, "
            "NULL::INTEGER AS import_id, NULL::BIGINT AS file_row WHERE false)"
        )
    connection.register("whose", whose(accounts))
    rates = exchange(connection)
    amount = rates.worth("l", "amount")
    return (
        "(SELECT l.account_id, l.date, l.order_no, l.product, l.quantity, "
        f"{amount} AS amount, {rates.worth('l', 'cost')} AS cost, l.amount AS stated_amount, "
        f"l.cost AS stated_cost, NOT {in_book_currency('l')} AND {amount} IS NOT NULL AS is_converted, "
        "l.currency, l.line_kind, l.import_id, l.file_row, f.known_name, "
        "coalesce(nullif(l.family, ''), nullif(f.product_family, ''), '') AS family "
        f"FROM (SELECT * FROM {lines.sql()} JOIN whose USING (source_id, customer)) l {rates.join('l')}"
        "LEFT JOIN families f USING (source_id, product))"
    )


def daily_rates() -> pa.Table:
    """(currency, day, rate) for each currency and day from its first to the last day of all."""
    with duck() as connection:
        if exchange(connection).last is None:
            types = {"currency": pa.string(), "day": pa.date32(), "rate": pa.decimal128(18, 8)}
            return pa.table({name: pa.array([], type_) for name, type_ in types.items()})
        return connection.sql("SELECT currency, day, rate FROM exchange").to_arrow_table()


def fetched(connection: duckdb.DuckDBPyConnection, query: str, values: Sequence[Any] = ()) -> list[Any]:
    """The first column of ``query``."""
    return [row[0] for row in connection.execute(query, list(values)).fetchall()]


@dataclass(frozen=True)
class BookSums:
    """One period of the whole book by account: columns account_id, revenue, margin, orders, lines,
    revenue_without_cost, revenue_converted, annual.

    ``margin`` is NULL where no line's cost is known; ``annual`` is revenue of the last twelve months.
    ``families`` are sums of revenue by family, "" those without one.
    """

    since: date | None
    accounts: pa.Table
    families: dict[str, Decimal]


def book_sums(by: Principal, since: dict[str, date | None], *, annual: date | None) -> dict[str, BookSums]:
    """The whole book over several periods that end with its last day, in one reading of the ledger."""
    check_may(by, "rank the book")
    with duck() as connection:
        lines = owned_lines(connection)
        connection.execute(
            "CREATE TEMP TABLE days AS SELECT account_id, order_no, date, family, count(*) AS lines, "
            "count(amount) AS counted, coalesce(sum(amount), 0) AS revenue, sum(amount - cost) AS margin, "
            "coalesce(sum(amount) FILTER (cost IS NULL), 0) AS revenue_without_cost, "
            "coalesce(sum(amount) FILTER (is_converted), 0) AS revenue_converted FROM ("
            f"SELECT account_id, {ORDER} AS order_no, date, family, amount, cost, is_converted FROM {lines}) "
            # either by order or by family: the lines are read once for both
            "GROUP BY GROUPING SETS ((account_id, order_no, date), (family, date))"
        )
        return {name: _period_sums(connection, first, annual) for name, first in since.items()}


def _period_sums(connection: duckdb.DuckDBPyConnection, since: date | None, annual: date | None) -> BookSums:
    accounts = connection.sql(
        "SELECT account_id, sum(revenue) AS revenue, sum(margin) AS margin, "
        "count(DISTINCT order_no)::INTEGER AS orders, sum(lines)::INTEGER AS lines, "
        "sum(revenue_without_cost) AS revenue_without_cost, sum(revenue_converted) AS revenue_converted, "
        # divided once and so rounded once, as Python does
        "sum(revenue)::DOUBLE AS each_revenue, coalesce(sum(margin), 0)::DOUBLE AS each_margin, "
        "coalesce(sum(revenue) FILTER (date >= $2), 0)::DOUBLE AS annual FROM days "
        "WHERE account_id IS NOT NULL AND ($1 IS NULL OR date >= $1) GROUP BY account_id ORDER BY account_id",
        params=[since, annual],
    ).to_arrow_table()
    families = connection.execute(
        "SELECT family, sum(revenue) FROM days WHERE account_id IS NULL AND counted > 0 "
        "AND ($1 IS NULL OR date >= $1) GROUP BY 1",
        [since],
    ).fetchall()
    return BookSums(since=since, accounts=accounts, families=dict(families))


def costs_by_activity(to: Principal, since: date) -> list[tuple[int, str, Decimal]]:
    """(account, activity, what was spent) from ``since`` on, in the book's currency, of the accounts whose
    margin ``to`` may see. Reads the segments of the costs."""
    rows = standing(FileKind.COSTS)
    if not rows:
        return []
    # by the account, not its orders: who costs and never ordered is told too
    seen = visible_to(to, Account.objects.all(), Part.MARGIN).values_list("pk", flat=True)
    with duck() as connection:
        connection.register("whose", whose())
        connection.register("seen", pa.table({"account_id": pa.array(list(seen), pa.int64())}))
        found = connection.execute(
            f"SELECT w.account_id, coalesce(l.category, '') AS activity, sum(l.amount) FROM {rows.sql()} l "
            "JOIN whose w USING (source_id, customer) SEMI JOIN seen USING (account_id) "
            "WHERE l.date >= $1 AND coalesce(l.currency, $2) = $2 AND l.amount IS NOT NULL GROUP BY ALL",
            [since, settings.BOOK_CURRENCY],
        )
        return [(int(account), activity, amount) for account, activity, amount in found.fetchall()]
