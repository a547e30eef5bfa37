"""An importer that is killed in the middle of a long query does not keep the next one waiting."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
from django.db import connection

KEY = 0x0C4A_0042
ASKER = """
import psycopg, sys
with psycopg.connect(sys.argv[1], options=sys.argv[2]) as connection:
    connection.execute("SELECT pg_advisory_lock(%s)", [int(sys.argv[3])])
    print("locked", flush=True)
    connection.execute("SELECT pg_sleep(120)")
"""


@pytest.mark.django_db(transaction=True)
def test_a_query_whose_asker_was_killed_lets_go_of_its_locks() -> None:
    with connection.cursor() as cursor:
        told = connection.connection.info
        address = f"host={told.host} port={told.port} dbname={told.dbname} user={told.user}"
        if told.password:
            address += f" password={told.password}"
        options = str(connection.settings_dict["OPTIONS"]["options"])
        words = [sys.executable, "-c", ASKER, address, options, str(KEY)]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as asker:
            assert asker.stdout is not None and asker.stdout.readline() == "locked\n"
            time.sleep(0.5)
            asker.kill()
        began = time.monotonic()
        while not _is_free(cursor):
            assert time.monotonic() - began < 20, "the lock of a dead importer still stands"
            time.sleep(0.2)


def _is_free(cursor: object) -> bool:
    cursor.execute("SELECT pg_try_advisory_lock(%s)", [KEY])  # type: ignore[attr-defined]
    return bool(cursor.fetchone()[0])  # type: ignore[attr-defined]
