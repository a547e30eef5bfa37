"""What every test stands on: a data folder of its own, a real PostgreSQL, and the ways in through the doors.

The environment is set before Django reads its settings, so pytest's configuration names no settings module.
Without DATABASE_URL the run starts the embedded PostgreSQL once, for itself and all of xdist's workers.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

import django
import pytest
from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db.backends.postgresql.creation import DatabaseCreation
from django.test import TransactionTestCase
from django.utils import translation
from hypothesis import HealthCheck
from hypothesis import settings as examples

from changqing.machine.folder import DataFolder
from changqing.machine.postgres import Postgres

pytest_plugins = ["mission_report", "pytester"]

# how fast a machine is says nothing about what is right: no example is judged by the clock
examples.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
examples.load_profile("untimed")

# Whoever runs the tests may have asked for no bytecode, but then each of the hundreds of processes that they
# start would compile the whole product again.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# A run never touches the book of whoever runs it; each xdist worker has a folder of its own in the run's.
OWN = Path(tempfile.mkdtemp(prefix="changqing-test-", dir=os.environ.get("CHANGQING_TEST_RUN")))
os.environ.setdefault("CHANGQING_TEST_RUN", str(OWN))
os.environ["CHANGQING_DATA"] = str(OWN / "data")
for left_over in ("CHANGQING_SECRET_KEY", "CHANGQING_BOOK", "CHANGQING_BOOK_URL", "CHANGQING_DEMO_URL"):
    os.environ.pop(left_over, None)


def own_server() -> Postgres | None:
    """The embedded PostgreSQL of this run, where none was given: not started yet, its address known."""
    if os.environ.get("DATABASE_URL"):
        return None
    # what a test writes need not outlive a power cut
    careless = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    server = Postgres(DataFolder(OWN / "server"), settings=careless)
    os.environ["DATABASE_URL"] = os.environ["CHANGQING_TEST_SERVER"] = server.url
    return server


def set_up_django() -> None:
    """Before any other conftest or test imports a table; each xdist worker does it too."""
    if settings.configured:
        raise pytest.UsageError("Django was set up before src/conftest.py: unset DJANGO_SETTINGS_MODULE.")
    os.environ["DJANGO_SETTINGS_MODULE"] = "changqing.settings"
    django.setup()
    del os.environ["DJANGO_SETTINGS_MODULE"]


SERVER = own_server()
set_up_django()

# they name tables
import deaths  # noqa: E402
import emptied  # noqa: E402
import made_once  # noqa: E402
from told_once import ToldOnce  # noqa: E402


def end_in_order(_signal: int, _frame: FrameType | None) -> None:
    """A polite kill ends the run as Ctrl-C does, so that the server is stopped."""
    raise KeyboardInterrupt


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    config.add_cleanup(partial(shutil.rmtree, OWN, ignore_errors=True))
    runs_tests = not (config.option.help or config.option.version or config.option.collectonly)
    if SERVER and runs_tests:
        signal.signal(signal.SIGTERM, end_in_order)
        config.add_cleanup(SERVER.stop)
        SERVER.ensure_running()
        emptied.may_be_emptied_quickly(SERVER.admin_url)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first, so that no worker ends alone; what runs beside is asked last."""
    order = {"long": 0, "beside": 2}
    items.sort(
        key=lambda item: next((order[mark.name] for mark in item.iter_markers() if mark.name in order), 1)
    )


def pytest_collection_finish(session: pytest.Session) -> None:
    """The deaths begin, once for all workers."""
    config = session.config
    is_first = os.environ.get("PYTEST_XDIST_WORKER", "gw0") == "gw0"
    is_wanted = any(item.get_closest_marker("beside") for item in session.items)
    if is_first and is_wanted and not config.option.collectonly:
        config.add_cleanup(deaths.begin())


@pytest.fixture(scope="session")
def making_tables(django_db_blocker: Any) -> Iterator[Callable[[], None]]:
    """The tables are made between the start of this and the call of what it gives."""
    is_shared = "PYTEST_XDIST_WORKER" in os.environ and "CHANGQING_TEST_SERVER" in os.environ
    with ExitStack() as held:
        is_made = not is_shared or held.enter_context(made_once.turn())

        def end() -> None:
            with django_db_blocker.unblock():
                if not is_made:
                    made_once.keep()
            held.close()

        yield end


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, making_tables: Callable[[], None]
) -> Iterator[None]:
    """The last word before the tables are made, and the first that still holds when they go."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseCreation, "_destroy_test_db", emptied.drop)
        yield


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None, django_db_blocker: Any, making_tables: Callable[[], None]
) -> Iterator[None]:
    """Between tests that commit, all tables are emptied; for an append-only one that leave is given here."""
    from django.db import connection

    making_tables()
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        for table in ("changqing_auditline", "changqing_auditseal"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER never_emptied")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", emptied.empty)
        yield


@pytest.fixture(autouse=True)
def nobodys_language() -> None:
    """A test begins in the book's language, whoever's page was asked for last in this thread."""
    translation.deactivate()


@pytest.fixture(scope="session", autouse=True)
def few_rounds() -> Iterator[None]:
    """Passwords are hashed as in the product, in one round instead of a million: a test guesses none."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PBKDF2PasswordHasher, "iterations", 1)
        yield


@pytest.fixture(scope="session")
def told_once(tmp_path_factory: pytest.TempPathFactory) -> ToldOnce:
    """``told_once(teller)``: what ``teller()`` does and gives; from the second time on it is put back."""
    return ToldOnce(tmp_path_factory.mktemp("told-once"))


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """The console door: ``command("portfolio", "--json")`` is ``changqing portfolio --json``."""
    from changqing.cli.main import main

    def run(*words: str) -> Ran:
        capsys.readouterr()
        try:
            code = main([str(word) for word in words])
        except SystemExit as left:
            code = left.code if isinstance(left.code, int) else int(left.code is not None)
        told = capsys.readouterr()
        return Ran(int(code or 0), told.out, told.err)

    return run
