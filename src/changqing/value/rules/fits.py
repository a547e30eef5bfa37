"""What the whole book teaches, fitted once and kept as a version: how accounts order, leave, spend and earn.

Between two fits an account is scored by the version in force and its own history alone. A model that cannot
be fitted is a result too: its code is kept and shown, and the next best model speaks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Any

import numpy as np

from changqing.base.days import months_back
from changqing.engine.bgnbd import BgNbd
from changqing.engine.computable import Floats, Integers, NotComputable
from changqing.engine.gamma_gamma import GammaGamma
from changqing.engine.rhythm import Rhythms
from changqing.engine.rhythm_book import BookLaw, learn, spoken
from changqing.value.rules.facts import Flags, Gaps, Histories, gaps_of, number_of
from changqing.value.rules.judge import Reference

HALF_LIFE = 365.0
LEAST_TAUGHT = 30
TAUGHT = ("drift", "volume", "widen", "taught")
WIDEST, NARROWEST = 6.0, 1.0


@dataclass(frozen=True)
class Margins:
    """Law of margin rates: of the book, between accounts, and within an account from order to order."""

    mean: float
    between: float
    within: float

    def of(self, rate: Floats, orders: Floats) -> tuple[Floats, Floats]:
        """An account's rate after shrinkage to the book, and its standard deviation."""
        noise = self.within / np.maximum(orders, 1e-9)
        share = np.where(orders > 0, self.between / (self.between + noise), 0.0)
        mean = share * np.nan_to_num(rate) + (1 - share) * self.mean
        return mean, np.sqrt(np.where(orders > 0, share * noise, self.between))


@dataclass(frozen=True)
class Spends:
    """Law of the logarithm of an order's revenue: of the book, between accounts, within an account."""

    mean: float
    between: float
    within: float


@dataclass(frozen=True)
class Fitted:
    """One version of all that was fitted on a day. ``failed`` maps a model to why it is not there.

    ``drift``, ``volume`` and ``widen`` are what the last year taught models fitted before it: how far margin
    rates and volumes of accounts wandered, and how much wider the interval must be to have held; ``taught``
    counts the accounts that taught it, 0 where the book is too young.
    """

    as_of: date
    law: BookLaw | None
    bgnbd: BgNbd | None
    spend: GammaGamma | None
    margins: Margins
    spends: Spends
    reference: Reference
    counts: Mapping[str, int]
    drift: float = 0.05
    volume: float = 0.5
    widen: float = 1.0
    taught: int = 0
    failed: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {
            "as_of": self.as_of.isoformat(),
            "law": _law_json(self.law),
            "bgnbd": dict(self.bgnbd.params) | {"log_likelihood": self.bgnbd.log_likelihood}
            if self.bgnbd
            else None,
            "spend": dict(self.spend.params) | {"log_likelihood": self.spend.log_likelihood}
            if self.spend
            else None,
            "spends": {part.name: getattr(self.spends, part.name) for part in fields(Spends)},
            "margins": {part.name: getattr(self.margins, part.name) for part in fields(Margins)},
            "reference": self.reference.as_json(),
            "counts": dict(self.counts),
            **{name: getattr(self, name) for name in TAUGHT},
            "failed": dict(self.failed),
            "notes": dict(self.notes),
        }

    @classmethod
    def of_json(cls, told: Mapping[str, Any]) -> Fitted:
        return cls(
            as_of=date.fromisoformat(told["as_of"]),
            law=_law_of(told["law"]),
            bgnbd=BgNbd(**told["bgnbd"]) if told["bgnbd"] else None,
            spend=GammaGamma(**told["spend"]) if told["spend"] else None,
            margins=Margins(**told["margins"]),
            spends=Spends(**told["spends"]),
            reference=Reference.of_json(told["reference"]),
            **{name: told[name] for name in ("counts", *TAUGHT, "failed", "notes")},
        )


def _law_json(law: BookLaw | None) -> dict[str, Any] | None:
    if law is None:
        return None
    told = {part.name: getattr(law, part.name) for part in fields(law)}
    return {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in told.items()}


def _law_of(told: Mapping[str, Any] | None) -> BookLaw | None:
    if told is None:
        return None
    known = {part.name for part in fields(BookLaw)}
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in told.items()}
    values["shapes"] = np.array(told["shapes"], np.float64)
    kept: dict[str, Any] = {name: value for name, value in values.items() if name in known}
    return BookLaw(**kept)


def rhythms_by(law: BookLaw, gaps: Gaps, silence: Floats) -> Rhythms:
    """How each account orders, by a law that was learned before."""
    own = spoken(gaps.flat, gaps.offsets, law)
    return Rhythms(
        gaps=np.diff(gaps.offsets),
        silence=silence,
        mean=own.mean,
        shape=own.shape,
        skips=own.skips,
        book=law,
        next_gap=own.next_gap,
    )


