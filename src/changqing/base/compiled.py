"""Queries that the ORM writes once a process, to be asked again with other values.

To put a query together and to compile it takes the ORM ten times as long as the database takes to answer
it. Of one that is always the same but for the account it is about, the text stays; only that is put in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Model, QuerySet, prefetch_related_objects
from django.db.models.query import FlatValuesListIterable, ModelIterable, ValuesListIterable
from django.db.models.query import get_related_populators as populators_of

Row = TypeVar("Row")
# No row has such a number, word or day, so where they stand in a text the asked ones belong.
NUMBER = -(2**62)
NUMBERS = (NUMBER,)
WORD = "\ue000\ue001"
DAY = date.min
Value = int | str | date | Sequence[int]


@dataclass(frozen=True)
class _Text:
    """What the ORM wrote: the query, its values with the places of the asked ones, how rows are read."""

    sql: str
    values: tuple[Any, ...]
    # where, and which of the asked ones
    places: tuple[tuple[int, int], ...]
    converters: tuple[tuple[int, Any, Any], ...]
    read: Callable[[Sequence[Any]], Any]
    prefetched: tuple[Any, ...]


class Compiled(Generic[Row]):
    """``write(value)`` asked of one value after the other; nothing but ``value`` may make it another query.
    It takes as many values as there are ``stand_ins``, which say of which kind they are.

    What changes from day to day or from reader to reader (today, rights, language) does not belong into it.
    """

    def __init__(self, write: Callable[..., QuerySet[Any, Row]], *stand_ins: Value) -> None:
        self._write, self._stand_ins = write, stand_ins or (NUMBER,)

    @cached_property
    def model(self) -> type[Model]:
        """Whose rows are asked for."""
        model: type[Model] = self._write(*self._stand_ins).model
        return model

    @cached_property
    def _text(self) -> _Text:
        rows = self._write(*self._stand_ins)
        compiler = rows.query.get_compiler(using=DEFAULT_DB_ALIAS)
        sql, values = compiler.as_sql()
        places = tuple(
            (at, which)
            for at, value in enumerate(values)
            for which, stand_in in enumerate(self._stand_ins)
            if (tuple(value) if isinstance(value, list) else value) == stand_in
        )
        if {which for _at, which in places} != set(range(len(self._stand_ins))):
            raise ValueError(f"nothing to put a value into: {sql}")
        converters = compiler.get_converters([each[0] for each in compiler.select])
        return _Text(
            sql=sql,
            values=tuple(values),
            places=places,
            converters=tuple((at, convert, column) for at, (convert, column) in converters.items()),
            read=_reading(rows, compiler),
            prefetched=tuple(rows._prefetch_related_lookups),  # type: ignore[attr-defined]
        )

    def __call__(self, *asked: Value) -> list[Row]:
        """The rows of what is ``asked``, as the query itself would give them."""
        text, values = self._text, list(self._text.values)
        for at, which in text.places:
            values[at] = asked[which]
        with connection.cursor() as cursor:
            cursor.execute(text.sql, values)
            rows = cursor.fetchall()
        found: list[Row] = [text.read(row) for row in _converted(rows, text.converters)]
        if text.prefetched and found:
            prefetch_related_objects(found, *text.prefetched)  # type: ignore[type-var]
        return found


def _converted(rows: list[Any], converters: tuple[tuple[int, Any, Any], ...]) -> Iterator[Sequence[Any]]:
    if not converters:
        yield from rows
        return
    for row in map(list, rows):
        for at, convert, column in converters:
            for each in convert:
                row[at] = each(row[at], column, connection)
        yield row


def _reading(rows: QuerySet[Any, Any], compiler: Any) -> Callable[[Sequence[Any]], Any]:
    """How a row of ``rows`` becomes what they give: an instance with what was selected beside, or values."""
    kind = rows._iterable_class
    if kind is FlatValuesListIterable:
        return lambda row: row[0]
    if kind is ValuesListIterable:
        return tuple
    if kind is not ModelIterable:
        raise TypeError(f"rows of {kind.__name__} are not read here")
    info, columns = compiler.klass_info, compiler.select
    start, stop = info["select_fields"][0], info["select_fields"][-1] + 1
    names = [each[0].target.attname for each in columns[start:stop]]
    beside = populators_of(info, columns, DEFAULT_DB_ALIAS)  # type: ignore[call-arg]
    said = list((compiler.annotation_col_map or {}).items())

    def read(row: Sequence[Any]) -> Any:
        made = info["model"].from_db(DEFAULT_DB_ALIAS, names, row[start:stop])
        for each in beside:
            each.populate(row, made)
        for name, at in said:
            setattr(made, name, row[at])
        return made

    return read
