"""Tier schemes as data: a pack says on which fact and by which rule; here accounts are put into tiers.

Exactly one scheme governs (staffing, cadence, approval); the others are labels beside it. What depends on the
whole book (a share of accounts, a share of value) is cut once, when the book is fitted, into amounts on the
fact itself: so between two fits an account's tier depends on that account alone.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Literal

import numpy as np
from django.utils.translation import gettext as _
from numpy.typing import NDArray
from pydantic import Field, model_validator

from changqing.base.packs import Method, Named, Part, Sourced
from changqing.engine.computable import Floats, Integers
from changqing.value.rules.facts import Flags

Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,18}$")]
Fact = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")]
Basis = Literal[
    "headcount_share", "cumulative_share", "amount_band", "grid_2d", "weighted_score", "rfm", "tag"
]
UNKNOWN = ""
# Facts are floats, but these are one of a few words; they are told by their place in the list.
WORDS: dict[str, tuple[str, ...]] = {
    "matrix": ("core", "potential", "maintain", "improve", "unclassified"),
    "verdict": ("admitted", "not_admitted", "unknown"),
}
RULED = ("grid_2d", "weighted_score", "rfm", "tag")


class Condition(Part):
    """One fact within an interval (``from`` belongs to it, ``below`` does not), or one of some words."""

    fact: Fact
    lower: Decimal | None = Field(None, alias="from")
    below: Decimal | None = None
    words: tuple[str, ...] = Field((), alias="is")

    @model_validator(mode="after")
    def _says_something(self) -> Condition:
        if self.lower is None and self.below is None and not self.words:
            raise ValueError(_("条件应写明 from、below 或 is"))
        unknown = set(self.words) - set(WORDS.get(self.fact, ()))
        if unknown:
            raise ValueError(_("%(fact)s 没有 %(word)s 这个取值") % {"fact": self.fact, "word": min(unknown)})
        return self


class Tier(Part):
    """One level, best first. What it takes: ``share`` of accounts or of value (up to, cumulative), an amount
    ``from``, or any one of the lists of conditions; a level without any takes the rest."""

    code: Code
    name: Named
    share: Annotated[Decimal, Field(gt=0, le=1)] | None = None
    lower: Decimal | None = Field(None, alias="from")
    any_of: tuple[tuple[Condition, ...], ...] = ()
    service: Named | None = None
    staff: Annotated[int, Field(ge=0, le=20)] | None = None


class Scheme(Part):
    code: Code
    name: Named
    source: str = Field(min_length=1)
    basis: Basis
    on: Fact | None = None
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None
    is_rank: bool = True
    tiers: Annotated[tuple[Tier, ...], Field(min_length=1, max_length=26)]

    @model_validator(mode="after")
    def _hangs_together(self) -> Scheme:
        codes = [tier.code for tier in self.tiers]
        if len(set(codes)) != len(codes):
            raise ValueError(_("各级代码应互不相同"))
        if self.basis in ("headcount_share", "cumulative_share", "amount_band") and not self.on:
            raise ValueError(_("这种依据应写明 on：按哪个数来分"))
        shares = [tier.share for tier in self.tiers if tier.share is not None]
        if self.basis == "headcount_share" and sum(shares) != 1:
            raise ValueError(_("各级占客户数之和应为 1"))
        if self.basis == "cumulative_share" and (shares != sorted(set(shares)) or shares[-1:] != [1]):
            raise ValueError(_("各级累计占比应从小到大，最后为 1"))
        if self.basis == "amount_band":
            edges = [tier.lower for tier in self.tiers if tier.lower is not None]
            if edges != sorted(set(edges), reverse=True):
                raise ValueError(_("各级下限（from）应从高到低，且互不相同"))
        return self

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(tier.code for tier in self.tiers)

    def tier(self, code: str) -> Tier | None:
        return next((tier for tier in self.tiers if tier.code == code), None)


class Hysteresis(Part):
    """A tier changes when it has been another one for so many reviews in a row."""

    periods: Sourced[Annotated[int, Field(ge=1, le=6)]]
    period_months: Sourced[Annotated[int, Field(ge=1, le=24)]]


class TiersMethod(Method):
    """The pack ``tiers``."""

    governing: Sourced[Code]
    hysteresis: Hysteresis
    premises: tuple[Named, ...] = ()
    benefits: tuple[Named, ...] = ()
    schemes: Annotated[tuple[Scheme, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _one_governs(self) -> TiersMethod:
        codes = [scheme.code for scheme in self.schemes]
        if len(set(codes)) != len(codes):
            raise ValueError(_("各方案代码应互不相同"))
        if self.governing.value not in codes:
            raise ValueError(
                _("governing 指的方案 %(code)s 不在 schemes 里") % {"code": self.governing.value}
            )
        return self

    @property
    def governs(self) -> Scheme:
        return next(scheme for scheme in self.schemes if scheme.code == self.governing.value)

    def scheme(self, code: str) -> Scheme | None:
        return next((scheme for scheme in self.schemes if scheme.code == code), None)


@dataclass(frozen=True)
class Because:
    """Why an account is in a tier: the fact that decided, its value, and the edge it met."""

    fact: str
    value: float | str | None
    edge: float | None = None
    word: str = ""

    def as_json(self) -> dict[str, Any]:
        value = self.value if not isinstance(self.value, float) or np.isfinite(self.value) else None
        return {"fact": self.fact, "value": value, "edge": self.edge, "word": self.word}


@dataclass(frozen=True, eq=False)
class Placed:
    """``of[i]`` is the place in ``scheme.tiers`` of account i, −1 where not known; ``rule[i]`` which list of
    conditions of that tier was met, −1 for the rest or for a cut."""

    scheme: Scheme
    of: Integers
    rule: Integers

    def codes(self) -> list[str]:
        named = [*self.scheme.codes, UNKNOWN]
        return [named[at] for at in self.of.tolist()]


def cut_book(scheme: Scheme, facts: Mapping[str, Floats]) -> list[float]:
    """The amounts on the scheme's fact at which the whole book falls into its tiers, best first.

    A share of accounts rounds down; without enough accounts a tier is empty, its amount infinite.
    """
    on = scheme.on or ""
    if scheme.basis not in ("headcount_share", "cumulative_share") or on not in facts:
        return []
    known = facts[on]
    ranked = np.sort(known[~np.isnan(known)])[::-1]
    shares = [float(tier.share or 0) for tier in scheme.tiers]
    if scheme.basis == "headcount_share":
        ends = [int(sum(scheme_shares(scheme)[: at + 1]) * ranked.size) for at in range(len(shares))]
    else:
        total = ranked[ranked > 0].sum()
        running = np.cumsum(np.maximum(ranked, 0)) / total if total > 0 else np.zeros(ranked.size)
        ends = [int(np.searchsorted(running, share - 1e-12)) + 1 for share in shares]
    return [float(ranked[end - 1]) if 0 < end <= ranked.size else float("inf") for end in ends[:-1]]


def scheme_shares(scheme: Scheme) -> list[Decimal]:
    return [tier.share or Decimal(0) for tier in scheme.tiers]


def place(
    scheme: Scheme, facts: Mapping[str, Floats], *, cuts: Sequence[float], currency: str, size: int
) -> Placed:
    """Each account's tier by ``scheme``; unknown where the fact is, or where an amount lacks its rate."""
    if scheme.basis in RULED:
        return _by_rules(scheme, facts, size)
    value = facts.get(scheme.on or "", np.full(size, np.nan))
    if scheme.basis == "amount_band":
        if scheme.currency not in (None, currency):
            return Placed(scheme, np.full(size, -1), np.full(size, -1))
        cuts = [float(tier.lower) for tier in scheme.tiers if tier.lower is not None]
    edges = list(itertools.accumulate(cuts, min))
    of = np.full(size, min(len(edges), len(scheme.tiers) - 1), np.int64)
    for at in range(len(edges) - 1, -1, -1):
        of[value >= edges[at]] = at
    if scheme.basis == "amount_band" and len(edges) == len(scheme.tiers):
        of[value < edges[-1]] = -1
    of[np.isnan(value)] = -1
    return Placed(scheme, of, np.full(size, -1))


