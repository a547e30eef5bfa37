"""A new book, one that went the long way, and one that stopped in between all come to the same tables."""

from __future__ import annotations

import re
import secrets
import subprocess
from collections.abc import Iterator

import pytest
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from changqing.machine.cluster import binaries

OLD = "old_book"
# where a book of an older version may have stopped
STOPPED = "0020_inbox"
# a number in each dump, what PostgreSQL names by itself after a column's first name, and the leave that
# src/conftest.py gives
UNLIKE = re.compile(
    r"^\\(?:un)?restrict .*\n| CONSTRAINT \w+_not_null(?= NOT NULL)"
    r"|^ALTER TABLE \S+ DISABLE TRIGGER never_emptied;\n",
    re.MULTILINE,
)


@pytest.fixture
def old(db: None) -> Iterator[BaseDatabaseWrapper]:
    """An empty database beside that of the tests."""
    name = f"test_old_{secrets.token_hex(4)}"
    with connection.creation._nodb_cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute(f'CREATE DATABASE "{name}"')
    beside = connection.copy(alias=OLD)
    beside.settings_dict["NAME"] = name
    connections[OLD] = beside
    try:
        yield beside
    finally:
        beside.close()
        beside.close_pool()  # type: ignore[attr-defined]
        del connections[OLD]
        with connection.creation._nodb_cursor() as cursor:  # type: ignore[attr-defined]
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def migrate(at: BaseDatabaseWrapper) -> int:
    """As ``changqing prepare`` does; how many migrations were applied."""
    executor = MigrationExecutor(at)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    executor.migrate(executor.loader.graph.leaf_nodes())
    return len(plan)


def tables(at: BaseDatabaseWrapper) -> list[str]:
    """All that PostgreSQL would need to make this database's tables again."""
    made = subprocess.run(
        [binaries() / "pg_dump", "--schema-only", "--no-owner", "--no-privileges", _address(at)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [line for line in UNLIKE.sub("", made.stdout).splitlines() if line and not line.startswith("--")]


def _address(at: BaseDatabaseWrapper) -> str:
    with at.cursor() as cursor:
        info = cursor.connection.info
        return f"{info.dsn} password={info.password}" if info.password else str(info.dsn)


def applied(at: BaseDatabaseWrapper) -> set[tuple[str, str]]:
    return set(MigrationRecorder(at).applied_migrations())


@pytest.mark.long
def test_a_book_that_stopped_on_the_long_way_comes_to_the_tables_of_a_new_one(
    old: BaseDatabaseWrapper,
) -> None:
    long_way = MigrationExecutor(old)
    long_way.loader = MigrationLoader(old, replace_migrations=False)
    then = long_way.migrate([("changqing", STOPPED)])
    assert not [name for _app, name in applied(old) if name > STOPPED and name.startswith("00")]
    account = then.apps.get_model("changqing", "Account")
    account.objects.using(OLD).create(key="K1", name="宝钢股份有限公司", pinyin="baogang gufen youxiangongsi")

    assert migrate(old) > 10
    assert tables(old) == tables(connection)
    assert applied(old) == applied(connection)
    with old.cursor() as cursor:
        cursor.execute("SELECT key, core_name, core_sound FROM changqing_account")
        assert cursor.fetchall() == [("K1", "宝钢", "baogang")]

    # as a book finds itself that was up to date when the short way came
    with old.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE name LIKE '%_squashed_%'")
    assert applied(old) < applied(connection)
    assert migrate(old) == 0
    assert applied(old) == applied(connection)

    with old.cursor() as cursor:
        cursor.execute(
            "DROP INDEX account_core_name; ALTER TABLE changqing_note ALTER text SET DEFAULT ''; "
            "ALTER TABLE changqing_note DISABLE TRIGGER pgtrigger_note_change_0a95b"
        )
    assert set(tables(old)) ^ set(tables(connection)) == {
        "CREATE INDEX account_core_name ON public.changqing_account USING btree (core_name);",
        "    text text DEFAULT ''::text NOT NULL,",
        "ALTER TABLE public.changqing_note DISABLE TRIGGER pgtrigger_note_change_0a95b;",
    }, "the comparison sees an index, a default and a trigger"
