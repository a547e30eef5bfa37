"""Between tests that commit, the tables that hold rows are emptied; the hundred others are let be.

Django's own way truncates every table, each with its indexes, and has permissions and content types written
anew: half a second, where a test has left rows in twenty tables.
"""

from __future__ import annotations

import psycopg
from django.db import connection, transaction
from django.db.backends.postgresql.creation import DatabaseCreation
from django.test import TransactionTestCase

from changqing.machine import cluster
from told_once import PARAMETER, full_tables, keys, may_write_past_triggers

_usual = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]


def may_be_emptied_quickly(admin_url: str) -> None:
    """Let the application's role of this test server delete rows past their triggers and keys."""
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(f"GRANT SET ON PARAMETER {PARAMETER} TO {cluster.ROLE}")


def empty(case: TransactionTestCase) -> None:
    """In place of ``TransactionTestCase._fixture_teardown``, which does it where this may not."""
    if not may_write_past_triggers():
        return _usual(case)
    with transaction.atomic(), connection.cursor() as cursor:
        # whoever is still writing comes to an end first, as before a truncation
        cursor.execute(f"LOCK TABLE {', '.join(keys())} IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute(f"SET LOCAL {PARAMETER} = replica")
        for table in full_tables():
            cursor.execute(f"DELETE FROM {table}")  # noqa: S608


def drop(made: DatabaseCreation, name: str, verbosity: int) -> None:
    """In place of ``DatabaseCreation._destroy_test_db``: a connection that the pool is just opening for later
    does not keep the database from going."""
    made.connection.close_pool()
    with made._nodb_cursor() as cursor:
        cursor.execute(f"DROP DATABASE {made.connection.ops.quote_name(name)} WITH (FORCE)")
