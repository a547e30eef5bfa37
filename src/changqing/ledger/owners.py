"""Whose lines they are: accounts and products as the books in force speak of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa
from django.db import connection as database

from changqing.accounts.actions import (
    BLANK,
    FROM_BOOKS,
    BookEntry,
    create_from_books,
    reserve_ids,
    set_parents_from_books,
    update_from_books,
    withdraw,
)
from changqing.accounts.models import Account
from changqing.accounts.rules import in_a_circle
from changqing.base.bulk import columns_from, copy_columns, uncollected
from changqing.ledger.models import CustomerKey, ExchangeRate, FileKind, Import, Product, Segment, Source
from changqing.ledger.queries import IN_FORCE, fetched, standing
from changqing.ledger.rollups import refresh_all
from changqing.ledger.segments import Standing, duck, files, literal

BATCH = 5_000
KINDS_OF_ACCOUNTS = frozenset(Account.Kind.values)
# The source whose customer keys are our account keys as they stand; others carry their source's name.
DEFAULT_SOURCE = "erp"
# Which column of a kind's lines names the customer, or the thing itself.
OWNER: dict[str, str] = dict.fromkeys(FileKind.values, "customer") | {
    FileKind.ACCOUNTS.value: "key",
    FileKind.PRODUCTS.value: "key",
    FileKind.RATES.value: "key",
}
# Kinds that speak of no customer.
OF_NOBODY = (FileKind.PRODUCTS, FileKind.RATES)


@dataclass(frozen=True)
class Made:
    """The accounts that an import was the first to name.

    ``circles``: keys of those whose parents form a circle; they have none. ``told_whole``: all that the
    books say of them is in them, their parents too.
    """

    accounts: frozenset[int] = frozenset()
    circles: tuple[str, ...] = ()
    told_whole: bool = False


NOBODY_MADE = Made()


def accounts_of(source: Source, owners: Collection[str]) -> set[int]:
    found = columns_from(
        f"SELECT DISTINCT account_id FROM {CustomerKey._meta.db_table} "
        "WHERE source_id = %s AND key = ANY(%s)",
        [source.pk, list(owners)],
        {"account_id": pa.int64()},
    )
    return set(found["account_id"].to_pylist())


def _known(source: Source, keys: Collection[str]) -> dict[str, int]:
    """Whose accounts ``keys`` of ``source`` are, as far as somebody is known for them."""
    # one array, not a placeholder each: a file may name a hundred thousand
    with database.cursor() as cursor:
        cursor.execute(
            f"SELECT key, account_id FROM {CustomerKey._meta.db_table} "
            "WHERE source_id = %s AND key = ANY(%s)",
            [source.pk, list(keys)],
        )
        return dict(cursor.fetchall())


def _taken(keys: Collection[str]) -> set[str]:
    """Which of ``keys`` are those of accounts."""
    with database.cursor() as cursor:
        cursor.execute(f"SELECT key FROM {Account._meta.db_table} WHERE key = ANY(%s)", [list(keys)])
        return {row[0] for row in cursor.fetchall()}


def make_accounts(entry: Import, connection: duckdb.DuckDBPyConnection) -> Made:
    """Accounts for the customers of ``entry`` that nobody is known for; withdrawn ones come back."""
    owner = OWNER[entry.kind]
    named = fetched(connection, f'SELECT DISTINCT "{owner}" FROM new_lines ORDER BY 1')
    with uncollected():
        have = _known(entry.source, named)
        unknown = [key for key in named if key not in have]
        made = _made(entry, connection, unknown, are_all=not have) if unknown else NOBODY_MADE
    _bring_back(entry.source, list(have))
    return made


def _made(
    entry: Import, connection: duckdb.DuckDBPyConnection, unknown: Sequence[str], *, are_all: bool
) -> Made:
    """Accounts for ``unknown``; ``are_all``: the file names nobody else."""
    taken = _taken(unknown)
    ours = entry.source.code == DEFAULT_SOURCE
    free = [key if ours and key not in taken else f"{entry.source.code}:{key}" for key in unknown]
    above = _parents_named(entry, connection)
    ids = reserve_ids(count=len(unknown))
    parents: dict[int, int] = {}
    # a file that speaks of known accounts too may close a circle through them: that is looked at afterwards
    told_whole = are_all and entry.kind == FileKind.ACCOUNTS
    if told_whole:
        pk_of = dict(zip(unknown, ids, strict=True))
        known = _known(entry.source, set(above.values()) - pk_of.keys()) | pk_of
        parents = {pk_of[key]: known[parent] for key, parent in above.items() if parent in known}
    ring = in_a_circle(parents)
    create_from_books(
        entries=(
            BookEntry(key=new, fields=said, parent=None if pk in ring else parents.get(pk))
            for said, new, pk in zip(_first_words(entry, connection, unknown), free, ids, strict=True)
        ),
        department=entry.department,
        ids=ids,
    )
    _note_keys(entry.source, unknown, ids)
    circles = sorted(new for new, pk in zip(free, ids, strict=True) if pk in ring)
    return Made(frozenset(ids), tuple(circles), told_whole)


def _note_keys(source: Source, keys: Sequence[str], accounts: Sequence[int]) -> None:
    """``keys`` of ``source`` are ``accounts``, which were made for them."""
    whose = {
        "source_id": pa.repeat(pa.scalar(source.pk, pa.int64()), len(keys)),
        "key": pa.array(keys, pa.string()),
        "account_id": pa.array(accounts, pa.int64()),
        "made_id": pa.array(accounts, pa.int64()),
    }
    copy_columns(CustomerKey._meta.db_table, pa.table(whose))


def _first_words(
    entry: Import, connection: duckdb.DuckDBPyConnection, keys: Sequence[str]
) -> Iterator[dict[str, str]]:
    """What the file that names customers first says of each of ``keys``, which are in order: fields, or the
    name beside the number."""
    if entry.kind == FileKind.ACCOUNTS:
        there = {row[0] for row in connection.execute("DESCRIBE new_lines").fetchall()}
        names = [name for name in FROM_BOOKS if name in there]
        # where a file says it twice its last word counts
        rows = f"SELECT {', '.join(['key', *names])} FROM new_lines ORDER BY key, file_row"
    else:
        names = ["name"]
        rows = (
            "SELECT customer, any_value(customer_name) FROM new_lines "
            "WHERE customer_name IS NOT NULL GROUP BY 1 ORDER BY 1"
        )
    told = _one_a_key(connection.execute(rows))
    last: tuple[Any, ...] | None = next(told, None)
    for key in keys:
        while last and last[0] < key:
            last = next(told, None)
        said: dict[str, str] = {}
        if last and last[0] == key:
            said = {name: value for name, value in zip(names, last[1:], strict=True) if value}
        yield _known_kind(said) if "kind" in said else said


def _one_a_key(rows: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    """The last of the rows that begin with one key, where those stand together."""
    before: tuple[Any, ...] | None = None
    while some := rows.fetchmany(BATCH):
        for row in some:
            if before and before[0] != row[0]:
                yield before
            before = row
    if before:
        yield before


def _parents_named(entry: Import, connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Keys of accounts and of the ones that their file hangs them below."""
    there = {row[0] for row in connection.execute("DESCRIBE new_lines").fetchall()}
    if entry.kind != FileKind.ACCOUNTS or "parent" not in there:
        return {}
    rows = connection.execute("SELECT key, parent FROM new_lines WHERE parent <> '' ORDER BY file_row")
    return dict(rows.fetchall())


