"""Into the tables what a scoring found: rows whose content changed, and no others, in bulk.

What was said before ends, is replaced, or stays as history; which of them is decided by the database, for
all rows of a table at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from django.db import connection as database
from django.db.models import Model

from changqing.base.bulk import columns_from
from changqing.engine.computable import Integers
from changqing.ledger.loading import load
from changqing.ledger.segments import duck
from changqing.records.queries import method_in_force
from changqing.value.models import AccountRhythm, AccountStanding, AccountWorth, BookFit, JudgementStamp
from changqing.value.rules.score import Scored
from changqing.value.rules.stored import rhythm_columns, standing_columns, worth_columns

# A standing that differs in one of these is another judgement; in the rest, the same one with newer inputs.
JUDGED = ("scheme", "tier", "proposed", "pending", "matrix", "labels")


@dataclass(frozen=True, eq=False)
class Held:
    """What a table says now: accounts in order, and the digest of each one's content."""

    accounts: Integers
    digests: pa.ChunkedArray

    def without(self, kept: Integers) -> list[int]:
        return np.setdiff1d(self.accounts, kept).tolist()


def held(model: type[Model], only: Collection[int] | None) -> Held:
    """The rows of ``model`` that hold now, of all accounts or of ``only`` those."""
    rules, values = [], []
    if model is not AccountRhythm:
        rules.append("is_current")
    if only is not None:
        rules.append("account_id = ANY(%s)")
        values.append(list(only))
    where = f"WHERE {' AND '.join(rules)} " if rules else ""
    found = columns_from(
        f"SELECT account_id, digest FROM {model._meta.db_table} {where}ORDER BY account_id",
        values,
        {"account_id": pa.int64(), "digest": pa.string()},
    )
    return Held(found["account_id"].to_numpy(), found["digest"])


def store(scored: Scored, fit: BookFit, only: Collection[int] | None) -> int:
    """Make the tables say what was ``scored``, of all accounts or of ``only`` those; how many rows changed.

    An account that was not scored has no order lines any more: its judgement ends, and is kept as history.
    """
    JudgementStamp.objects.create()
    changed = 0
    for model in (AccountStanding, AccountWorth, AccountRhythm):
        now = held(model, only)
        _end(model, now.without(scored.accounts), scored.as_of)
        changed += _write[model](scored, fit, now)
    return changed


def forget(only: Collection[int] | None, until: date | None) -> None:
    """End the judgement of ``only`` those accounts, or of all: there is nothing to judge by."""
    JudgementStamp.objects.create()
    for model in (AccountStanding, AccountWorth, AccountRhythm):
        _end(model, held(model, only).accounts.tolist(), until)


def _end(model: type[Model], accounts: list[int], until: date | None) -> None:
    if not accounts:
        return
    table = model._meta.db_table
    with database.cursor() as cursor:
        if model is AccountRhythm:
            cursor.execute(f"DELETE FROM {table} WHERE account_id = ANY(%s)", [accounts])
            return
        also, values = (", until = %s", [until]) if model is AccountStanding else ("", [])
        cursor.execute(
            f"UPDATE {table} SET is_current = false{also} WHERE is_current AND account_id = ANY(%s)",
            [*values, accounts],
        )


@contextmanager
def _unlike(rows: pa.Table, now: Held) -> Iterator[tuple[duckdb.DuckDBPyConnection, Integers, Integers]]:
    """A table ``unlike`` of the ``rows`` that ``now`` does not say, with what is nested in JSON and a digest
    of the content; and their accounts, all of them and those that were in ``now``."""
    said = [
        f"to_json({name}) AS {name}" if pa.types.is_nested(rows.schema.field(name).type) else name
        for name in rows.column_names
    ]
    texts = [f"coalesce({name}::VARCHAR, chr(30))" for name in rows.column_names if name != "account_id"]
    with duck() as connection:
        connection.register("told", rows)
        connection.register("held", pa.table({"account_id": now.accounts, "digest": now.digests}))
        connection.execute(
            "CREATE TEMP TABLE unlike AS SELECT * FROM ("
            f"SELECT *, md5(concat_ws(chr(31), {', '.join(texts)}))[:16] AS digest "
            f"FROM (SELECT {', '.join(said)} FROM told)) t ANTI JOIN held USING (account_id, digest)"
        )
        accounts = connection.execute("SELECT account_id FROM unlike ORDER BY 1").fetchnumpy()["account_id"]
        accounts = np.asarray(accounts, np.int64)
        yield connection, accounts, np.intersect1d(accounts, now.accounts)