def _by_rules(scheme: Scheme, facts: Mapping[str, Floats], size: int) -> Placed:
    of, rule = np.full(size, -1, np.int64), np.full(size, -1, np.int64)
    free = np.ones(size, bool)
    for at, tier in enumerate(scheme.tiers):
        if not tier.any_of:
            of[free] = at
            break
        for number, conditions in enumerate(tier.any_of):
            met = free & _all_met(conditions, facts, size)
            of[met], rule[met] = at, number
            free &= ~met
    return Placed(scheme, of, rule)


def _all_met(conditions: Sequence[Condition], facts: Mapping[str, Floats], size: int) -> Flags:
    met: NDArray[np.bool_] = np.ones(size, bool)
    for one in conditions:
        value = facts.get(one.fact, np.full(size, np.nan))
        if one.words:
            places = [WORDS[one.fact].index(word) for word in one.words]
            met &= np.isin(value, places)
        if one.lower is not None:
            met &= value >= float(one.lower)
        if one.below is not None:
            met &= value < float(one.below)
    return met


def because(placed: Placed, at: int, facts: Mapping[str, Floats], cuts: Sequence[float]) -> list[Because]:
    """The facts that put account ``at`` where it is, each with its value and the edge it met."""
    scheme, of = placed.scheme, int(placed.of[at])
    if scheme.basis not in RULED:
        name = scheme.on or ""
        value = facts[name][at] if name in facts else None
        if of < 0:
            return [Because(name, None, word="unknown")]
        edges = (
            [float(tier.lower) for tier in scheme.tiers if tier.lower is not None]
            if scheme.basis == "amount_band"
            else list(cuts)
        )
        return [Because(name, float(value), edges[of] if of < len(edges) else None)]  # type: ignore[arg-type]
    if of < 0 or placed.rule[at] < 0:
        return [_said(one, facts, at) for one in _nearest(scheme)]
    return [_said(one, facts, at) for one in scheme.tiers[of].any_of[int(placed.rule[at])]]


def _nearest(scheme: Scheme) -> list[Condition]:
    """What the last tier with conditions asked for: those in the rest did not meet it."""
    asked = [tier for tier in scheme.tiers if tier.any_of]
    return list(asked[-1].any_of[0]) if asked else []


def _said(one: Condition, facts: Mapping[str, Floats], at: int) -> Because:
    value = float(facts[one.fact][at]) if one.fact in facts else float("nan")
    if one.words:
        names = WORDS[one.fact]
        word = names[int(value)] if np.isfinite(value) else "unknown"
        return Because(one.fact, word, word=word)
    edge = one.lower if one.lower is not None else one.below
    return Because(one.fact, value, None if edge is None else float(edge))
