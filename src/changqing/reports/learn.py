"""Learn: how right the book's forecasts were, how precise the rules are, what the book cannot say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.conf import settings

from changqing.accounts.rights import reads_anywhere
from changqing.base.days import months_back
from changqing.ledger.queries import as_of
from changqing.people.permissions import Part, Principal, may, sees_the_whole_book
from changqing.retention.queries import RulePrecision, counts, precision
from changqing.value.queries import view_of
from changqing.value.queries.methods import fit_in_force
from changqing.value.queries.worth import (
    BookTest,
    book_tests,
    clp_totals,
    model_counts,
    standings_counted,
    unclear_count,
    worth_reasons,
)
from changqing.value.rules.backtest import BackTest

YEAR_BACK = 12


@dataclass(frozen=True, kw_only=True)
class LearnPage:
    """``newest`` and ``tests`` are there for readers of the whole book; the rest is over the accounts in
    view. ``waits`` is the test that was asked for and has no answer yet."""

    as_of: date | None
    day: date | None
    fit_day: date | None
    sees_book: bool
    may_ask: bool
    tests: list[BookTest]
    newest: BackTest | None
    newest_row: BookTest | None
    waits: BookTest | None
    rules: list[RulePrecision]
    active: Mapping[str, int]
    accounts: int
    unclear: int
    unclassified: Mapping[str, int]
    models: Mapping[str, int]
    sees_margin: bool
    unknown_worth: Mapping[str, int]
    knows_cost: int
    knows_receivables: int
    currency: str

    @property
    def unclear_share(self) -> float | None:
        return self.unclear / self.accounts if self.accounts else None


def learn_page(to: Principal) -> LearnPage:
    """All that Learn shows ``to``, in a constant number of queries."""
    last, tests, fit, view = as_of(), book_tests(to), fit_in_force(), view_of(to)
    newest = next((row for row in tests if row.state == BookTest.State.FOUND), None)
    # what Portfolio counts too is kept under the same names
    counted = view.kept("standings", lambda: standings_counted(to))
    totals = view.kept("lifetime profit", lambda: clp_totals(to))
    sees_margin = reads_anywhere(to, Part.MARGIN)
    return LearnPage(
        as_of=last,
        day=months_back(last, YEAR_BACK) if last else None,
        fit_day=fit.as_of if fit else None,
        sees_book=sees_the_whole_book(to),
        may_ask=may(to, "rank the book") and last is not None,
        tests=tests,
        newest=BackTest.of_json(newest.found) if newest and newest.found else None,
        newest_row=newest,
        waits=next((row for row in tests if row.state == BookTest.State.ASKED), None),
        rules=precision(to),
        active=counts(to),
        accounts=counted.accounts,
        unclear=view.kept("unclear", lambda: unclear_count(to)),
        unclassified=counted.matrix.get("unclassified", {}),
        models=view.kept("models", lambda: model_counts(to)),
        sees_margin=sees_margin,
        unknown_worth=view.kept("worth reasons", lambda: worth_reasons(to)) if sees_margin else {},
        knows_cost=totals.know_cost,
        knows_receivables=totals.know_financing,
        currency=settings.BOOK_CURRENCY,
    )