def _write_standings(scored: Scored, fit: BookFit, now: Held) -> int:
    """New rows where judgement or inputs changed; of a changed judgement the old row stays."""
    table = AccountStanding._meta.db_table
    rows = standing_columns(scored)
    with _unlike(rows, now) as (connection, accounts, known):
        kept: list[Any] = []
        if known.size:
            kept = _settle_old(connection, table, scored.as_of)
        since = {"account_id": [row[0] for row in kept], "began": [row[1] for row in kept]}
        shape = pa.schema([("account_id", pa.int64()), ("began", pa.date32())])
        connection.register("since", pa.table(since, schema=shape))
        made = {
            "as_of": _day(scored.as_of),
            "since": f"coalesce(began, {_day(scored.as_of)})",
            "fit_id": str(fit.pk),
            "tiers_method_id": str(method_in_force("tiers").pk),
            "worth_method_id": str(method_in_force("worth").pk),
            "is_current": "true",
        }
        _load(connection, table, rows, made, "unlike LEFT JOIN since USING (account_id)")
    return int(accounts.size)


def _settle_old(connection: duckdb.DuckDBPyConnection, table: str, as_of: date) -> list[Any]:
    """End the rows of ``unlike`` whose judgement is another one now; take away the others, and give back
    since when their judgement has held: (account, day)."""
    names = ", ".join(JUDGED)
    texts = ", ".join(f"{name} {'jsonb' if name == 'labels' else 'text'}" for name in JUDGED)
    with database.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE judged (account_id bigint, {texts}) ON COMMIT DROP")
        load(connection, f"SELECT account_id, {names} FROM unlike", "judged", ("account_id", *JUDGED))
        cursor.execute("ANALYZE judged")
        old, new = (", ".join(f"{side}.{name}" for name in JUDGED) for side in ("o", "n"))
        cursor.execute(
            f"UPDATE {table} o SET is_current = false, until = %s FROM judged n "
            f"WHERE o.is_current AND o.account_id = n.account_id AND ({old}) IS DISTINCT FROM ({new})",
            [as_of],
        )
        cursor.execute(
            f"DELETE FROM {table} o USING judged n WHERE o.is_current AND o.account_id = n.account_id "
            "RETURNING o.account_id, o.since"
        )
        kept = cursor.fetchall()
        cursor.execute("DROP TABLE judged")
    return kept


def _write_worths(scored: Scored, fit: BookFit, now: Held) -> int:
    """New rows where anything changed; of each earlier month the last one stays."""
    table = AccountWorth._meta.db_table
    rows = worth_columns(scored)
    with _unlike(rows, now) as (connection, accounts, known):
        if known.size:
            here = "is_current AND account_id = ANY(%s)"
            with database.cursor() as cursor:
                cursor.execute(
                    f"UPDATE {table} SET is_current = false WHERE {here} "
                    "AND date_trunc('month', as_of) <> date_trunc('month', %s::date)",
                    [known.tolist(), scored.as_of],
                )
                cursor.execute(f"DELETE FROM {table} WHERE {here}", [known.tolist()])
        made = {"as_of": _day(scored.as_of), "fit_id": str(fit.pk), "is_current": "true"}
        _load(connection, table, rows, made, "unlike")
    return int(accounts.size)


def _write_rhythms(scored: Scored, fit: BookFit, now: Held) -> int:
    table = AccountRhythm._meta.db_table
    rows = rhythm_columns(scored)
    with _unlike(rows, now) as (connection, accounts, known):
        if known.size:
            with database.cursor() as cursor:
                cursor.execute(f"DELETE FROM {table} WHERE account_id = ANY(%s)", [known.tolist()])
        made = {"as_of": _day(scored.as_of), "fit_id": str(fit.pk)}
        _load(connection, table, rows, made, "unlike")
    return int(accounts.size)


_write = {AccountStanding: _write_standings, AccountWorth: _write_worths, AccountRhythm: _write_rhythms}


def _day(day: date) -> str:
    return f"DATE '{day.isoformat()}'"


def _load(
    connection: duckdb.DuckDBPyConnection, table: str, rows: pa.Table, made: dict[str, str], source: str
) -> None:
    """The columns of ``rows``, their digest and what is ``made`` for all of them, into ``table``."""
    told = [*rows.column_names, "digest"]
    named = ", ".join([*told, *(f"{said} AS {name}" for name, said in made.items())])
    load(connection, f"SELECT {named} FROM {source}", table, (*told, *made))
