"""The ledger's DuckDB: one in the process, bounded; what one user of it makes, no other sees."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import duckdb
import pytest

from changqing.base.refused import Refused
from changqing.ledger import segments
from changqing.ledger.segments import duck, files, write


def test_what_one_makes_is_its_own_and_goes_with_it() -> None:
    with duck() as one, duck() as two:
        one.execute("CREATE TEMP TABLE kept AS SELECT 1 AS n")
        one.execute("CREATE TEMP VIEW seen AS SELECT 2 AS n")
        two.execute("CREATE TEMP TABLE kept AS SELECT 3 AS n")
        assert one.execute("SELECT n FROM kept").fetchall() == [(1,)]
        assert two.execute("SELECT n FROM kept").fetchall() == [(3,)]
        with pytest.raises(duckdb.CatalogException):
            two.execute("SELECT n FROM seen")
    with duck() as three:
        for name in ("kept", "seen"):
            with pytest.raises(duckdb.CatalogException):
                three.execute(f"SELECT n FROM {name}")


def test_it_is_bounded_and_fetches_nothing(settings: Any) -> None:
    settings.MEMORY_MB, settings.THREADS = 300, 1
    with duck() as connection:
        said = dict(connection.execute("SELECT name, value FROM duckdb_settings()").fetchall())
    assert (said["memory_limit"], said["threads"]) == ("286.1 MiB", "1")
    assert Path(said["temp_directory"]).parent == Path(settings.FOLDER.path) / "scratch"
    assert {said["autoinstall_known_extensions"], said["autoload_known_extensions"]} == {"false"}


def test_what_does_not_fit_is_refused_in_a_sentence(settings: Any) -> None:
    settings.MEMORY_MB = 20
    with pytest.raises(Refused, match=r"内存上限 20 MB.*CHANGQING_LEDGER_MEMORY_MB"), duck() as connection:
        connection.sql("SELECT list(i) FROM range(9_000_000) t(i)").fetchall()
    settings.MEMORY_MB = 300
    with duck() as connection:
        assert connection.sql("SELECT count(*) FROM range(9)").fetchall() == [(9,)]


def test_a_segment_written_anew_is_read_anew() -> None:
    for number in (1, 2):
        with duck() as connection:
            write(connection, f"SELECT {number} AS n", "test/anew.parquet")
        with duck() as connection:
            assert connection.execute(f"SELECT n FROM {files(['test/anew.parquet'])}").fetchall() == [
                (number,)
            ]


def test_threads_ask_at_once() -> None:
    answers: dict[int, int] = {}

    def ask(number: int) -> None:
        with duck() as connection:
            connection.execute(f"CREATE TEMP TABLE mine AS SELECT * FROM range({number * 1000})")
            answers[number] = connection.execute("SELECT count(*) FROM mine").fetchall()[0][0]

    threads = [threading.Thread(target=ask, args=[number]) for number in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {number: number * 1000 for number in range(1, 9)}


def test_after_a_fatal_error_another_is_opened() -> None:
    with duck():
        before = segments._shared()
    with pytest.raises(duckdb.FatalException), duck():
        raise duckdb.FatalException("invalidated")
    with duck() as connection:
        assert connection.execute("SELECT 1").fetchall() == [(1,)]
    assert segments._shared() is not before
