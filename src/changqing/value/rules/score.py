"""One scoring: each account's tier, class, labels, lifetime profit and rhythm, from history and a fit."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np

from changqing.base.days import months_back
from changqing.engine.computable import Floats, Integers
from changqing.value.rules.facts import EPOCH, Facts, Histories, facts_of, gaps_of
from changqing.value.rules.fits import Fitted, rhythms_by
from changqing.value.rules.judge import REASONS, judge
from changqing.value.rules.lifetime import MODELS, Forecast, Rhythm, forecast, rhythm_of
from changqing.value.rules.schemes import WORDS, Placed, TiersMethod, because, place
from changqing.value.rules.settle import NONE, Settled, settle
from changqing.value.rules.worth_method import WorthMethod

# Facts without money, kept beside a tier for those who may not see margins; and those with money.
SCORE_FACTS = (
    "value_rank",
    "revenue_rank",
    "growth",
    "growth_is_short",
    "half_trend",
    "stability",
    "room",
    "potential",
    "pain",
    "orders",
    "purchases",
    "tenure",
    "silence",
    "r",
    "f",
    "m",
    "score",
    "dim_current",
    "dim_potential",
    "dim_relationship",
    "dim_strategic",
    "factors",
    "factor_orders",
    "factor_volume",
    "factor_margin",
    "factor_influence",
    "is_loyal",
    "traits",
    "traits_unknown",
    "verdict",
    "families",
    "families_before",
    "return_rate",
)
MONEY_FACTS = (
    "revenue",
    "revenue_before",
    "margin",
    "margin_before",
    "cost",
    "financing",
    "receivable",
    "contribution",
    "without_cost",
    "returned",
)
RHYTHM_FACTS = (
    "silence",
    "families",
    "families_before",
    "return_rate",
    "return_rate_before",
    "days_to_pay",
    "days_to_pay_before",
)
DIGITS = 10


@dataclass(frozen=True)
class Methods:
    """The two packs that a scoring goes by."""

    tiers: TiersMethod
    worth: WorthMethod
    currency: str


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


def plain(value: float) -> float | None:
    """A fact as it is stored: rounded, so that the same book says the same; None where not known."""
    return plains(np.array([value], np.float64))[0]


def plains(values: Floats) -> list[float | None]:
    """``values`` to ten significant digits, None where not known."""
    known = np.isfinite(values) & (values != 0)
    size = np.where(known, np.abs(values), 1.0)
    factor = 10.0 ** (DIGITS - 1 - np.floor(np.log10(size)))
    rounded = np.where(known, np.round(np.where(known, values, 0.0) * factor) / factor, values).tolist()
    for at in np.flatnonzero(~np.isfinite(values)).tolist():
        rounded[at] = None
    return rounded  # type: ignore[no-any-return]


def _columns(found: Facts, names: tuple[str, ...]) -> list[list[float | None]]:
    columns = [plains(np.asarray(found[name], np.float64)) for name in names]
    return [list(row) for row in zip(*columns, strict=True)]


def standing_rows(scored: Scored) -> list[dict[str, Any]]:
    """What ``AccountStanding`` keeps, but for keys and days; with a digest of its content."""
    scheme = scored.methods.tiers.governs
    names = [*scheme.codes, ""]
    labels = {code: placed.codes() for code, placed in scored.placed.items()}
    inputs = _columns(scored.facts, SCORE_FACTS)
    governing = scored.placed[scheme.code]
    cuts = scored.cuts.get(scheme.code, [])
    matrix, why = scored.facts["matrix"].astype(int), scored.facts["matrix_reason"].astype(int)
    ranks, potentials = plains(scored.facts["value_rank"]), plains(scored.facts["potential"])
    rows = []
    for at in range(scored.accounts.size):
        row: dict[str, Any] = {
            "scheme": scheme.code,
            "tier": names[scored.tier[at]],
            "settled": names[scored.settled.tier[at]],
            "proposed": names[scored.settled.proposed[at]],
            "pending": names[scored.settled.pending[at]],
            "reason": [one.as_json() for one in because(governing, at, scored.facts, cuts)],
            "matrix": WORDS["matrix"][matrix[at]],
            "matrix_reason": REASONS[why[at]],
            "value_rank": ranks[at],
            "potential": potentials[at],
            "labels": {code: found[at] for code, found in labels.items()},
            "before": _before(scored, names, at),
            "inputs": dict(zip(SCORE_FACTS, inputs[at], strict=True)),
        }
        row["digest"] = digest_of(row)
        rows.append(row)
    return rows


def _before(scored: Scored, names: list[str], at: int) -> dict[str, Any]:
    matrix = int(scored.before_matrix[at])
    return {
        "day": scored.before_day.isoformat(),
        "tier": names[scored.before_tier[at]],
        "matrix": WORDS["matrix"][matrix] if matrix != NONE else "",
    }


def worth_rows(scored: Scored) -> list[dict[str, Any]]:
    """What ``AccountWorth`` keeps, but for keys and days."""
    facts = _columns(scored.facts, MONEY_FACTS)
    told, alive = scored.forecast, scored.rhythm.alive
    by_year = [list(row) for row in zip(*(plains(column) for column in told.by_year.T), strict=True)]
    kept = ("orders", "stays", "spend", "rate", "rate_sd", "serve", "revenue", "gross")
    more = [plains(getattr(told, name)) for name in kept]
    names = [f"future_{name}" for name in kept]
    risk = plains((1 - alive) * np.maximum(scored.facts["revenue"], 0.0))
    profit, low, high = (plains(values) for values in (told.profit, told.low, told.high))
    contribution, still = plains(scored.facts["contribution"]), plains(alive)
    rows = []
    for at, model in enumerate(scored.rhythm.model.tolist()):
        row: dict[str, Any] = {
            "model": MODELS[model],
            "because": "" if profit[at] is not None else "margin_unknown",
            "profit": profit[at],
            "low": low[at],
            "high": high[at],
            "at_risk": risk[at],
            "contribution": contribution[at],
            "by_year": by_year[at],
            "facts": dict(zip(MONEY_FACTS, facts[at], strict=True))
            | {name: column[at] for name, column in zip(names, more, strict=True)}
            | {"alive": still[at]},
        }
        row["digest"] = digest_of(row)
        rows.append(row)
    return rows


def rhythm_rows(scored: Scored) -> list[dict[str, Any]]:
    """What ``AccountRhythm`` keeps, but for keys and days."""
    seen = scored.rhythm
    facts = _columns(scored.facts, RHYTHM_FACTS)
    days = zip(
        *([day_of(day) for day in part.tolist()] for part in (seen.low, seen.expected, seen.high)),
        strict=True,
    )
    alive, every, variation = plains(seen.alive), plains(seen.every), plains(seen.variation)
    stretch, tail = plains(seen.stretch), plains(seen.tail)
    purchases = scored.facts["purchases"].astype(int).tolist()
    rows = []
    for at, (model, (low, expected, high)) in enumerate(zip(seen.model.tolist(), days, strict=True)):
        row: dict[str, Any] = {
            "model": MODELS[model],
            "purchases": purchases[at],
            "alive": alive[at] or 0.0,
            "every": every[at],
            "variation": variation[at],
            "next_low": low,
            "next_expected": expected,
            "next_high": high,
            "stretch": stretch[at],
            "tail": tail[at],
        } | dict(zip(RHYTHM_FACTS, facts[at], strict=True))
        row["digest"] = digest_of(row)
        rows.append(row)
    return rows


LAST_DAY = date(2999, 12, 31)


def day_of(number: float) -> date | None:
    """The day of a number of days since 1970-01-01, rounded; one beyond any plan is not told."""
    if not np.isfinite(number):
        return None
    whole = round(number)
    return EPOCH + timedelta(days=whole) if whole < (LAST_DAY - EPOCH).days else None


def digest_of(row: Mapping[str, Any]) -> str:
    """A short name of a row's content, to see at once whether anything changed."""
    return hashlib.blake2b(repr(row).encode(), digest_size=8).hexdigest()
