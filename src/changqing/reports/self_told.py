"""What the book says of itself, over the accounts in view: what to look at before believing its figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from django.conf import settings

from changqing.accounts.queries import Account, Part, accounts_with_ids, reads_anywhere, rule_for
from changqing.base.packs import Pack
from changqing.dossier.queries.likeness import alike_pairs
from changqing.ledger.dues import Owed, owed, receivables_day, receivables_pack
from changqing.ledger.rules.book import BookMethod, jumps, months_between
from changqing.ledger.self_told import LACKS, BookLine, BookMonth, book_lines, book_months, book_pack, part_of
from changqing.people.permissions import Principal, may


@dataclass(frozen=True)
class JumpMonth:
    """A month whose revenue is ``times`` the median of the months before it."""

    month: BookMonth
    times: float


@dataclass(frozen=True, kw_only=True)
class BookSelf:
    """``lacking`` counts lines by what they lack; None where the reader may not be told.

    ``alike`` counts pairs of accounts that look like one company; None where the reader merges none.
    """

    months: list[BookMonth]
    gaps: list[date]
    lacking: dict[str, int | None]
    jumps: list[JumpMonth]
    alike: int | None
    owed: Owed | None
    pack: Pack[BookMethod]
    currency: str

    @property
    def lines(self) -> int:
        return sum(one.lines for one in self.months)

    @property
    def findings(self) -> int:
        """How many of the questions have something to look at."""
        told = [len(self.gaps), len(self.jumps), self.alike or 0, self.owed.late_items if self.owed else 0]
        return sum(bool(each) for each in [*told, *self.lacking.values()])

    def as_json(self) -> dict[str, Any]:
        """What ``changqing book --json`` prints."""
        return {
            "from": self.months[0].month.isoformat() if self.months else None,
            "to": self.months[-1].month.isoformat() if self.months else None,
            "lines": self.lines,
            "gaps": [day.isoformat() for day in self.gaps],
            "lacking": self.lacking,
            "jumps": [[one.month.month.isoformat(), round(one.times, 2)] for one in self.jumps],
            "alike": self.alike,
            "overdue": self.owed.late_items if self.owed else 0,
            "method": f"book v{self.pack.version}",
        }


def book_self(to: Principal) -> BookSelf | None:
    """None where the reader sees no account's revenue."""
    if not reads_anywhere(to, Part.REVENUE):
        return None
    pack, months = book_pack(), book_months(to)
    covered = {one.month for one in months}
    listed = months_between(months[0].month, months[-1].month) if months else []
    method = pack.method.jump
    # the running month is not whole: it is compared with nothing
    money = [float(one.amount) for one in months[:-1]]
    ratios = jumps(money, times=float(method.times.value), months=method.months.value)
    day = receivables_day()
    dues = owed(to, day, receivables_pack().method) if day else []

    def told(lack: str) -> bool:
        # counted over the accounts whose revenue is in view: those must be the same
        return rule_for(to, part_of(lack)) == rule_for(to, Part.REVENUE)

    return BookSelf(
        months=months,
        gaps=[month for month in listed if month not in covered],
        lacking={name: sum(one.lacking[name] for one in months) if told(name) else None for name in LACKS},
        jumps=[
            JumpMonth(one, float(ratio))
            for one, ratio in zip(months, ratios, strict=False)
            if not np.isnan(ratio)
        ],
        alike=alike_pairs(to, limit=1)[1] if may(to, "edit accounts") else None,
        owed=next((one for one in dues if one.currency == settings.BOOK_CURRENCY), None),
        pack=pack,
        currency=settings.BOOK_CURRENCY,
    )


@dataclass(frozen=True, kw_only=True)
class LinesBehind:
    """One page of the lines behind a count, with their accounts."""

    lines: list[BookLine]
    accounts: dict[int, Account]
    total: int
    page: int
    pages: int


def lines_behind(
    to: Principal, *, lack: str = "", month: date | None = None, page: int = 1, per_page: int = 50
) -> LinesBehind | None:
    """None where the reader may not see them; KeyError for a lack there is not."""
    if not reads_anywhere(to, part_of(lack)):
        return None
    page = max(page, 1)
    lines, total = book_lines(to, lack=lack, month=month, limit=per_page, offset=(page - 1) * per_page)
    return LinesBehind(
        lines=lines,
        accounts=accounts_with_ids(to, {line.account for line in lines}),
        total=total,
        page=page,
        pages=max(1, -(-total // per_page)),
    )
