"""Where summaries run: DuckDB in this process, or Spark on many machines, over the same files in force.

``CHANGQING_LEDGER_ENGINE`` chooses: ``duckdb``, or any master that Spark knows (``spark://host:7077``,
``local-cluster[2,1,1024]``). Data folder and scratch must then lie where every machine of the cluster reads
them under the same path.
"""
# ibis and Spark are loaded when a summary is asked for, not when the product starts

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, Protocol

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.conf import settings
from django.utils.translation import gettext as _

from changqing.base.refused import Refused
from changqing.ledger.queries import as_of as book_as_of
from changqing.ledger.queries import daily_rates, families, standing, whose
from changqing.ledger.segments import Standing, at, duck, literal, scratch
from changqing.ledger.summaries import EXCHANGE, FAMILIES, LINES, NAMES, REPLACED, WHOSE, Shape, summary
from changqing.people.permissions import Principal, check_may

DUCKDB = "duckdb"
SPARK: dict[str, str | bool] = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": False,
    "spark.ui.enabled": False,
    "spark.ui.showConsoleProgress": False,
    "spark.log.level": "ERROR",
}
# on one machine, two hundred parts of every shuffle are mostly waiting, and nobody else need reach the driver
ON_ONE_MACHINE: dict[str, str | bool] = {
    "spark.sql.shuffle.partitions": "4",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
}
SECONDS_TO_CLOSE = 30


class Engine(Protocol):
    """What runs a summary: it is told names for files, then asked for the rows of an expression."""

    def call(self, name: str, paths: Sequence[Path], columns: Mapping[str, str]) -> None:
        """Give the files the name by which the expressions call them, with the columns they know and their
        types. A column that a file lacks reads as NULL."""

    def rows(self, expression: Any) -> pa.Table:
        """The rows of ``expression``."""


def summarised(
    to: Principal, names: Collection[str] = NAMES, *, as_of: date | None = None, engine: str | None = None
) -> dict[str, pa.Table]:
    """Summaries of the whole book by name, for who may rank it; by ``engine``, else by the one in force."""
    check_may(to, "rank the book")
    lines, last = standing("orders"), as_of or book_as_of()
    if last is None or not lines:
        raise Refused(_("账本里还没有订单行，没有可以汇总的。"))
    with (
        tempfile.TemporaryDirectory(prefix="summary-", dir=scratch()) as folder,
        _running(engine or settings.LEDGER_ENGINE, Path(folder)) as running,
    ):
        shape = _tables(running, lines, Path(folder))
        return {name: running.rows(summary(name, shape, as_of=last)) for name in names}


def _tables(engine: Engine, lines: Standing, folder: Path) -> Shape:
    """Name the files in force, and what says whose they are, alike on every engine."""
    rates, keys = daily_rates(), whose()
    small = {"whose": (keys, WHOSE), "families": (families(), FAMILIES), "exchange": (rates, EXCHANGE)}
    for name, (table, columns) in small.items():
        path = folder / f"{name}.parquet"
        pq.write_table(table.select(list(columns)), path)
        engine.call(name, [path], columns)
    held: Mapping[str, tuple[Sequence[str], Mapping[str, str]]] = {
        "whole": (lines.whole, LINES),
        "partly": (lines.partly, LINES),
        "replaced": (lines.replaced, REPLACED),
    }
    for name, (paths, wanted) in held.items():
        if paths:
            engine.call(name, [at(path) for path in paths], wanted)
    return Shape(
        whole=bool(lines.whole),
        partly=bool(lines.partly),
        by_many_keys=pc.count_distinct(keys["account_id"]).as_py() < keys.num_rows,
        last_rate=max(rates["day"].to_pylist(), default=None),
        currency=settings.BOOK_CURRENCY,
    )


@contextmanager
def _running(engine: str, folder: Path) -> Iterator[Engine]:
    if engine == DUCKDB:
        with duck() as connection:
            yield OnDuckDB(connection, folder)
        return
    session = _spark(engine)
    try:
        yield OnSpark(session, folder)
    finally:
        _close(session)


