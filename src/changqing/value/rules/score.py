"""One scoring: each account's tier, class, labels, lifetime profit and rhythm, from history and a fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from changqing.base.days import months_back
from changqing.engine.computable import Floats, Integers
from changqing.value.rules.facts import Facts, Histories, facts_of, gaps_of
from changqing.value.rules.fits import Fitted, rhythms_by
from changqing.value.rules.judge import judge
from changqing.value.rules.lifetime import Forecast, Rhythm, forecast, rhythm_of
from changqing.value.rules.schemes import Placed, TiersMethod, place
from changqing.value.rules.settle import NONE, Settled, settle
from changqing.value.rules.worth_method import WorthMethod


@dataclass(frozen=True)
class Methods:
    """The two packs that a scoring goes by."""

    tiers: TiersMethod
    worth: WorthMethod
    currency: str
    # what names the content of both
    digests: tuple[str, str]


@dataclass(frozen=True, eq=False)
class Known:
    """What people said before, in the order of the accounts: ratings 1–5 by trait; the tier held so far, the
    one set by hand and a step down that was refused lately, as places in the governing scheme, or −1."""

    ratings: Mapping[str, Floats]
    held: Integers
    override: Integers
    refused: Integers


@dataclass(frozen=True, eq=False)
class Scored:
    """All that a scoring found, account by account in the order of ``accounts``."""

    accounts: Integers
    as_of: date
    methods: Methods
    facts: Facts
    placed: Mapping[str, Placed]
    settled: Settled
    tier: Integers
    before_tier: Integers
    before_matrix: Integers
    before_day: date
    rhythm: Rhythm
    forecast: Forecast
    cuts: Mapping[str, list[float]]


def facts_on(
    book: Histories, day: date, fitted: Fitted, methods: Methods, ratings: Mapping[str, Floats]
) -> dict[str, Floats]:
    """The facts and judgements of ``book`` as of an earlier ``day``, for the accounts known then."""
    facts = facts_of(book, day, yearly_rate=float(methods.worth.lifetime.capital.value))
    if fitted.law is not None and book.days.size:
        gaps = gaps_of(book)
        if gaps.flat.size:
            silence = np.nan_to_num(facts["silence"], nan=1.0)
            facts["alive"] = np.asarray(rhythms_by(fitted.law, gaps, silence).probability_alive)
    return judge(facts, fitted.reference, methods.worth, ratings=ratings, currency=methods.currency)


def governing_on(
    book: Histories, day: date, fitted: Fitted, methods: Methods, ratings: Mapping[str, Floats]
) -> tuple[Integers, Integers]:
    """Governing tier and matrix class of every account as of ``day``; −1 where there was no history yet."""
    past = book.until(day)
    tier, matrix = np.full(book.size, NONE), np.full(book.size, NONE)
    if not past.size:
        return tier, matrix
    rows = np.searchsorted(book.accounts, past.accounts)
    facts = facts_on(past, day, fitted, methods, {name: rated[rows] for name, rated in ratings.items()})
    scheme = methods.tiers.governs
    placed = place(
        scheme,
        facts,
        cuts=fitted.reference.cuts.get(scheme.code, []),
        currency=methods.currency,
        size=past.size,
    )
    tier[rows], matrix[rows] = placed.of, facts["matrix"].astype(np.int64)
    return tier, matrix


def score(book: Histories, as_of: date, fitted: Fitted, methods: Methods, known: Known) -> Scored:
    """Score every account of ``book``, which is cut at ``as_of`` already."""
    life = methods.worth.lifetime
    facts = facts_of(book, as_of, yearly_rate=float(life.capital.value))
    seen, found = rhythm_of(book, as_of, fitted, life)
    facts["alive"] = seen.alive
    foreseen = forecast(book, as_of, fitted, life, facts=facts, rhythm=(seen, found))
    judged = judge(facts, fitted.reference, methods.worth, ratings=known.ratings, currency=methods.currency)
    cuts = fitted.reference.cuts
    placed = {
        scheme.code: place(
            scheme, judged, cuts=cuts.get(scheme.code, []), currency=methods.currency, size=book.size
        )
        for scheme in methods.tiers.schemes
    }
    steps = methods.tiers.hysteresis
    now = placed[methods.tiers.governing.value].of
    earlier = [
        governing_on(
            book,
            months_back(as_of, back * steps.period_months.value),
            fitted,
            methods,
            known.ratings,
        )[0]
        for back in range(steps.periods.value - 1, 0, -1)
    ]
    settled = settle(known.held, np.stack([*earlier, now]))
    again = (settled.proposed == known.refused) & (known.refused != NONE)
    settled = replace(settled, proposed=np.where(again, NONE, settled.proposed))
    month_ago = months_back(as_of, 1)
    before_tier, before_matrix = governing_on(book, month_ago, fitted, methods, known.ratings)
    tier = np.where(known.override != NONE, known.override, settled.tier)
    return Scored(
        accounts=book.accounts,
        as_of=as_of,
        methods=methods,
        facts=judged,
        placed=placed,
        settled=settled,
        tier=tier,
        before_tier=before_tier,
        before_matrix=before_matrix,
        before_day=month_ago,
        rhythm=seen,
        forecast=foreseen,
        cuts=cuts,
    )
