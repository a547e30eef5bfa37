"""Lists: table, pagination, history row, tabs, jump rail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from changqing.web.components.registry import component


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column: ``key`` makes its header a sort link (``?sort=key`` or ``?sort=-key``).

    ``number`` aligns right and sorts the largest first. ``wide`` columns are left out on a phone: give their
    cells the class ``wide`` too, and number cells the class ``num``.
    """

    label: str
    key: str = ""
    number: bool = False
    wide: bool = False
    hint: str = ""


@dataclass(frozen=True)
class Heading:
    column: Column
    sort: str
    direction: Literal["", "ascending", "descending"]


@component("table", block=True)
class Table:
    """A table of links: the content is its ``<tr>`` rows.

    Each row's first link is what Enter opens; J and K walk, X ticks the row's checkbox. ``sort`` is the sort
    in force, ``caption`` is read to those who do not see the screen.
    """

    columns: Sequence[Column]
    caption: str
    sort: str = ""
    walk: bool = True

    @property
    def headings(self) -> list[Heading]:
        return [self._heading(column) for column in self.columns]

    def _heading(self, column: Column) -> Heading:
        falling = f"-{column.key}"
        first, second = (falling, column.key) if column.number else (column.key, falling)
        if not column.key or self.sort not in (column.key, falling):
            return Heading(column, first if column.key else "", "")
        direction: Literal["ascending", "descending"] = "descending" if self.sort == falling else "ascending"
        return Heading(column, second if self.sort == first else first, direction)


@component("pagination")
class Pagination:
    """Which rows are shown of how many, and the way to the others; keeps the other filters of the address."""

    number: int
    pages: int
    total: int
    per_page: int

    @property
    def first(self) -> int:
        return min((self.number - 1) * self.per_page + 1, self.total)

    @property
    def last(self) -> int:
        return min(self.number * self.per_page, self.total)

    @property
    def previous(self) -> int | None:
        return self.number - 1 if self.number > 1 else None

    @property
    def next(self) -> int | None:
        return self.number + 1 if self.number < self.pages else None

    @property
    def near(self) -> list[int | None]:
        """Page numbers to link, None where some are left out: 1 … 4 5 6 … 15."""
        wanted = sorted(
            {1, self.pages, *range(self.number - 1, self.number + 2)} & set(range(1, self.pages + 1))
        )
        shown: list[int | None] = []
        for page in wanted:
            if shown and page - (shown[-1] or 0) > 1:
                shown.append(None)
            shown.append(page)
        return shown


@component("history-row")
class HistoryRow:
    """One past deed: what, when, by whom, with what result. Undone is struck through and offers a way back.

    ``undo_url`` and ``redo_url`` take a POST; ``href`` opens the deed.
    """

    what: str
    when: datetime
    who: str
    result: str = ""
    href: str = ""
    undone: bool = False
    undo_url: str = ""
    redo_url: str = ""


@dataclass(frozen=True, kw_only=True)
class Choice:
    label: str
    url: str
    current: bool = False


@component("segmented")
class Segmented:
    """One of a few: the period of a page, by value or by profit."""

    label: str
    choices: Sequence[Choice]


@component("tabs")
class Tabs:
    """Filters over a list, such as kinds of imports."""

    label: str
    choices: Sequence[Choice]


@dataclass(frozen=True, kw_only=True)
class Section:
    """A section of a long page: its element's id, its name, and a dot where someone must look."""

    id: str
    label: str
    tone: Literal["", "red", "amber", "unknown"] = ""


@component("jump-rail")
class JumpRail:
    """The sections of one scroll, reached by 1–9; stays at the left, on a phone a sideways bar."""

    sections: Sequence[Section]