class OnDuckDB:
    """In this process, within the ledger's bounds of memory and threads; what does not fit at once is done
    in two steps, with ``folder`` for what lies between them."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
        self.connection, self.folder = connection, folder
        self.called: set[str] = set()

    def call(self, name: str, paths: Sequence[Path], columns: Mapping[str, str]) -> None:
        listed = ", ".join(literal(path) for path in paths)
        self._name(name, f"SELECT {', '.join(columns)} FROM read_parquet([{listed}], union_by_name = true)")

    def rows(self, expression: Any) -> pa.Table:
        import ibis

        query = str(ibis.to_sql(expression, dialect="duckdb"))
        try:
            return self._answer(query)
        except duckdb.OutOfMemoryException:
            if "replaced" not in self.called:
                raise
            self._drop_replaced()
            return self._answer(query)

    def _answer(self, query: str) -> pa.Table:
        return self.connection.sql(query).to_arrow_table()

    def _name(self, name: str, query: str) -> None:
        self.connection.execute(f'CREATE OR REPLACE TEMP VIEW "{name}" AS {query}')
        self.called.add(name)

    def _drop_replaced(self) -> None:
        """Write the lines that are left of partly replaced files, which then count whole: to find them and to
        add them up takes more memory at once than one after the other."""
        left = literal(self.folder / "left.parquet")
        self.connection.execute(
            "COPY (SELECT * FROM partly ANTI JOIN replaced USING (import_id, file_row)) "
            f"TO {left} (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)"
        )
        self._name("partly", f"SELECT * FROM read_parquet({left})")
        self._name("replaced", "SELECT NULL::INTEGER AS import_id, NULL::BIGINT AS file_row WHERE false")
        self.called.discard("replaced")


class OnSpark:
    """On the machines of a Spark session, which write what they found into ``folder``: no result has to pass
    through the driver's memory."""

    def __init__(self, session: Any, folder: Path) -> None:
        self.session, self.folder, self.asked = session, folder, 0

    def call(self, name: str, paths: Sequence[Path], columns: Mapping[str, str]) -> None:
        # said, not asked of every file: a job over all footers would stand before each summary
        schema = ", ".join(f"`{column}` {SPARK_TYPES.get(kind, kind)}" for column, kind in columns.items())
        self.session.read.schema(schema).parquet(*map(str, paths)).createOrReplaceTempView(name)

    def rows(self, expression: Any) -> pa.Table:
        import ibis

        # loads what the dialect asks for
        _backend = ibis.pyspark
        self.asked += 1
        found = self.folder / f"found-{self.asked}"
        self.session.sql(str(ibis.to_sql(expression, dialect="pyspark"))).write.parquet(str(found))
        # the parts are numbered in the order of the expression
        parts = [pq.read_table(part) for part in sorted(found.glob("part-*.parquet"))]
        return pa.concat_tables(parts).replace_schema_metadata(None)


SPARK_TYPES = {"int32": "int", "int64": "bigint"}


def _spark(master: str) -> Any:
    """A session on ``master``; Refused, saying what to install, where there is no Spark or no Java."""
    try:
        from pyspark.errors import PySparkRuntimeError
        from pyspark.sql import SparkSession
    except ImportError:
        raise Refused(_("这里没有装 Spark。请先：pip install 'changqing[spark]'")) from None
    home = os.environ.get("JAVA_HOME")
    # asked first: Spark would leave its complaints and an open pipe behind
    if shutil.which(f"{home}/bin/java" if home else "java") is None:
        raise _without_java("java: not found")
    builder = SparkSession.builder.master(master).appName("changqing")
    for name, value in (SPARK | (ON_ONE_MACHINE if master.startswith("local") else {})).items():
        builder = builder.config(name, value)
    try:
        return builder.getOrCreate()
    except (PySparkRuntimeError, OSError) as no:
        raise _without_java(str(no).splitlines()[0][:200]) from None


def _without_java(why: str) -> Refused:
    return Refused(
        _("Spark 没有启动起来：%(why)s。它需要 Java 17：apt-get install openjdk-17-jre-headless")
        % {"why": why}
    )


def _close(session: Any) -> None:
    """Stop the session and the Java machine beside this process, which Spark would leave until it ends."""
    from pyspark import SparkContext

    session.stop()
    gateway: Any = SparkContext._gateway
    SparkContext._gateway = SparkContext._jvm = None
    gateway.shutdown()
    java: subprocess.Popen[bytes] = gateway.proc
    if java.stdin is not None:
        # it lives as long as this end is open
        java.stdin.close()
    try:
        java.wait(SECONDS_TO_CLOSE)
    except subprocess.TimeoutExpired:
        java.kill()
        java.wait()
