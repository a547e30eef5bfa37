"""What is made of an account's facts: ranks, potential, matrix class, RFM, value score, admission.

All accounts at once; every judgement is a new fact beside those it rests on, so a scheme may use it too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from changqing.engine.computable import Floats
from changqing.value.rules.facts import Facts, Flags, grid_of, percentile_of
from changqing.value.rules.schemes import WORDS
from changqing.value.rules.worth_method import DIMENSIONS, FourFactors, MatrixCuts, WorthMethod

# Why an account is in its class, or in none.
REASONS = (
    "top_stable",
    "middle_fast",
    "stable_slow",
    "low_pain",
    "stopped",
    "top_not_stable",
    "top_stability_unknown",
    "middle_slow_unstable",
    "middle_growth_unknown",
    "low_no_pain",
    "too_new",
    "margin_unknown",
)
RATED = ("chain", "custom", "strategic", "influence")
RANKED = (
    "contribution",
    "revenue",
    "revenue_all",
    "growth",
    "half_trend",
    "margin_rate",
    "silence",
    "orders",
)
QUINTILES = 5


@dataclass(frozen=True)
class Reference:
    """What the whole book was like when it was fitted: quantile grids by fact, amounts at which schemes cut,
    how many families there are, and all revenue of twelve months."""

    grids: Mapping[str, list[float]]
    cuts: Mapping[str, list[float]] = field(default_factory=dict)
    families: int = 0
    revenue: float = 0.0

    def rank(self, name: str, values: Floats) -> Floats:
        return percentile_of(values, np.array(self.grids.get(name, []), np.float64))

    def as_json(self) -> dict[str, Any]:
        return {
            "grids": dict(self.grids),
            "cuts": {
                code: [None if np.isinf(cut) else cut for cut in cuts] for code, cuts in self.cuts.items()
            },
            "families": self.families,
            "revenue": self.revenue,
        }

    @classmethod
    def of_json(cls, told: Mapping[str, Any]) -> Reference:
        cuts = {
            code: [float("inf") if cut is None else cut for cut in cuts]
            for code, cuts in told["cuts"].items()
        }
        return cls(told["grids"], cuts, told["families"], told["revenue"])


def refer(facts: Facts, *, population: Flags) -> Reference:
    """The reference of a book, over the accounts of ``population``; scheme cuts are added later."""
    rates = _with_rates(facts)
    grids = {name: grid_of(rates[name][population]) for name in RANKED}
    families = facts["families"][population]
    known = families[~np.isnan(families)]
    revenue = float(facts["revenue"][population].sum())
    return Reference(grids, {}, int(known.max()) if known.size else 0, revenue)


def _with_rates(facts: Facts) -> dict[str, Floats]:
    revenue = facts["revenue"]
    nothing = np.full(revenue.shape, np.nan)
    return dict(facts) | {
        "margin_rate": np.divide(facts["margin"], revenue, out=nothing.copy(), where=revenue > 0),
        "contribution_rate": np.divide(facts["contribution"], revenue, out=nothing.copy(), where=revenue > 0),
    }


def judge(
    facts: Facts, reference: Reference, method: WorthMethod, *, ratings: Mapping[str, Floats], currency: str
) -> dict[str, Floats]:
    """``facts`` with all that is made of them. ``ratings`` are 1–5 by people, NaN where nobody rated;
    ``facts`` may hold ``alive``, P(still a customer)."""
    found = _with_rates(facts)
    for name in RANKED:
        found[f"{name}_rank"] = reference.rank(name, found[name])
    # who bought nothing in twelve months contributes nothing now, whatever loss others make
    stopped = (found["revenue"] <= 0) & (found["orders"] == 0)
    found["value_rank"] = np.where(stopped, 0.0, found["contribution_rank"])
    found["stopped"] = stopped.astype(float)
    found |= _potential(found, reference, method)
    found |= _matrix(found, method.matrix)
    found |= _rfm(found)
    for name in RATED:
        found[f"rated_{name}"] = ratings.get(name, np.full(found["revenue"].shape, np.nan))
    found |= _admission(found, method, currency)
    found |= _four_factors(found, method.factors, reference)
    return found | dimensions(found, method.score.weights())


def _potential(found: Facts, reference: Reference, method: WorthMethod) -> dict[str, Floats]:
    """0–100: a mean of the known parts, by their weights; NaN where none is known."""
    room = (
        1 - found["families"] / reference.families
        if reference.families
        else np.full(found["revenue"].shape, np.nan)
    )
    parts = {"growth": found["growth_rank"], "room": room, "trend": found["half_trend_rank"]}
    weights = {name: float(getattr(method.potential, name).value) for name in parts}
    return {"room": room, "potential": 100 * weighted(parts, weights)}


def weighted(parts: Mapping[str, Floats], weights: Mapping[str, float]) -> Floats:
    """The weighted mean of the parts that are known; an unknown part is left out, not taken as 0."""
    values = np.stack([parts[name] for name in parts])
    each = np.array([weights[name] for name in parts])[:, None] * ~np.isnan(values)
    total = each.sum(axis=0)
    held = (np.nan_to_num(values) * each).sum(axis=0)
    return np.asarray(np.divide(held, total, out=np.full(total.shape, np.nan), where=total > 0))


def _matrix(found: Facts, cuts: MatrixCuts) -> dict[str, Floats]:
    """The class and its reason as places in WORDS["matrix"] and REASONS."""
    rank, growth, variation = found["value_rank"], found["growth"], found["stability"]
    found = {"stopped": np.zeros(rank.shape)} | dict(found)
    stable = variation <= float(cuts.stable_below.value)
    fast = growth >= float(cuts.fast_from.value)
    top, middle = rank >= float(cuts.core_from.value), rank >= float(cuts.middle_from.value)
    pain = pains(found, cuts)
    order: list[tuple[Flags, str, str]] = [
        (np.isnan(rank), "unclassified", "margin_unknown"),
        (found["stopped"] > 0, "improve", "stopped"),
        (top & stable, "core", "top_stable"),
        (middle & fast & ~top, "potential", "middle_fast"),
        (stable & ~fast & ~top & ~np.isnan(growth), "maintain", "stable_slow"),
        (~middle & pain, "improve", "low_pain"),
        (np.isnan(variation) & top, "unclassified", "top_stability_unknown"),
        (top, "unclassified", "top_not_stable"),
        (np.isnan(growth) & np.isnan(variation), "unclassified", "too_new"),
        (middle & np.isnan(growth), "unclassified", "middle_growth_unknown"),
        (middle, "unclassified", "middle_slow_unstable"),
        (np.ones(rank.shape, bool), "unclassified", "low_no_pain"),
    ]
    conditions = [condition for condition, _, _ in order]
    return {
        "matrix": np.select(conditions, [WORDS["matrix"].index(word) for _, word, _ in order]).astype(float),
        "matrix_reason": np.select(conditions, [REASONS.index(why) for _, _, why in order]).astype(float),
        "pain": pain.astype(float),
    }


def pains(found: Facts, cuts: MatrixCuts) -> Flags:
    """Whether the books show a pain point: it loses us money, sends goods back, or buys much less."""
    if "pain" in found:
        return np.asarray(found["pain"] > 0)
    return np.asarray(
        (found["contribution"] < 0)
        | (found["return_rate"] >= float(cuts.pain_returns.value))
        | (found["growth"] <= -float(cuts.pain_shrink.value))
    )


def _rfm(found: Facts) -> dict[str, Floats]:
    """Quintiles 1–5, 5 best: how lately, how often in the year, how much in the year."""

    def quintile(rank: Floats) -> Floats:
        return np.asarray(np.clip(np.floor(np.nan_to_num(rank) * QUINTILES) + 1, 1, QUINTILES))

    return {
        "r": quintile(1 - found["silence_rank"]),
        "f": quintile(found["orders_rank"]),
        "m": quintile(found["revenue_rank"]),
    }


def _admission(found: Facts, method: WorthMethod, currency: str) -> dict[str, Floats]:
    """Five traits: the amount by the books, four by ratings; ``verdict`` is a place in WORDS["verdict"].

    Unknown while the traits not yet rated could still decide; an amount in another currency is not known.
    """
    asked = method.admission
    if currency == asked.currency.value:
        amount = (found["revenue"] > float(asked.amount.value)).astype(float)
    else:
        amount = np.full(found["revenue"].shape, np.nan)
    traits = [amount]
    for name in RATED:
        rating = found[f"rated_{name}"]
        traits.append(np.where(np.isnan(rating), np.nan, rating >= asked.rating_from.value))
    each = np.stack(traits)
    had, unknown = np.nansum(each, axis=0), np.isnan(each).sum(axis=0)
    needed = asked.needed.value
    # the amount is the admission itself: without it the other four do not make a key account
    failed = (amount == 0) | (had + unknown < needed)
    verdict = np.where(failed, 1, np.where((amount == 1) & (had >= needed), 0, 2))
    return {"traits": had, "traits_unknown": unknown.astype(float), "verdict": verdict.astype(float)}


def _four_factors(found: Facts, asked: FourFactors, reference: Reference) -> dict[str, Floats]:
    """How many of frequency, volume, margin and influence are met; loyalty is a gate of its own."""
    share = found["revenue"] / reference.revenue if reference.revenue > 0 else found["revenue"] * np.nan
    met = [
        found["orders"] >= float(asked.orders.value),
        found["revenue_rank"] >= float(asked.volume_rank.value),
        found["margin_rate_rank"] >= float(asked.margin_rank.value),
        share >= float(asked.influence_share.value),
    ]
    loyal = found["purchases"] >= asked.loyal_purchases.value
    if "alive" in found:
        loyal &= found["alive"] >= float(asked.loyal_alive.value)
    names = ("factor_orders", "factor_volume", "factor_margin", "factor_influence")
    return {
        "share": share,
        "factors": np.sum(met, axis=0).astype(float),
        "is_loyal": loyal.astype(float),
        **{name: one.astype(float) for name, one in zip(names, met, strict=True)},
    }


def dimensions(found: Facts, weights: Mapping[str, float]) -> dict[str, Floats]:
    """Four dimensions 0–100 and their weighted score; a dimension nobody can know is left out."""
    rated = {name: (found[f"rated_{name}"] - 1) / 4 for name in RATED}
    even = dict.fromkeys(rated, 1.0)
    parts = {
        "current": weighted(
            {"revenue": found["revenue_rank"], "margin": found["value_rank"]}, {"revenue": 1, "margin": 2}
        ),
        "potential": found["potential"] / 100,
        "relationship": weighted(
            {
                "tenure": np.clip(found["tenure"] / 1825, 0, 1),
                "steady": np.clip(1 - found["stability"], 0, 1),
                "alive": found.get("alive", found["tenure"] * np.nan),
            },
            {"tenure": 1, "steady": 1, "alive": 1},
        ),
        "strategic": weighted(rated, even),
    }
    named = {f"dim_{name}": 100 * parts[name] for name in DIMENSIONS}
    return named | {"score": 100 * weighted(parts, weights)}


def rank_stability(found: Facts, weights: Mapping[str, float], wiggle: float, cuts: list[float]) -> Flags:
    """Whether an account keeps its level when each weight moves by ± ``wiggle`` in turn; ``cuts`` fall."""

    def level(score: Floats) -> Floats:
        return np.asarray(np.sum([score < cut for cut in cuts], axis=0), np.float64)

    stays = np.ones(found["score"].shape, bool)
    parts = {name: found[f"dim_{name}"] / 100 for name in DIMENSIONS}
    held = level(found["score"])
    for name in DIMENSIONS:
        for turn in (1 - wiggle, 1 + wiggle):
            moved = 100 * weighted(parts, {**weights, name: weights[name] * turn})
            stays &= level(moved) == held
    return np.asarray(stays)
