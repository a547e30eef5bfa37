"""The pack ``worth`` as a typed model."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from changqing.base.packs import Method, Part, Sourced

Share = Annotated[Decimal, Field(ge=0, le=1)]
Weight = Annotated[Decimal, Field(ge=0, le=100)]
Rate = Annotated[Decimal, Field(ge=0, lt=1)]


class MatrixCuts(Part):
    core_from: Sourced[Share]
    middle_from: Sourced[Share]
    stable_below: Sourced[Annotated[Decimal, Field(gt=0, le=5)]]
    fast_from: Sourced[Annotated[Decimal, Field(ge=0, le=10)]]
    pain_returns: Sourced[Share]
    pain_shrink: Sourced[Share]


class PotentialWeights(Part):
    growth: Sourced[Weight]
    room: Sourced[Weight]
    trend: Sourced[Weight]


class ScoreWeights(Part):
    current: Sourced[Weight]
    potential: Sourced[Weight]
    relationship: Sourced[Weight]
    strategic: Sourced[Weight]
    wiggle: Sourced[Share]

    def weights(self) -> dict[str, float]:
        return {name: float(getattr(self, name).value) for name in DIMENSIONS}


class Admission(Part):
    amount: Sourced[Annotated[Decimal, Field(gt=0)]]
    currency: Sourced[Annotated[str, Field(pattern=r"^[A-Z]{3}$")]]
    needed: Sourced[Annotated[int, Field(ge=1, le=5)]]
    rating_from: Sourced[Annotated[int, Field(ge=1, le=5)]]


class FourFactors(Part):
    orders: Sourced[Annotated[Decimal, Field(gt=0)]]
    volume_rank: Sourced[Share]
    margin_rank: Sourced[Share]
    influence_share: Sourced[Share]
    loyal_purchases: Sourced[Annotated[int, Field(ge=1)]]
    loyal_alive: Sourced[Share]


class Lifetime(Part):
    years: Sourced[Annotated[int, Field(ge=1, le=10)]]
    discount: Sourced[Rate]
    capital: Sourced[Rate]
    interval: Sourced[Annotated[Decimal, Field(gt=0, lt=1)]]
    regular_below: Sourced[Annotated[Decimal, Field(gt=0, le=5)]]
    silent_share: Sourced[Share]


class Claims(Part):
    order_value: Sourced[Annotated[Decimal, Field(gt=0)]]
    years: Sourced[Annotated[Decimal, Field(gt=0)]]
    revenue: Sourced[Share]
    brand: Sourced[Share]


class WorthMethod(Method):
    """The pack ``worth``."""

    matrix: MatrixCuts
    potential: PotentialWeights
    score: ScoreWeights
    admission: Admission
    factors: FourFactors
    lifetime: Lifetime
    claims: Claims


DIMENSIONS = ("current", "potential", "relationship", "strategic")
