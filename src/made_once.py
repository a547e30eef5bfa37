"""One of xdist's workers makes the tables; the others begin with a copy. Not shipped."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection

from changqing.machine.lock import FileLock

COPY = "test_made_once"


@contextmanager
def turn() -> Iterator[bool]:
    """Held by one worker while it makes its tables; whether another made them before."""
    run = Path(os.environ["CHANGQING_TEST_RUN"])
    with FileLock(run / "made-once.turn").held():
        is_made = (run / "made-once").exists()
        # Django copies a database that it finds named here, and then migrates what the copy lacks
        connection.settings_dict["TEST"]["TEMPLATE"] = COPY if is_made else None
        yield is_made
        (run / "made-once").touch()


def keep() -> None:
    """Keep a copy of this worker's tables for the others, before a row is in them."""
    made = connection.settings_dict["NAME"]
    connection.close()
    # nobody may be connected to what is copied
    connection.close_pool()  # type: ignore[attr-defined]
    with connection.creation._nodb_cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{COPY}" TEMPLATE "{made}"')
