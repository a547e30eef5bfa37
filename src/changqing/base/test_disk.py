"""Each that writes says in its own way that the disk is full; here each says it, of /dev/full."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import psycopg
import pytest
from django.db import DatabaseError, connection

from changqing.base.disk import is_full


def of_python() -> None:
    with Path("/dev/full").open("wb", buffering=0) as full:
        full.write(b"a row")


def of_duckdb() -> None:
    with duckdb.connect() as ducks:
        ducks.execute("COPY (SELECT range FROM range(10)) TO '/dev/full' (FORMAT csv)")


def of_postgres() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DO $$BEGIN RAISE EXCEPTION 'full' USING ERRCODE = 'disk_full'; END$$")


@pytest.mark.django_db
@pytest.mark.parametrize("write", [of_python, of_duckdb, of_postgres])
def test_a_full_disk_is_known_whoever_says_so(write: Callable[[], None]) -> None:
    with pytest.raises((OSError, duckdb.Error, DatabaseError)) as caught:
        write()
    assert is_full(caught.value)


def test_nothing_else_is_taken_for_a_full_disk() -> None:
    others = (FileNotFoundError(2, "No such file"), duckdb.IOException("closed"), psycopg.OperationalError())
    assert [is_full(each) for each in others] == [False] * 3
