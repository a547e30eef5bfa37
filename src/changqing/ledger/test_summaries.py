"""The summaries: they say what the rollups say, and Spark says the same as DuckDB."""

from __future__ import annotations

import math
import os
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import psutil
import pyarrow as pa
import pytest
from django.db import transaction

from changqing.base.refused import Refused
from changqing.ledger.actions import enter, rematch, source_named, undo, write_lines
from changqing.ledger.engines import OnDuckDB, summarised
from changqing.ledger.models import AccountMonth, AccountTotals, CustomerKey, Import
from changqing.ledger.queries import standing
from changqing.ledger.segments import duck
from changqing.ledger.summaries import NAMES
from changqing.people.permissions import Operator

# `make spark` asks for a million lines on three Java machines; every run of the suite for a few on one
MANY_LINES = int(os.environ.get("CHANGQING_CONFORMANCE_LINES", "0"))
LINES, MASTER = (MANY_LINES, "local-cluster[2,1,1024]") if MANY_LINES else (3_000, "local[1]")
# a Java machine that lives for seconds spends most of them on compiling what it runs once
QUICK_START = """
spark.driver.extraJavaOptions -XX:TieredStopAtLevel=1 -XX:+UseSerialGC
spark.sql.codegen.wholeStage false
spark.sql.codegen.factoryMode NO_CODEGEN
spark.sql.adaptive.enabled false
"""


def bring(kind: str, query: str, meaning: str = "lines") -> Import:
    """Enter typed rows as the journey does."""
    entry = Import.objects.create(
        source=source_named(code="erp"),
        kind=kind,
        meaning=meaning,
        file_name="t",
        file_digest="",
        stored_as="",
    )
    with duck() as connection:
        lines = write_lines(entry=entry, connection=connection, query=query)
        with transaction.atomic():
            enter(entry=entry, connection=connection, lines=lines)
    return entry


def lines_sql(first: int, last: int, cents: int) -> str:
    """Order lines ``first`` to ``last`` of one book, their amounts shifted by ``cents``."""
    return f"""
        SELECT i::BIGINT AS file_row, 'O' || (i // 3) AS order_no,
        'O' || (i // 3) || '|' || (i % 3) AS line_key, 'C' || (hash(i // 3) % 997) AS customer,
        NULL::VARCHAR AS customer_name, 'P' || (i % 53) AS product,
        DATE '2022-01-01' + (hash(i // 3 * 7) % 1200)::INTEGER AS date, 1::DECIMAL(18,4) AS quantity,
        (((hash(i) % 900000)::BIGINT + {cents}) / 100 * CASE WHEN i % 41 = 0 THEN -1 ELSE 1 END)
            ::DECIMAL(18,4) AS amount,
        CASE WHEN i % 11 > 0 THEN ((hash(i * 5) % 500000) / 100)::DECIMAL(18,4) END AS cost,
        CASE WHEN i % 13 = 0 THEN 'USD' WHEN i % 97 = 0 THEN 'EUR' END AS currency,
        CASE WHEN i % 41 = 0 THEN 'return' ELSE 'sale' END AS line_kind,
        CASE WHEN i % 5 > 0 THEN 'F' || (i % 7) END AS family
        FROM range({first}, {last}) t(i)"""


