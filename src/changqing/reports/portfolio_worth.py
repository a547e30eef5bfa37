"""The portfolio's worth: the matrix, tiers and movers, and who eats the profit after cost to serve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date

import numpy as np
from django.conf import settings

from changqing.engine.concentration import thin, whale_curve
from changqing.ledger.queries import as_of, buying_accounts
from changqing.people.permissions import Principal, may
from changqing.retention.queries import counts
from changqing.value.queries import view_of
from changqing.value.queries.methods import fit_in_force, is_judged_later, methods_in_force
from changqing.value.queries.structure import Side, structure_of
from changqing.value.queries.worth import (
    Bubble,
    Counted,
    Mover,
    Proposal,
    Totals,
    bubbles,
    clp_totals,
    contributions,
    model_counts,
    movers,
    named_now,
    proposals,
    standings_counted,
)
from changqing.value.rules.schemes import Scheme, TiersMethod
from changqing.value.rules.worth_method import WorthMethod

DRAWN = 60
LISTED = 10


@dataclass(frozen=True)
class Whale:
    """Contribution summed from the best account down: the line as (accounts, sum so far), its peak among
    them, and how much the ``loss_making`` at its end have ``eaten``."""

    accounts: int
    peak_accounts: int
    loss_making: int
    eaten: float
    points: tuple[tuple[int, float], ...]


@dataclass(frozen=True, kw_only=True)
class PortfolioWorth:
    """Everything over the accounts in view; ``whale`` is None without a known contribution.

    ``digests`` name the content of the methods. ``is_passing``: an import has changed the book so much that
    all of it is judged anew just now.
    """

    bubbles: list[Bubble]
    accounts: int
    matrix: Mapping[str, Mapping[str, int]]
    tiers: Mapping[str, int]
    scheme: Scheme
    tiers_method: TiersMethod
    worth_method: WorthMethod
    digests: tuple[str, str]
    movers: list[Mover]
    moved: int
    proposals: list[Proposal]
    totals: Totals
    models: Mapping[str, int]
    warnings: Mapping[str, int]
    whale: Whale | None
    knows_cost: int
    knows_receivables: int
    fit_day: date | None
    currency: str
    decides: bool
    is_passing: bool

    @property
    def content(self) -> str:
        """All that it says, in one text: what says anything else has another."""
        named_by_digest = ("scheme", "tiers_method", "worth_method")
        names = (field.name for field in fields(self) if field.name not in named_by_digest)
        return repr([getattr(self, name) for name in names])

    @property
    def undrawn(self) -> int:
        return self.accounts - len(self.bubbles)

    @property
    def unclassified_or_prior(self) -> int:
        """At most: an account may be both."""
        return sum(self.matrix.get("unclassified", {}).values()) + self.models.get("prior", 0)


def portfolio_worth(to: Principal) -> PortfolioWorth:
    """The worth of the accounts in view, in a constant number of queries."""
    methods, fit, view = methods_in_force(), fit_in_force(), view_of(to)
    counted = view.kept("standings", lambda: standings_counted(to))
    totals = view.kept("lifetime profit", lambda: clp_totals(to))
    drawn, moved, waiting = named_now(*view.kept("drawn and listed", lambda: _drawn_and_listed(to, counted)))
    return PortfolioWorth(
        bubbles=drawn,
        accounts=counted.accounts,
        matrix=counted.matrix,
        tiers=counted.tiers,
        scheme=methods.tiers.governs,
        tiers_method=methods.tiers,
        worth_method=methods.worth,
        digests=methods.digests,
        movers=moved,
        moved=counted.moved,
        proposals=waiting,
        totals=totals,
        models=view.kept("models", lambda: model_counts(to)),
        warnings=counts(to),
        whale=view.kept("whale", lambda: _whale(to)),
        knows_cost=totals.know_cost,
        knows_receivables=totals.know_financing,
        fit_day=fit.as_of if fit else None,
        currency=settings.BOOK_CURRENCY,
        decides=may(to, "decide tiers"),
        is_passing=view.kept("passing", lambda: is_judged_later(accounts=buying_accounts(), last=as_of())),
    )


def _drawn_and_listed(to: Principal, counted: Counted) -> tuple[list[Bubble], list[Mover], list[Proposal]]:
    moved = movers(to, limit=LISTED) if counted.moved else []
    return bubbles(to, limit=DRAWN), moved, proposals(to, limit=LISTED)


def structure(to: Principal, key_tiers: Sequence[str]) -> tuple[Side, Side]:
    """(accounts of the tiers ``key_tiers``, all others) of the accounts in view."""
    return view_of(to).kept("structure", lambda: structure_of(to, key_tiers), *key_tiers)


def _whale(to: Principal) -> Whale | None:
    values = contributions(to)
    if not values:
        return None
    curve = whale_curve(np.array(values))
    line = np.concatenate(([0.0], curve.cumulative))
    drawn = thin(line, keep=(curve.peak_accounts,)).tolist()
    return Whale(
        curve.accounts,
        curve.peak_accounts,
        curve.loss_making,
        curve.eaten,
        tuple((at, round(float(line[at]), 2)) for at in drawn),
    )
