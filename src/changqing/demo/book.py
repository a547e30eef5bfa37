"""The whole book of the demo, drawn from one seed before anything is written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from changqing.demo.flows import Cost, Invoice, Opening, Receipt, costs, invoices, openings, receipts
from changqing.demo.trade import Line, Span, order_lines

SEED = 20


@dataclass(frozen=True)
class Book:
    """Five years of a supplier that does not exist, up to the day before ``today``."""

    span: Span
    lines: list[Line]
    invoices: list[Invoice]
    receipts: list[Receipt]
    costs: list[Cost]
    openings: list[Opening]


def draw(*, today: date, seed: int = SEED) -> Book:
    """The same book for the same arguments."""
    rng = np.random.default_rng(seed)
    span = Span.up_to(today)
    lines = order_lines(rng, span)
    issued = invoices(rng, span, lines)
    owed = openings(span)
    return Book(span, lines, issued, receipts(rng, span, issued, owed), costs(rng, span, lines), owed)
