"""Numbers: money, the number that opens to its arithmetic, figure strip, range, bar, progress."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import count
from typing import Literal

from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from changqing.base.money import exact, written
from changqing.web.components.markup import escaped
from changqing.web.components.registry import component

_numbers = count(1)


@dataclass(frozen=True, kw_only=True)
class Arithmetic:
    """Where a number comes from: the formula in words, what went in, as of when, by which method.

    ``inputs`` are (name, written value) in the order of the formula; ``rows_url`` leads to the rows behind.
    """

    formula: str
    inputs: Sequence[tuple[str, str]] = ()
    as_of: date | None = None
    method: str = ""
    note: str = ""
    rows_url: str = ""


@component("money")
class Money:
    """An amount in the reader's units: number right-aligned, unit in a column of its own.

    ``amount`` None is unknown and shows –. ``per`` follows the unit: 万/年. The exact amount is its title.
    """

    amount: Decimal | None
    currency: str
    per: str = ""
    tone: Literal["ink", "red", "green"] = "ink"

    def __html__(self) -> SafeString:
        language = get_language() or "zh-hans"
        return SafeString(money(self.amount, self.currency, language, per=self.per, tone=self.tone))


def money(amount: Decimal | None, currency: str, language: str, *, per: str = "", tone: str = "ink") -> str:
    """The markup of ``Money``, for who writes many amounts and knows the language."""
    if amount is None:
        return '<span class="money money-unknown">–</span>'
    number, unit = written(amount, currency, language)
    told = f"{unit}/{per}" if per else unit
    return (
        f'<span class="money money-{tone}" title="{escaped(exact(amount, currency))}">'
        f'<span class="n">{escaped(number)}</span> <span class="u">{escaped(told)}</span></span>'
    )


@component("open-number")
class OpenNumber:
    """A number on a dotted line; Enter or a click opens its arithmetic."""

    value: str
    arithmetic: Arithmetic
    unit: str = ""

    def __html__(self) -> SafeString:
        how = self.arithmetic
        # unlike any other of this server's processes, so that a swapped-in fragment never meets its twin
        id = f"arithmetic-{os.getpid() * 10**9 + next(_numbers)}"
        inputs = "".join(
            f'<span class="input"> <span>{escaped(name)}</span> '
            f'<span class="n">{escaped(value)}</span> </span> '
            for name, value in how.inputs
        )
        note = f'<span class="note">{escaped(how.note)}</span>' if how.note else ""
        day = _("截至 %(day)s") % {"day": how.as_of.isoformat()} + " " if how.as_of else ""
        method = f"· {escaped(how.method)} " if how.method else ""
        see, called = _("看明细"), _("这个数怎么算")
        rows = f'<a href="{escaped(how.rows_url)}">{see}</a>' if how.rows_url else ""
        return SafeString(
            f' <button type="button" class="open-number" popovertarget="{id}"> '
            f"{escaped(self.value)}{_unit(self.unit)} </button> "
            f'<span class="popover arithmetic" id="{id}" popover role="dialog" '
            f'aria-label="{called}"> <span class="formula">{escaped(how.formula)}</span> '
            f'{inputs}{note} <span class="evidence"> {day}{method}</span> {rows} </span> '
        )


@component("strip", block=True)
class Strip:
    """The row of figures under the page header; its content is ``figure`` components."""

    label: str = ""


@component("figure")
class Figure:
    """A figure of the strip: what it is, the number, one line of evidence; given ``arithmetic`` it opens."""

    label: str
    value: str
    unit: str = ""
    note: str = ""
    tone: Literal["ink", "red", "amber", "green", "unknown"] = "ink"
    arithmetic: Arithmetic | None = None

    def __html__(self) -> SafeString:
        if self.arithmetic:
            opened = OpenNumber(value=self.value, unit=self.unit, arithmetic=self.arithmetic)
            value: str = opened.__html__()
        else:
            value = f"{escaped(self.value)}{_unit(self.unit)}"
        note = f'<p class="caption">{escaped(self.note)}</p>' if self.note else ""
        return SafeString(
            f'<div class="figure figure-{self.tone}"> <p class="label">{escaped(self.label)}</p> '
            f'<p class="value"> {value} </p> {note} </div> '
        )


def _unit(unit: str) -> str:
    return f' <span class="u">{escaped(unit)}</span>' if unit else ""


@component("range")
class Range:
    """An estimate with its interval, on a scale from ``least`` to ``most``; always with its ``words``."""

    low: float
    point: float
    high: float
    least: float
    most: float
    words: str

    def _at(self, value: float) -> float:
        width = self.most - self.least
        return round(100 * min(max((value - self.least) / width, 0), 1), 2) if width > 0 else 0.0

    @property
    def from_percent(self) -> float:
        return self._at(self.low)

    @property
    def width_percent(self) -> float:
        return round(self._at(self.high) - self._at(self.low), 2)

    @property
    def point_percent(self) -> float:
        return self._at(self.point)


@component("bar")
class Bar:
    """A thin bar for a table cell: ``share`` 0 to 1 of the track; the number stands in a cell of its own."""

    share: float
    tone: Literal["green", "sage", "stone", "red"] = "sage"
    limit: float | None = None

    @property
    def percent(self) -> float:
        return round(100 * min(max(self.share, 0), 1), 2)

    @property
    def limit_percent(self) -> float | None:
        return None if self.limit is None else round(100 * min(max(self.limit, 0), 1), 2)

    def __html__(self) -> SafeString:
        at = self.limit_percent
        limit = "" if at is None else f'<line class="limit" x1="{at}%" x2="{at}%" y1="0" y2="10"/>'
        return SafeString(
            f'<svg class="bar bar-{self.tone}" width="100%" height="10" aria-hidden="true">'
            '<rect class="track" x="0" y="2" width="100%" height="6" rx="2"/>'
            f'<rect class="fill" x="0" y="2" width="{self.percent}%" height="6" rx="2"/>{limit}</svg>'
        )


@component("progress")
class Progress:
    """Long work: number, bar, and that one may leave. ``stop_url`` takes a POST."""

    label: str
    done: int
    total: int
    note: str = ""
    can_leave: bool = True
    stop_url: str = ""

    @property
    def percent(self) -> int | None:
        return min(100, 100 * self.done // self.total) if self.total else None
