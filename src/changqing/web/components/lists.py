"""Lists: table, pagination, history row, tabs, jump rail."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from urllib.parse import urlencode

from django.http import HttpRequest, QueryDict
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from changqing.web.components.markup import escaped
from changqing.web.components.registry import component

AT_IT = ' aria-current="true"'


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

    def around(self, slot: str, request: HttpRequest | None = None) -> SafeString:
        sorted_by = _sorted_by(request)
        heads = "".join(_head(head, sorted_by) for head in self.headings)
        return SafeString(
            f'<div class="table-frame"> <table class="list"{" data-walk" if self.walk else ""}> '
            f'<caption class="unseen">{escaped(self.caption)}</caption> '
            f"<thead> <tr> {heads} </tr> </thead> <tbody>{slot}</tbody> </table> </div> "
        )

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


def _sorted_by(request: HttpRequest | None) -> Callable[[str], str]:
    """The address of ``request`` at its first page, in another order."""
    asked = request.GET if request else QueryDict()
    said = [
        (name, "" if name == "sort" else urlencode({name: one}))
        for name, values in asked.lists()
        if name != "page"
        for one in (values if name != "sort" else [""])
    ]
    if "sort" not in asked:
        said.append(("sort", ""))
    parts = [(name == "sort", text) for name, text in said]
    return lambda sort: "?" + "&".join(urlencode({"sort": sort}) if here else text for here, text in parts)


def _head(head: Heading, sorted_by: Callable[[str], str]) -> str:
    column = head.column
    kind = f"{'num' if column.number else ''}{' wide' if column.wide else ''}"
    direction = f' aria-sort="{head.direction}"' if head.direction else ""
    hint = f' title="{escaped(column.hint)}"' if column.hint else ""
    label = escaped(column.label)
    if head.sort:
        way = {"ascending": "▲", "descending": "▼", "": ""}[head.direction]
        way = f'<span class="way" aria-hidden="true">{way}</span>'
        label = f'<a href="{escaped(sorted_by(head.sort))}">{label}{way}</a>'
    return f'<th scope="col" class="{kind}" {direction} {hint}> {label} </th> '


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


def _choices(kind: str, label: str, choices: Sequence[Choice]) -> SafeString:
    links = "".join(
        f'<a href="{escaped(one.url)}"{AT_IT if one.current else ""}>{escaped(one.label)}</a> '
        for one in choices
    )
    return SafeString(f'<nav class="{kind}" aria-label="{escaped(label)}"> {links}</nav> ')


@component("segmented")
class Segmented:
    """One of a few: the period of a page, by value or by profit."""

    label: str
    choices: Sequence[Choice]

    def __html__(self) -> SafeString:
        return _choices("segmented", self.label, self.choices)


@component("tabs")
class Tabs:
    """Filters over a list, such as kinds of imports."""

    label: str
    choices: Sequence[Choice]

    def __html__(self) -> SafeString:
        return _choices("tabs", self.label, self.choices)


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

    def __html__(self) -> SafeString:
        each = "".join(self._section(at, one) for at, one in enumerate(self.sections, 1))
        return SafeString(f'<nav class="jump-rail" aria-label="{_("本页各节")}"> <ol> {each} </ol> </nav> ')

    @staticmethod
    def _section(at: int, one: Section) -> str:
        dot = ""
        if one.tone:
            told = {"red": _("需动手"), "amber": _("留意"), "unknown": _("样本不足")}[one.tone]
            dot = f'<span class="dot dot-{one.tone}"> <span class="unseen"> {told} </span> </span>'
        return (
            f'<li> <a href="#{escaped(one.id)}" data-key="{at}"> <kbd>{at}</kbd> '
            f"<span>{escaped(one.label)}</span> {dot} </a> </li> "
        )
