"""From order lines on disk to the summaries: DuckDB by the product's own expressions, beside the bare scan.

    make bench-summaries                  10 million lines, and pandas with lifetimes on the same file
    make bench-summaries LINES=100000000  on disk, within 4 GB; pandas is left out

The files are written as the ledger writes them (columns, order, row groups, compression), ten million lines a
file; the catalogue in PostgreSQL is not asked, which of them count is given. A tenth of the lines is
superseded for the second question. Each question runs in a process of its own, so that its most memory is its
own.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

AS_OF = date(2026, 6, 30)
IN_A_FILE = 10_000_000
LINES_AN_ACCOUNT = 100
QUESTIONS = ("bare scan", "customers", "customers, a tenth superseded", "rhythm", "rollup", "cohorts")
# As ``ledger.actions.write_lines`` sorts an import.
BY = "ORDER BY customer, date"
SCANNED = ("source_id", "customer", "date", "amount", "cost", "currency", "line_kind")


def lines_sql(first: int, last: int, accounts: int, import_id: int) -> str:
    """Order lines as the demo supplier has them: some three an order, few large accounts and many small."""
    account = f"(({accounts} * pow((hash(i // 3) % 1000003) / 1000003.0, 2))::BIGINT)"
    return f"""
        SELECT {import_id}::INTEGER AS import_id, 1::INTEGER AS source_id, i::BIGINT AS file_row,
        'C' || {account} AS customer, 'P' || (hash(i * 3) % 2003) AS product, NULL::VARCHAR AS family,
        DATE '2023-07-01' + (hash(i // 3 * 7) % 1096)::INTEGER AS date,
        ((hash(i) % 900000)::BIGINT / 100 * CASE WHEN i % 41 = 0 THEN -1 ELSE 1 END)::DECIMAL(18,4) AS amount,
        ((hash(i * 5) % 500000) / 100)::DECIMAL(18,4) AS cost, NULL::VARCHAR AS currency,
        CASE WHEN i % 41 = 0 THEN 'return' ELSE 'sale' END AS line_kind
        FROM range({first}, {last}) t(i)"""


def written(folder: Path, lines: int) -> None:
    """The files, once."""
    from changqing.ledger.segments import ROWS_IN_A_GROUP, duck, literal

    accounts = max(lines // LINES_AN_ACCOUNT, 1)

    def copy(query: str, name: str) -> None:
        connection.execute(
            f"COPY ({query}) TO {literal(folder / name)} "
            f"(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE {ROWS_IN_A_GROUP})"
        )

    with duck() as connection:
        for number, first in enumerate(range(0, lines, IN_A_FILE), 1):
            last = min(first + IN_A_FILE, lines)
            copy(f"{lines_sql(first, last, accounts, number)} {BY}", f"lines-{number:03}.parquet")
            every_tenth = f"i::BIGINT AS file_row FROM range({first}, {last}, 10) t(i)"
            copy(f"SELECT {number}::INTEGER AS import_id, {every_tenth}", f"replaced-{number:03}.parquet")
        tenth = f"SELECT * FROM ({lines_sql(0, lines, accounts, 999)}) WHERE file_row % 10 = 0"
        copy(f"{tenth} {BY}", "newer.parquet")
        keys = f"'C' || i AS customer, i::BIGINT AS account_id FROM range({accounts + 1}) t(i)"
        copy(f"SELECT 1::INTEGER AS source_id, {keys}", "whose.parquet")
        nothing = "SELECT 1::INTEGER AS source_id, 'P' AS product, '' AS product_family"
        copy(nothing, "families.parquet")


def asked(folder: Path, question: str) -> dict[str, Any]:
    """Processor and wall seconds of one question in this process, its rows, and the most memory it held."""
    from changqing.ledger.engines import OnDuckDB
    from changqing.ledger.segments import duck
    from changqing.ledger.summaries import FAMILIES, LINES, REPLACED, WHOSE, Shape, summary

    if question == "pandas and lifetimes":
        return _measured(lambda: _by_pandas(folder))
    whole, superseded = sorted(folder.glob("lines-*.parquet")), "superseded" in question
    with duck() as connection:
        engine = OnDuckDB(connection, folder)
        engine.call("whose", [folder / "whose.parquet"], WHOSE)
        engine.call("families", [folder / "families.parquet"], FAMILIES)
        engine.call("whole", [folder / "newer.parquet"] if superseded else whole, LINES)
        if superseded:
            engine.call("partly", whole, LINES)
            engine.call("replaced", sorted(folder.glob("replaced-*.parquet")), REPLACED)
        if question == "bare scan":
            largest = ", ".join(f"max({column})" for column in SCANNED)
            return _measured(lambda: connection.sql(f"SELECT {largest} FROM whole").to_arrow_table().num_rows)
        shape = Shape(whole=True, partly=superseded, by_many_keys=False, last_rate=None, currency="CNY")
        name = question.partition(",")[0]
        expression = summary(name, shape, as_of=AS_OF)
        # what compiles it is loaded before the clock starts, as in a server that has answered before
        engine.rows(expression.limit(0))
        return _measured(lambda: engine.rows(expression).num_rows)


def _by_pandas(folder: Path) -> int:
    import pandas as pd
    from lifetimes.utils import summary_data_from_transaction_data

    columns = ["customer", "date", "amount"]
    frame = pd.concat([pd.read_parquet(path, columns=columns) for path in sorted(folder.glob("lines-*"))])
    frame["amount"] = frame["amount"].astype(float)
    found = summary_data_from_transaction_data(
        frame, "customer", "date", monetary_value_col="amount", observation_period_end=AS_OF
    )
    return len(found)


def _measured(act: Any) -> dict[str, Any]:
    cpu, wall = time.process_time(), time.perf_counter()
    rows = act()
    return {
        "cpu": time.process_time() - cpu,
        "wall": time.perf_counter() - wall,
        "rows": rows,
        "gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
    }


def set_up() -> None:
    """The product's settings, for its bounds of memory and threads; no database is asked."""
    import django

    os.environ.setdefault("CHANGQING_SECRET_KEY", "none")
    os.environ.setdefault("DATABASE_URL", "postgresql://localhost/none")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "changqing.settings")
    django.setup()


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("--lines", type=int, default=10_000_000)
    ask.add_argument("--pandas", action=argparse.BooleanOptionalAction, default=None)
    ask.add_argument("--questions", nargs="*", default=QUESTIONS, choices=QUESTIONS, metavar="QUESTION")
    ask.add_argument("--times", type=int, default=3, help="turns of each question; the best is told")
    ask.add_argument("--into", type=Path, help="keep the files in this folder, or ask those that lie there")
    ask.add_argument("--one", help=argparse.SUPPRESS)
    ask.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    words = ask.parse_args()
    if words.one:
        set_up()
        print(json.dumps(asked(words.folder, words.one)))
        return
    with tempfile.TemporaryDirectory(prefix="bench-summaries-") as passing:
        folder = words.into or Path(passing)
        folder.mkdir(parents=True, exist_ok=True)
        os.environ["CHANGQING_DATA"] = str(folder)
        set_up()
        if not (folder / "families.parquet").exists():
            written(folder, words.lines)
        size = sum(path.stat().st_size for path in folder.glob("lines-*")) / 2**20
        print(f"{words.lines:,} lines, {size:,.0f} MB on disk\n")
        print("| question | CPU-s | wall s | × bare scan | rows | most GB |")
        print("| --- | ---: | ---: | ---: | ---: | ---: |")
        beside = words.pandas if words.pandas is not None else words.lines <= IN_A_FILE
        scan = None
        for question in (*words.questions, *(["pandas and lifetimes"] if beside else [])):
            turns = [_in_a_process(folder, question) for _turn in range(words.times)]
            told = {name: min(turn[name] for turn in turns) for name in ("cpu", "wall", "rows")}
            told["gb"] = max(turn["gb"] for turn in turns)
            scan = scan or told["cpu"]
            print(
                f"| {question} | {told['cpu']:.2f} | {told['wall']:.2f} | {told['cpu'] / scan:.1f} "
                f"| {told['rows']:,} | {told['gb']:.2f} |",
                flush=True,
            )


def _in_a_process(folder: Path, question: str) -> dict[str, Any]:
    command = [sys.executable, "-W", "ignore", __file__, "--one", question, "--folder", str(folder)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise SystemExit(ran.stderr)
    told: dict[str, Any] = json.loads(ran.stdout)
    return told


if __name__ == "__main__":
    main()