def _fields(row: Mapping[str, Any]) -> dict[str, str]:
    """What a row of an account file says, in the archive's words."""
    return _known_kind({name: row[name] for name in FROM_BOOKS if row.get(name)})


def _known_kind(said: dict[str, str]) -> dict[str, str]:
    """``said`` without a kind of account that there is none of."""
    if said.get("kind") not in KINDS_OF_ACCOUNTS:
        said.pop("kind", None)
    return said


def _bring_back(source: Source, keys: Collection[str]) -> None:
    account, customer = Account._meta.db_table, CustomerKey._meta.db_table
    with database.cursor() as cursor:
        cursor.execute(
            f"SELECT a.id FROM {customer} k JOIN {account} a ON a.id IN (k.account_id, k.made_id) "
            "WHERE k.source_id = %s AND k.key = ANY(%s) AND a.withdrawn",
            [source.pk, list(keys)],
        )
        back = {row[0] for row in cursor.fetchall()}
    if back:
        withdraw(accounts=back, withdrawn=False)


def settle_accounts(entry: Import, connection: duckdb.DuckDBPyConnection) -> None:
    """After a switch: accounts that no import in force speaks of are withdrawn, the others are there."""
    standing_ones, lonely = _by_the_books(entry, connection)
    withdraw(accounts=standing_ones, withdrawn=False)
    withdraw(accounts=lonely, withdrawn=True)


