"""What was decided about a file from the whole of its columns, and what a person may wish otherwise."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from changqing.ledger.rules.days import First
from changqing.ledger.rules.numbers import Style


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person states about a file where it cannot tell itself.

    ``tax_rate``: a share (Decimal("0.13")) for files that have only amounts with tax. ``first``: what comes
    first in 05/01/2026. ``decimal_comma``: 1.234,5 (True) or 1,234.5 (False). ``check_price``: compare
    quantity × price with the amount; ``carry``: fill the blank cells below a document's first row.
    """

    tax_rate: Decimal | None = None
    first: First = ""
    decimal_comma: bool | None = None
    check_price: bool = True
    carry: bool | None = None
    #: an ISO code for files that name no currency and are not in the book's
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """Something decided or counted that the reader is told: a code, the field it is about, figures."""

    code: str
    about: str = ""
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Choices:
    """How this file's cells are read. Made by ``evidence.decide``."""

    styles: dict[str, Style] = field(default_factory=dict)
    firsts: dict[str, First] = field(default_factory=dict)
    serials: frozenset[str] = frozenset()
    #: fields filled down from a document's first row
    carried: tuple[str, ...] = ()
    #: fields all of whose cells are written plainly, so that no other writing need be looked for
    plain: frozenset[str] = frozenset()
    #: there are total or blank rows
    has_fates: bool = True
    #: some keys occur more than once, so occurrences must be counted
    repeats: bool = True
    #: the money field whose cells bear currency signs, when there is no currency column
    marked: str = ""
    tax_rate: Decimal | None = None
    check_price: bool = True
    #: of rows whose file names no currency, where a person stated one
    currency: str = ""
    told: tuple[Told, ...] = ()