@pytest.fixture
def ledger(book: None) -> None:
    """A base file, one that replaces a tenth of it, one that was undone, and dollars with two rates."""
    bring("orders", lines_sql(0, LINES, 0))
    bring("orders", lines_sql(0, LINES // 10, 77))
    gone = bring("orders", lines_sql(LINES // 20, LINES // 5, 500))
    with transaction.atomic():
        undo(entry=gone)
    bring(
        "rates",
        "SELECT row::BIGINT AS file_row, 'USD ' || day AS key, 'USD' AS currency, day::DATE AS date, "
        "rate::DECIMAL(18,8) AS rate, '' AS said_by "
        "FROM (VALUES (1, '2022-03-01', 7.01), (2, '2023-01-01', 6.93)) AS t(row, day, rate)",
    )


def of_one_account(keys: int) -> None:
    """The first customer keys stand for one account."""
    known = CustomerKey.objects.select_related("source", "account").order_by("key")[:keys]
    one = known[0]
    with transaction.atomic():
        rematch(source=one.source, accounts={each.key: one.account for each in known})


@pytest.mark.usefixtures("ledger")
@pytest.mark.parametrize("keys", [1, 9])
def test_summaries_say_what_the_rollups_say(by: Operator, keys: int) -> None:
    of_one_account(keys)
    found = summarised(by)
    totals = {row.account_id: row for row in AccountTotals.objects.filter(purchases__gt=0)}
    people = found["customers"].to_pylist()
    last = max(row.last_day for row in AccountTotals.objects.all())
    assert {row["account_id"]: row["frequency"] + 1 for row in people} == {
        pk: row.purchases for pk, row in totals.items()
    }
    assert all(row["T"] == (last - row["first_day"]).days >= row["recency"] >= 0 for row in people)
    names = ("account_id", "month", "family", "revenue", "margin", "revenue_without_cost", "lines")
    stored = AccountMonth.objects.order_by("account_id", "month", "family").values_list(*names)
    rolled = [tuple(row[name] for name in names) for row in found["rollup"].to_pylist()]
    assert sorted(rolled) == sorted(stored)
    intervals = {row["account_id"]: row["intervals"] for row in found["rhythm"].to_pylist()}
    assert intervals == {row["account_id"]: row["frequency"] for row in people if row["frequency"] > 0}
    assert sum(row["revenue"] for row in found["cohorts"].to_pylist() if row["months_since"] >= 0) > 0
    firsts = [row for row in found["cohorts"].to_pylist() if row["months_since"] == 0]
    assert sum(row["accounts"] for row in firsts) == len(people)


@pytest.mark.usefixtures("ledger")
def test_what_does_not_fit_at_once_is_done_in_two_steps(
    by: Operator, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    at_once, answer, asked = summarised(by), OnDuckDB._answer, []

    def full_at_first(self: OnDuckDB, query: str) -> pa.Table:
        asked.append(query)
        if len(asked) == 1:
            raise duckdb.OutOfMemoryException("could not allocate block")
        return answer(self, query)

    monkeypatch.setattr(OnDuckDB, "_answer", full_at_first)
    in_two_steps = summarised(by)
    assert {name: unlike(table, in_two_steps[name]) for name, table in at_once.items()} == {
        name: {} for name in NAMES
    }
    assert len(asked) == len(NAMES) + 1

    def full(self: OnDuckDB, query: str) -> pa.Table:
        raise duckdb.OutOfMemoryException("could not allocate block")

    # where two steps do not help, a sentence says what would
    monkeypatch.setattr(OnDuckDB, "_answer", full)
    with pytest.raises(Refused, match="CHANGQING_LEDGER_MEMORY_MB"):
        summarised(by)
    assert list((settings.FOLDER.path / "scratch").glob("summary-*")) == []


@pytest.mark.usefixtures("ledger")
def test_spark_says_what_duckdb_says(
    by: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    if shutil.which("java") is None:
        pytest.fail("Spark needs Java: apt-get install openjdk-17-jre-headless")
    if not MANY_LINES:
        (tmp_path / "spark-defaults.conf").write_text(QUICK_START)
        monkeypatch.setenv("SPARK_CONF_DIR", str(tmp_path))
    of_one_account(9)
    lines = standing("orders")
    assert lines.whole and lines.partly and lines.replaced
    day = date(2025, 3, 1)
    here = summarised(by, as_of=day)
    settings.LEDGER_ENGINE = MASTER
    there = summarised(by, as_of=day)
    assert {name: table.num_rows > 0 for name, table in here.items()} == dict.fromkeys(NAMES, True)
    assert {name: unlike(table, there[name]) for name, table in here.items()} == {name: {} for name in NAMES}
    assert [child for child in psutil.Process().children() if "java" in child.name()] == []


@pytest.mark.usefixtures("ledger")
def test_without_java_it_says_what_to_install(by: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", "/nowhere")
    with pytest.raises(Refused, match="apt-get install openjdk-17-jre-headless"):
        summarised(by, engine="local[1]")


def unlike(one: pa.Table, other: pa.Table) -> dict[str, Any]:
    """Where two tables differ: keys, counts, days and money exactly, floats beyond 1e-12 of their size."""
    assert one.schema.names == other.schema.names
    found = {}
    for name in one.schema.names:
        pairs = list(zip(one[name].to_pylist(), other[name].to_pylist(), strict=True))
        apart = [pair for pair in pairs if not _alike(*pair)]
        if apart:
            found[name] = (len(apart), apart[:3])
    return found


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-12, abs_tol=1e-12)
    return bool(one == other)
