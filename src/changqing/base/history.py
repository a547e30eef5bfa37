"""What people edit is noted by the database itself, so that no way of writing can forget it.

``@tracked`` puts a trigger on a model's table: each insert, update and delete leaves one row in
``records.Change`` with what was and what became, and with the deed it belongs to. ``acting`` says who works
and through which door; doors enter it. Books that write a hundred thousand rows at once enter
``by_the_books``: their import is the record.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import pgtrigger
from django.db import connection, models, transaction
from pghistory import runtime
from pghistory.runtime import context

Table = TypeVar("Table", bound=type[models.Model])

BOOKS = "changqing.books"
# Written by the machine to find and sort by, or counted up with each edit: no news to anybody.
NEVER_NEWS = frozenset({"search", "pinyin", "version", "touched_at", "created_at", "made_at", "last_login"})


@dataclass(frozen=True)
class Tracked:
    """How one model is told: ``silent`` fields leave no trace, ``parts`` name fields of another part than
    the model's own (see ``account_part``), ``called`` is its name to people."""

    model: type[models.Model]
    silent: frozenset[str]
    parts: Mapping[str, str] = field(default_factory=dict)
    called: Any = ""

    def part_of(self, name: str) -> str:
        """The part of an account that a reader must be let into to read this field."""
        return str(self.parts.get(name) or getattr(self.model, "account_part", "") or "")


TRACKED: dict[str, Tracked] = {}


def tracked(
    *,
    called: Any = "",
    silent: Collection[str] = (),
    news: Collection[str] = (),
    parts: Mapping[str, str] | None = None,
) -> Callable[[Table], Table]:
    """Note every change of the model below, whoever makes it and however::

        @tracked(called=_("客户"), silent=["password"], parts={"discount_floor": "margin"})
        class Account(models.Model): ...

    Put it on each table whose rows people make or edit, then ``makemigrations``: the trigger is part of the
    migration. ``silent`` fields never reach the history: secrets, and what is derived; ``NEVER_NEWS`` are
    silent everywhere unless named in ``news``. A field that belongs to another part of the account than its
    model is named in ``parts``. Give fields a ``verbose_name``: the timeline speaks it. A model that is not
    tracked is named with its reason in ``base/test_history.py``.
    """

    def register(model: Table) -> Table:
        names = {each.name for each in model._meta.concrete_fields}
        if unknown := {*silent, *news, *(parts or {})} - names:
            raise ValueError(f"{model.__name__} has no field {sorted(unknown)}")
        unseen = (names & NEVER_NEWS) - set(news) | set(silent)
        TRACKED[model.__name__] = Tracked(model, frozenset(unseen), parts or {}, called)
        NoteChange().register(cast(Any, model))
        return model

    return register


class NoteChange(pgtrigger.Trigger):
    """After each row: what was and what became, handed to ``changqing_note_change``."""

    name = "note_change"
    when = pgtrigger.After
    operation = pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete
    # told by the planner before any function is called, so books pay next to nothing
    condition = pgtrigger.Condition(f"current_setting('{BOOKS}', true) IS DISTINCT FROM 'on'")

    def get_func(self, model: Any) -> str:
        # migrations hand in a model of their own, without our attributes
        known = TRACKED[model.__name__]
        silent = sorted(str(known.model._meta.get_field(name).column) for name in known.silent)  # type: ignore[union-attr]
        columns = ", ".join(f"'{column}'" for column in silent)
        less = f" - ARRAY[{columns}]::text[]" if silent else ""
        key = known.model._meta.pk.column
        return (
            f"PERFORM changqing_note_change('{model.__name__}', TG_OP, coalesce(NEW.{key}, OLD.{key})::text, "
            f"{account_of(known.model)}, to_jsonb(OLD){less}, to_jsonb(NEW){less}); RETURN NULL;"
        )


def account_of(model: Any) -> str:
    """SQL for the id of the account that a row of ``model`` belongs to, by its ``account_path``.

    A path that leads through other tables is walked in them as they are now.
    """
    path = getattr(model, "account_path", None)
    if path is None:
        return "NULL"
    first, *further = path.split("__")
    here: Any = model._meta.get_field(first) if first else model._meta.pk
    said = f"coalesce(NEW.{here.column}, OLD.{here.column})"
    for step in further:
        there = here.related_model._meta
        here = there.get_field(step)
        said = f"(SELECT t.{here.column} FROM {there.db_table} t WHERE t.{there.pk.column} = {said})"  # noqa: S608
    return said


@contextmanager
def acting(*, door: str, user: int | None = None, principal: str = "", because: str = "") -> Iterator[None]:
    """Whoever writes in this block is ``user``, or work without a person named ``principal``."""
    said = {"user": user, "principal": principal, "door": door, "because": because}
    with ExitStack() as stack:
        # outside the library's own, so that it meets the statement first
        stack.enter_context(connection.execute_wrapper(_literal_percent))
        stack.enter_context(context(**said))
        yield
    if connection.in_atomic_block and not connection.needs_rollback:
        # a transaction that goes on after the block is nobody's again
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('pghistory.context_metadata', '', true)")


def acts_as(*, user: int | None, principal: str = "", because: str = "") -> None:
    """Who turns out to be working in the block that a door has entered; nothing outside of one."""
    context(user=user, principal=principal, because=because)


def door_in_use() -> str:
    """The door of the block we are in; nothing outside of one."""
    around = getattr(runtime._tracker, "value", None)
    return str(around.metadata.get("door", "")) if around else ""


def _literal_percent(
    execute: Callable[..., Any], sql: Any, params: Any, many: bool, around: dict[str, Any]
) -> Any:
    """A statement without values may hold bare ``%``; the library gives it values, so they are doubled."""
    if params is None and isinstance(sql, str) and "%" in sql:
        return execute(sql.replace("%", "%%"), (), many, around)
    return execute(sql, params, many, around)


@contextmanager
def by_the_books() -> Iterator[None]:
    """What is written in this block is noted by its import alone.

    Bulk writes of books belong here, and nothing that a person types: their row of the catalogue of imports
    says who brought it in, when and what it changed, and undoing it is exact.
    """
    # the word ends with the transaction, or with the savepoint when something fails
    with transaction.atomic():
        _say_books("on")
        yield
        _say_books("off")


def _say_books(word: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, true)", [BOOKS, word])
