"""A customer key leads to accounts and a source that are there; the database sees to it, once a statement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from changqing.accounts.models import Account
from changqing.ledger.models import CustomerKey, Source

NOBODY = 999_999_999


def _run(sql: str, values: Sequence[Any], on: BaseDatabaseWrapper | None = None) -> None:
    with (on or connection).cursor() as cursor:
        cursor.execute(sql, values)


@pytest.fixture
def key(transactional_db: None) -> CustomerKey:
    account, made = (Account.objects.create(key=key, name=key) for key in ("K1", "K2"))
    source = Source.objects.create(code="keys", name="keys")
    return CustomerKey.objects.create(source=source, key="k", account=account, made=made)


@pytest.mark.parametrize("column", ["account_id", "made_id", "source_id"])
def test_a_key_names_nobody_who_is_not_there(key: CustomerKey, column: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        _run(f"UPDATE changqing_customerkey SET {column} = %s WHERE id = %s", [NOBODY, key.pk])
    values = {"account_id": key.account_id, "made_id": None, "source_id": key.source_id, column: NOBODY}
    with pytest.raises(IntegrityError), transaction.atomic():
        _run(
            f"INSERT INTO changqing_customerkey (key, {', '.join(values)}) VALUES ('n', %s, %s, %s)",
            list(values.values()),
        )
    assert list(CustomerKey.objects.values_list("pk", column)) == [(key.pk, getattr(key, column))]


def test_what_a_key_names_stays(key: CustomerKey) -> None:
    for table, pk in (("account", key.account_id), ("account", key.made_id), ("source", key.source_id)):
        with pytest.raises(IntegrityError), transaction.atomic():
            _run(f"DELETE FROM changqing_{table} WHERE id = %s", [pk])
    key.delete()
    _run("DELETE FROM changqing_account WHERE id = %s", [key.account_id])
    _run("DELETE FROM changqing_source WHERE id = %s", [key.source_id])
    assert list(Account.objects.filter(key__in=["K1", "K2"]).values_list("key", flat=True)) == ["K2"]


def test_nobody_goes_while_a_key_is_on_its_way_to_them(key: CustomerKey) -> None:
    """The one who takes an account away does not see keys that are not committed: it has to wait."""
    late = Account.objects.create(key="K3", name="K3")
    other = connection.copy()
    try:
        with transaction.atomic():
            CustomerKey.objects.create(source=key.source, key="late", account=late)
            _run("SET lock_timeout = '200ms'", [], other)
            with pytest.raises(OperationalError):
                _run("DELETE FROM changqing_account WHERE id = %s", [late.pk], other)
        with pytest.raises(IntegrityError):
            _run("DELETE FROM changqing_account WHERE id = %s", [late.pk], other)
    finally:
        other.close()