def left_without_books(entry: Import, connection: duckdb.DuckDBPyConnection, *, switched: int) -> set[int]:
    """The accounts that are there and would be withdrawn if the import of that id were switched."""
    _standing, lonely = _by_the_books(entry, connection, switched=switched)
    return set(Account.objects.filter(pk__in=lonely, withdrawn=False).values_list("pk", flat=True))


def _by_the_books(
    entry: Import, connection: duckdb.DuckDBPyConnection, *, switched: int | None = None
) -> tuple[set[int], set[int]]:
    """Of the accounts ``entry`` names: those that an import in force speaks of, and those that none does."""
    owner = OWNER[entry.kind]
    paths = list(entry.segments.filter(holds=Segment.Holds.LINES).values_list("path", flat=True))
    concerned = {
        row[0] for row in connection.execute(f'SELECT DISTINCT "{owner}" FROM {files(paths)}').fetchall()
    }
    table, pair = CustomerKey._meta.db_table, {"account_id": pa.int64(), "made_id": pa.int64()}
    own = columns_from(
        f"SELECT account_id, made_id FROM {table} WHERE source_id = %s AND key = ANY(%s)",
        [entry.source_id, list(concerned)],
        pair,
    )
    candidates = {each for column in own.columns for each in column.to_pylist() if each}
    found = columns_from(
        f"SELECT source_id, key, account_id, made_id FROM {table} "
        "WHERE account_id = ANY(%s) OR (made_id = ANY(%s) AND made_id <> account_id)",
        [list(candidates)] * 2,
        {"source_id": pa.int64(), "key": pa.string()} | pair,
    )
    rows = list(zip(*(column.to_pylist() for column in found.columns), strict=True))
    spoken_of = _spoken_of(connection, {row[0] for row in rows}, switched)
    standing_ones = {
        account for source, key, *pair in rows if (source, key) in spoken_of for account in pair if account
    }
    return candidates & standing_ones, candidates - standing_ones


def _spoken_of(
    connection: duckdb.DuckDBPyConnection, sources: Collection[int], switched: int | None
) -> set[tuple[int, str]]:
    """(source, customer key) that any import in force names, replaced or not."""
    found: set[tuple[int, str]] = set()
    counting = set(Import.objects.filter(state=IN_FORCE, source__in=sources).values_list("pk", flat=True))
    if switched is not None:
        counting ^= {switched}
    held = Segment.objects.filter(owner__in=counting, holds=Segment.Holds.LINES, rows__gt=0).exclude(
        owner__kind__in=OF_NOBODY
    )
    by_kind: dict[str, list[str]] = defaultdict(list)
    for kind, path in held.values_list("owner__kind", "path"):
        by_kind[kind].append(path)
    for kind, paths in by_kind.items():
        query = f'SELECT DISTINCT source_id, "{OWNER[kind]}" FROM {files(paths)}'
        found.update((source, key) for source, key in connection.execute(query).fetchall())
    return found