def fit_models(book: Histories, as_of: date, reference: Reference) -> Fitted:
    """Everything but what a year teaches: rhythm, BG/NBD, spend and margins of the book as of a day."""
    gaps, failed = gaps_of(book), {}
    bought = gaps.purchases > 0
    silence = number_of(as_of) - gaps.last
    law: BookLaw | None = None
    if gaps.flat.size:
        among = _kept(gaps, bought)
        law = learn(among.flat, among.offsets, silence[bought])
    else:
        failed["rhythm"] = "no_repeat"
    bgnbd = _try(failed, "bgnbd", lambda: _fit_bgnbd(gaps, bought, as_of))
    mean = spend_of(book, gaps)
    spend = _try(
        failed,
        "gamma_gamma",
        lambda: GammaGamma.fit(frequency=gaps.purchases[bought], monetary_value=mean[bought]),
    )
    if spend is not None and spend.q <= 1:
        failed["gamma_gamma"], spend = "inconsistent", None
    return Fitted(
        as_of=as_of,
        law=law,
        bgnbd=bgnbd,
        spend=spend,
        margins=fit_margins(book, as_of),
        spends=fit_spends(book, gaps),
        reference=reference,
        counts={"accounts": book.size, "repeat": int((gaps.purchases > 1).sum()), "gaps": gaps.flat.size},
        failed=failed,
        notes={"frequency_and_spend": _rank_correlation(gaps.purchases[bought], mean[bought])},
    )


def _kept(gaps: Gaps, rows: Flags) -> Gaps:
    """The accounts of ``rows``; those without a purchase have no gap to lose."""
    return replace(gaps, offsets=np.concatenate(([0], gaps.offsets[1:][rows])))


def _fit_bgnbd(gaps: Gaps, bought: Flags, as_of: date) -> BgNbd:
    x, t_x, end = repeat_history(gaps, as_of)
    return BgNbd.fit(frequency=x[bought], recency=t_x[bought], T=end[bought])


def repeat_history(gaps: Gaps, as_of: date) -> tuple[Floats, Floats, Floats]:
    """Frequency, recency and T in days, 0 for who never bought."""
    x = np.maximum(gaps.purchases - 1, 0).astype(np.float64)
    return x, np.nan_to_num(gaps.last - gaps.first), np.nan_to_num(number_of(as_of) - gaps.first)


def _try(failed: dict[str, str], name: str, fit: Any) -> Any:
    try:
        return fit()
    except NotComputable as no:
        failed[name] = no.code
        return None


def spend_of(book: Histories, gaps: Gaps) -> Floats:
    """Mean revenue of an account's purchases."""
    money = np.bincount(book.of[book.bought], weights=book.revenue[book.bought], minlength=book.size)
    return np.asarray(money / np.maximum(gaps.purchases, 1), np.float64)


def fit_spends(book: Histories, gaps: Gaps) -> Spends:
    """By moments, over the purchases."""
    of, logs = book.of[book.bought], np.log(np.maximum(book.revenue[book.bought], 1e-9))
    if not of.size:
        return Spends(0.0, 1.0, 1.0)
    counts = np.bincount(of, minlength=book.size)
    own = np.bincount(of, weights=logs, minlength=book.size) / np.maximum(counts, 1)
    free = max(int((counts[counts > 0] - 1).sum()), 1)
    within = max(float(((logs - own[of]) ** 2).sum() / free), 1e-4)
    some = counts > 0
    mean = float(own[some].mean())
    noise = float((within / counts[some]).mean())
    return Spends(mean, max(float(own[some].var()) - noise, 1e-4), within)


def _rank_correlation(one: Floats | Integers, other: Floats) -> float:
    """Spearman's; Gamma-Gamma wants it near 0."""
    if one.size < 3:
        return 0.0
    ranks = [np.argsort(np.argsort(values)).astype(np.float64) for values in (one, other)]
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])


def own_margins(book: Histories, as_of: date) -> tuple[Floats, Floats]:
    """Each account's margin rate and over how many orders it was seen, newer ones counting more: an order
    half as much for every year that it is old. NaN and 0 where no cost is known."""
    known = book.bought & (book.without_cost < book.revenue)
    of = book.of[known]
    fresh = 0.5 ** ((number_of(as_of) - book.days[known]) / HALF_LIFE)
    revenue = (book.revenue[known] - book.without_cost[known]) * fresh
    whole = np.bincount(of, weights=revenue, minlength=book.size)
    margin = np.bincount(of, weights=book.margin[known] * fresh, minlength=book.size)
    squares = np.bincount(of, weights=revenue**2, minlength=book.size)
    rate = np.divide(margin, whole, out=np.full(book.size, np.nan), where=whole > 0)
    orders = np.divide(whole**2, squares, out=np.zeros(book.size), where=squares > 0)
    return rate, orders


def fit_margins(book: Histories, as_of: date) -> Margins:
    """By moments: variance of rates within accounts from order to order, and between accounts beyond it."""
    rate, orders = own_margins(book, as_of)
    seen = orders > 0
    if not seen.any():
        return Margins(0.0, 0.0, 1.0)
    known = book.bought & (book.without_cost < book.revenue)
    of, revenue = book.of[known], book.revenue[known] - book.without_cost[known]
    away = (np.clip(book.margin[known] / revenue, -3, 1) - rate[of]) ** 2
    many = orders[of] > 1.5
    within = float(np.average(away[many], weights=1 / orders[of][many])) * 1.25 if many.any() else 0.01
    weights = orders[seen]
    mean = float(np.average(rate[seen], weights=weights))
    spread = float(np.average((rate[seen] - mean) ** 2, weights=weights))
    noise = float(np.average(within / orders[seen], weights=weights))
    return Margins(mean, max(spread - noise, 1e-6), max(within, 1e-6))


def year_before(as_of: date) -> date:
    return months_back(as_of, 12)
