"""Whether a book can be served as it is, asked cheaply, says what preparing it would find."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from changqing.cli.running import is_prepared as web_is_prepared
from changqing.journeys.prepare_book import _migrations_on_disk, is_prepared, prepare_book
from changqing.machine.folder import DataFolder
from changqing.people.actions import add_user
from changqing.people.permissions import Operator
from changqing.records.models import MethodVersion
from changqing.value.models import Ranking

pytestmark = pytest.mark.django_db


def test_migrations_are_known_by_name_as_django_knows_them_by_reading() -> None:
    read = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    assert sorted(_migrations_on_disk()) == sorted(read or {})
    assert len({app for app, _name in _migrations_on_disk()}) > 5


def test_a_book_is_prepared_until_a_method_a_migration_an_order_or_the_currency_is_another(
    settings: Any,
) -> None:
    assert not is_prepared(), "no method has been shipped into it"
    assert prepare_book()
    assert is_prepared() and not prepare_book()

    known = MethodVersion.objects.filter(pack="concentration")
    was = known.get().digest
    known.update(digest="0" * 64)
    assert not is_prepared()
    known.update(digest=was)

    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'mfa' RETURNING name")
        names = [name for (name,) in cursor.fetchall()]
    assert names and not is_prepared()
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('mfa', %s, now())",
            [(name,) for name in names],
        )
    assert is_prepared()

    method = known.get()
    ranking = Ranking.objects.create(
        period=Ranking.Period.ALL, is_current=True, method=method, inputs={"currency": "CNY"}, results={}
    )
    settings.BOOK_CURRENCY = "CNY"
    assert is_prepared()
    Ranking.objects.filter(pk=ranking.pk).update(as_of="2025-12-31")
    assert not is_prepared(), "it has no order"


def test_the_web_server_asks_for_the_demo_too_and_tells_whether_there_are_users(
    by: Operator, settings: Any
) -> None:
    folder = DataFolder.from_environment()
    folder.write_state(users=None)
    assert not web_is_prepared()
    assert "users" not in folder.read_state()
    prepare_book()
    assert web_is_prepared()
    assert folder.read_state()["users"] == 0

    settings.BOOK = "demo"
    assert not web_is_prepared(), "an empty demo is still to be told"
    add_user(by=by, username="li", full_name="李", role="executive", password="a long pass phrase")
    assert web_is_prepared(), "somebody works in it"
    assert folder.read_state()["users"] == 1