def names_customers(entry: Import, connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether ``entry``, or a file it replaces, gives customers' names beside their numbers."""
    said_by = {entry.pk, *entry.replaces.values_list("older_id", flat=True)}
    held = Segment.objects.filter(owner__in=said_by, holds=Segment.Holds.LINES, rows__gt=0)
    paths = list(held.values_list("path", flat=True))
    return (
        bool(fetched(connection, f"SELECT count(customer_name) > 0 FROM {files(paths)}")[0])
        if paths
        else False
    )


def say_of_accounts(
    connection: duckdb.DuckDBPyConnection, accounts: Collection[int], *, made: Collection[int] = frozenset()
) -> list[str]:
    """Bring what the account files in force say, or the name on the newest line, into ``accounts``.

    ``made``: those that were made just now of the only rows that speak of them; they lack but their parents.
    Returns the keys of accounts whose parents form a circle; those keep the parent they had.
    """
    if not accounts:
        return []
    rows = CustomerKey.objects.filter(account__in=accounts)
    keys = rows.values_list("source_id", "key", "account_id", "made_id")
    mine = {(source, key): account for source, key, account, by in keys if by in (None, account)}
    known = {owner: account for owner, account in mine.items() if account not in made}
    named = Account.objects.filter(pk__in=set(known.values())).values_list("pk", "key")
    said = {account: {**BLANK, "name": key} for account, key in named}
    for owner, name in _names_on_lines(connection, known).items():
        said[known[owner]]["name"] = name
    above: dict[int, tuple[int, str]] = {}
    for row in _rows_of(connection, standing(FileKind.ACCOUNTS), mine):
        account = mine[row["source_id"], row["key"]]
        if account in said:
            said[account].update(_fields(row))
        if row.get("parent"):
            above[account] = row["source_id"], row["parent"]
    update_from_books(said=said)
    ring = set_parents_from_books(parents=_parents({*said, *above}, above))
    return list(Account.objects.filter(pk__in=ring).order_by("key").values_list("key", flat=True))


def _parents(accounts: Iterable[int], above: Mapping[int, tuple[int, str]]) -> dict[int, int | None]:
    """Child → parent for ``accounts``; ``above`` names parents by source and key."""
    wanted = CustomerKey.objects.filter(key__in={key for _source, key in above.values()})
    known = {(source, key): pk for source, key, pk in wanted.values_list("source_id", "key", "account_id")}
    return {account: known.get(above[account]) if account in above else None for account in accounts}


def _rows_of(
    connection: duckdb.DuckDBPyConnection, rows: Standing, keys: Iterable[tuple[int, str]]
) -> list[dict[str, Any]]:
    """The lines of ``rows`` for ``keys`` (source, key), by column name, in the order of their files."""
    if not rows:
        return []
    connection.register("mine", _keys_table(keys))
    found = connection.execute(
        f"SELECT r.* FROM {rows.sql()} r JOIN mine USING (source_id, key) ORDER BY r.import_id, r.file_row"
    )
    names = [column[0] for column in found.description]
    return [dict(zip(names, values, strict=True)) for values in found.fetchall()]


def _keys_table(keys: Iterable[tuple[int, str]]) -> Any:
    listed = list(keys)
    return pa.table(
        {
            "source_id": pa.array([source for source, _key in listed], pa.int32()),
            "key": pa.array([key for _source, key in listed], pa.string()),
        }
    )


def _names_on_lines(
    connection: duckdb.DuckDBPyConnection, keys: Collection[tuple[int, str]]
) -> dict[tuple[int, str], str]:
    """The customer name on the newest order line in force, where the files give one."""
    rows = standing(FileKind.ORDERS)
    if not rows:
        return {}
    connection.register("mine", _keys_table(keys))
    found = connection.execute(
        "SELECT l.source_id, l.customer, arg_max(l.customer_name, (l.date, l.customer_name)) "
        f"FROM {rows.sql()} l JOIN mine m ON l.source_id = m.source_id AND l.customer = m.key "
        "WHERE l.customer_name IS NOT NULL GROUP BY 1, 2"
    ).fetchall()
    return {(source, key): name for source, key, name in found}


def say_of_products(entry: Import, connection: duckdb.DuckDBPyConnection, keys: Collection[str]) -> set[int]:
    """Bring what the product files in force say of ``keys`` into the products; whose lines that moves."""
    before = dict(Product.objects.filter(source=entry.source, key__in=keys).values_list("key", "family"))
    said: dict[str, Product] = {}
    pairs = ((entry.source_id, key) for key in keys)
    for row in _rows_of(connection, standing(FileKind.PRODUCTS, source=entry.source), pairs):
        said[row["key"]] = Product(
            source=entry.source,
            key=row["key"],
            name=row.get("name") or "",
            family=row.get("family") or "",
            subfamily=row.get("subfamily") or "",
            unit_cost=row.get("unit_cost"),
        )
    Product.objects.bulk_create(
        said.values(),
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["source", "key"],
        update_fields=["name", "family", "subfamily", "unit_cost"],
    )
    Product.objects.filter(source=entry.source, key__in=[key for key in keys if key not in said]).delete()
    moved = [key for key in keys if before.get(key, "") != (said[key].family if key in said else "")]
    return buyers_of(entry.source, connection, moved)


def say_of_rates(entry: Import, connection: duckdb.DuckDBPyConnection, keys: Collection[str]) -> set[int]:
    """Bring what the rate files in force say of the currencies of ``keys`` into the rates; whose lines move.

    A key is a currency and a day. A rate holds until the next one, so only lines from that day on can move.
    """
    since = _first_days(keys)
    ExchangeRate.objects.filter(currency__in=since).delete()
    ExchangeRate.objects.bulk_create(
        (
            ExchangeRate(currency=row[0], day=row[1], rate=row[2], said_by=row[3])
            for row in rates_said(connection, since)
        ),
        batch_size=BATCH,
    )
    return buyers_at_rates(connection, keys)


def _first_days(keys: Collection[str]) -> dict[str, date]:
    since: dict[str, date] = {}
    for key in keys:
        currency, day = key.split(" ")
        since[currency] = min(since.get(currency, date.max), date.fromisoformat(day))
    return since


def buyers_at_rates(connection: duckdb.DuckDBPyConnection, keys: Collection[str]) -> set[int]:
    """The accounts with order lines that the rates of ``keys`` (currency and day) can move."""
    since, rows = _first_days(keys), standing(FileKind.ORDERS)
    if not rows or not since:
        return set()
    named = " OR ".join(
        f"(currency = {literal(code)} AND date >= DATE '{day}')" for code, day in since.items()
    )
    found = connection.execute(
        f"SELECT DISTINCT source_id, customer FROM {rows.sql()} WHERE {named}"
    ).fetchall()
    buyers: dict[int, list[str]] = defaultdict(list)
    for source, customer in found:
        buyers[source].append(customer)
    owned = [
        CustomerKey.objects.filter(source=source, key__in=those).values_list("account_id", flat=True)
        for source, those in buyers.items()
    ]
    return {account for accounts in owned for account in accounts}


def rates_said(
    connection: duckdb.DuckDBPyConnection, currencies: Collection[str] | None = None
) -> list[tuple[str, date, Decimal, str]]:
    """What the rate files in force say; where several sources name one day, the newest import counts."""
    rows = standing(FileKind.RATES)
    if not rows:
        return []
    numbers = Import.objects.filter(state=IN_FORCE, kind=FileKind.RATES).values_list("pk", "number")
    said = pa.table({"import_id": [pk for pk, _n in numbers], "number": [number for _pk, number in numbers]})
    connection.register("number_of_import", said)
    found = connection.execute(
        "SELECT currency, date, arg_max(rate, number), coalesce(arg_max(said_by, number), '') "
        f"FROM {rows.sql()} JOIN number_of_import USING (import_id) GROUP BY ALL ORDER BY 1, 2"
    ).fetchall()
    return [row for row in found if currencies is None or row[0] in currencies]


def buyers_of(source: Source, connection: duckdb.DuckDBPyConnection, products: Collection[str]) -> set[int]:
    rows = standing(FileKind.ORDERS, source=source)
    if not rows or not products:
        return set()
    connection.register("moved", _keys_table((source.pk, key) for key in products))
    found = connection.execute(
        f"SELECT DISTINCT customer FROM {rows.sql()} l JOIN moved m ON l.product = m.key"
    ).fetchall()
    return accounts_of(source, {row[0] for row in found})


def move_customers(*, of: int, to: int) -> list[int]:
    """Whatever sources call account ``of`` is ``to`` from now on; the ids of those customers."""
    ids = list(CustomerKey.objects.filter(account=of).values_list("pk", flat=True))
    if ids:
        CustomerKey.objects.filter(pk__in=ids).update(account=to)
        with duck() as connection:
            refresh_all(connection, {of, to})
    return ids


def move_customers_back(*, ids: Sequence[int], of: int, to: int) -> None:
    """Those customers of ``ids`` that are still ``of``'s are ``to`` again, as the books say of both."""
    CustomerKey.objects.filter(pk__in=ids, account=of).update(account=to)
    with duck() as connection:
        refresh_all(connection, {of, to})
        say_of_accounts(connection, {of, to})
