"""A query that was written once answers as the ORM would, whatever it is asked of."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.db.models import F, Value
from django.db.models.functions import Concat
from django.test.utils import CaptureQueriesContext

from changqing.accounts.models import Account
from changqing.base.compiled import DAY, NUMBERS, WORD, Compiled
from changqing.people.actions import add_department
from changqing.people.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def book() -> list[Account]:
    owner = User.objects.create_user("mei", None, full_name="梅")
    sales = add_department(name="销售")
    above = Account.objects.create(key="A", name="甲", edited=["name"], owner=owner, department=sales)
    return [above, Account.objects.create(key="B", name="乙 %s ' \ue000", parent=above, tags=["x", "y"])]


def below(account: Any) -> Any:
    rows = Account.objects.filter(parent=account).select_related("owner", "parent__owner")
    return (
        rows.defer("name", "parent__search")
        .annotate(told=Concat(Value("%s "), F("name")))
        .order_by("-pk")[:3]
    )


def by_key(key: Any) -> Any:
    return Account.objects.filter(key=key).select_related("owner", "department", "parent")


def state(row: Any) -> Any:
    """All that an instance holds, and of those it came with."""
    if not hasattr(row, "_state"):
        return row
    with_it = {name: state(one) for name, one in row._state.fields_cache.items()}
    held = {name: value for name, value in row.__dict__.items() if name != "_state"}
    return type(row), held, with_it, row._state.adding, row._state.db


def test_rows_are_those_of_the_orm_to_the_last_field(book: list[Account]) -> None:
    written, keyed = Compiled(below), Compiled(by_key, WORD)
    for asked in (book[0].pk, book[1].pk, 0):
        assert [*map(state, written(asked))] == [*map(state, below(asked))]
    for key in ("A", "B", "'; DROP TABLE x; --", "%s", ""):
        assert [*map(state, keyed(key))] == [*map(state, by_key(key))]
    assert written.model is Account
    held = written(book[0].pk)[0]
    assert (held.parent.owner.full_name, held.told) == ("梅", "%s 乙 %s ' \ue000")


def test_values_come_as_tuples_or_alone_and_what_is_fetched_beside_too(book: list[Account]) -> None:
    told: Any = Compiled(lambda pk: Account.objects.filter(parent=pk).values_list("key", "tags", "edited"))
    keys: Any = Compiled(lambda pk: Account.objects.filter(parent=pk).values_list("key", flat=True))
    assert told(book[0].pk) == [("B", ["x", "y"], [])]
    assert keys(book[0].pk) == ["B"]
    beside: Any = Compiled(lambda pk: Account.objects.filter(pk=pk).prefetch_related("owner"))
    found = beside(book[0].pk)
    with CaptureQueriesContext(connection) as seen:
        assert found[0].owner.full_name == "梅"
    assert not seen.captured_queries


def test_it_may_ask_for_several_things_and_for_many_at_once(book: list[Account]) -> None:
    def write(keys: Any, name: Any, since: Any) -> Any:
        named = Account.objects.filter(pk__among=keys, name=name, created_at__date__gte=since)
        return named.values_list("key", flat=True)

    written: Any = Compiled(write, NUMBERS, WORD, DAY)
    many, today = [each.pk for each in book], book[0].created_at.date()
    for asked in ((many, "甲", today), (many, "乙", today), ([], "甲", today), (many, "甲", date.max)):
        assert written(*asked) == list(write(*asked)), asked
    with pytest.raises(ValueError, match="nothing to put a value into"):
        Compiled(lambda keys, _name: Account.objects.filter(pk__among=keys), NUMBERS, WORD)([1], "甲")


def test_it_is_put_together_once(book: list[Account]) -> None:
    wrote = []

    def write(pk: Any) -> Any:
        wrote.append(pk)
        return Account.objects.filter(pk=pk)

    written = Compiled(write)
    assert [[row.key for row in written(each.pk)] for each in book] == [["A"], ["B"]]
    assert len(wrote) == 1


def test_what_asks_for_nothing_or_gives_other_rows_is_refused(book: list[Account]) -> None:
    with pytest.raises(ValueError, match="nothing to put a value into"):
        Compiled(lambda pk: Account.objects.all())(1)
    with pytest.raises(TypeError, match="ValuesIterable"):
        Compiled(lambda pk: Account.objects.filter(pk=pk).values("key"))(1)
