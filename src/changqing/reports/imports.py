"""The imports: what each did to the book, and what is on its way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.conf import settings

from changqing.ledger.intake import notes_of
from changqing.ledger.queries import (
    ON_ITS_WAY,
    SWITCHING,
    Import,
    imports,
    imports_worked_on,
    told_of_work,
)
from changqing.people.permissions import Principal, may

PER_PAGE = 30


@dataclass(frozen=True, kw_only=True)
class Deed:
    """One import and what it did, in rows and in the book's currency; None where it did nothing yet."""

    entry: Import
    came: int
    changed: int
    went: int
    same: int
    refused: int
    money: Decimal | None
    accounts_made: int
    accounts_touched: int
    notes: list[str]
    columns: list[str]
    days: tuple[str, ...]
    can_undo: bool
    can_redo: bool

    @property
    def is_switching(self) -> bool:
        """Whether it is being undone or redone."""
        return self.entry.step in SWITCHING

    @property
    def is_on_its_way(self) -> bool:
        return self.entry.state in ON_ITS_WAY or self.is_switching

    @property
    def done(self) -> int:
        return 0 if self.is_switching else self.entry.rows_done

    def seconds_left(self, now: datetime) -> int | None:
        """How long the step under way lasts at the pace so far; None where that cannot be told."""
        began = self.entry.began_at
        if began is None or not self.done or self.total <= self.done or self.entry.step != "reading":
            return None
        return max(1, round((now - began).total_seconds() * (self.total - self.done) / self.done))

    def seconds_gone(self, now: datetime) -> int | None:
        return None if self.entry.began_at is None else int((now - self.entry.began_at).total_seconds())

    @property
    def total(self) -> int:
        """Rows that the work under way goes through; 0 when it does not count them."""
        return 0 if self.is_switching else self.entry.rows_total


@dataclass(frozen=True, kw_only=True)
class ImportList:
    deeds: list[Deed]
    total: int
    in_force: int
    page: int
    pages: int
    currency: str
    may_bring_in: bool

    @property
    def running(self) -> list[Deed]:
        return [deed for deed in self.deeds if deed.is_on_its_way]


def import_list(to: Principal, *, page: int = 1) -> ImportList:
    """One page of the imports, newest first; Refused for who may not see imports."""
    rows = imports(to)
    total = rows.count()
    pages = max(1, -(-total // PER_PAGE))
    page = min(max(page, 1), pages)
    may_bring_in = may(to, "bring in files")
    shown = rows[(page - 1) * PER_PAGE : page * PER_PAGE]
    return ImportList(
        deeds=[_deed(entry, may_bring_in) for entry in shown],
        total=total,
        in_force=rows.filter(state=Import.State.IN_FORCE).count(),
        page=page,
        pages=pages,
        currency=settings.BOOK_CURRENCY,
        may_bring_in=may_bring_in,
    )


def running_imports(to: Principal) -> list[Deed]:
    """What waits or runs now, the oldest first."""
    rows = imports_worked_on(to)[:PER_PAGE]
    return [_deed(entry, may(to, "bring in files")) for entry in rows]


@dataclass(frozen=True)
class UnderWay:
    """What the frame of a page says of work on files: the oldest one's name and percent, and how many."""

    name: str
    percent: int | None
    count: int


def under_way(to: Principal) -> UnderWay | None:
    """``running_imports`` in a few words, as every page asks it; None where nothing runs."""
    found = told_of_work(to)
    if not found:
        return None
    name, step, done, total = found[0]
    counts = total and step not in SWITCHING
    return UnderWay(name, min(99, 100 * done // total) if counts else None, len(found))


def _deed(entry: Import, may_bring_in: bool) -> Deed:
    told = entry.report
    money = [told.get(f"money_{what}") for what in ("came", "changed", "went")]
    return Deed(
        entry=entry,
        came=told.get("came", 0),
        changed=told.get("changed", 0),
        went=told.get("went", 0),
        same=told.get("same", 0),
        refused=told.get("refused", 0),
        money=sum((Decimal(each) for each in money if each is not None), Decimal(0))
        if "came" in told
        else None,
        accounts_made=told.get("accounts_made", 0),
        accounts_touched=told.get("accounts_touched", 0),
        notes=notes_of(entry),
        columns=list(dict.fromkeys(told.get("columns", {}).values())),
        days=(*told.get("days", []), "", "")[:2],
        can_undo=may_bring_in and entry.state == Import.State.IN_FORCE,
        can_redo=may_bring_in and entry.state == Import.State.UNDONE,
    )
