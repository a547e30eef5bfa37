"""How to go about an account: does a group buy or one person, and what does its industry ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Literal

from django.utils.translation import gettext as _
from pydantic import Field, model_validator

from changqing.base.packs import Method, Named, Part, Sourced
from changqing.value.rules.schemes import Code

Sign = Literal["participants", "amount", "layers"]
Says = Literal["key", "ordinary", "unknown"]
SIGNS: tuple[Sign, ...] = ("participants", "amount", "layers")


class Signs(Part):
    participants: Sourced[Annotated[int, Field(ge=1, le=1000)]]
    amount: Sourced[Annotated[Decimal, Field(gt=0)]]
    layers: Sourced[Annotated[int, Field(ge=1, le=5)]]
    currency: Sourced[Annotated[str, Field(pattern=r"^[A-Z]{3}$")]]


class Decision(Part):
    """One row of the decision table: what each sign must say, and the process it leads to."""

    when: Annotated[Mapping[Sign, Literal["key", "ordinary"]], Field(min_length=1)]
    then: Code


class Process(Part):
    code: Code
    name: Named
    source: str = Field(min_length=1)
    steps: Annotated[tuple[Named, ...], Field(min_length=1)]


class IndustryCard(Part):
    """What an industry asks for: emphasis, message, outline of a proposal, risks to go through."""

    code: Code
    name: Named
    words: Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=1)]
    source: str = Field(min_length=1)
    emphasis: Named
    message: Named
    proposal: Annotated[tuple[Named, ...], Field(min_length=1)]
    risks: Annotated[tuple[Named, ...], Field(min_length=1)]


class ApproachMethod(Method):
    """The pack ``approach``."""

    signs: Signs
    decisions: Annotated[tuple[Decision, ...], Field(min_length=1)]
    processes: Annotated[tuple[Process, ...], Field(min_length=1)]
    industries: tuple[IndustryCard, ...] = ()

    @model_validator(mode="after")
    def _decisions_lead_somewhere(self) -> ApproachMethod:
        known = {process.code for process in self.processes}
        for decision in self.decisions:
            if decision.then not in known:
                raise ValueError(_("没有名为 %(code)s 的流程") % {"code": decision.then})
        return self


@dataclass(frozen=True)
class SuggestedWay:
    """The process that the signs lead to, None where they do not decide; what each sign says of its value."""

    process: Process | None
    signs: Mapping[Sign, tuple[Says, Decimal | None]]


def suggest(values: Mapping[Sign, Decimal | int | None], *, method: ApproachMethod) -> SuggestedWay:
    """The first row of the table that ``values`` meet whole; a value of None is not known."""
    edges = {name: Decimal(getattr(method.signs, name).value) for name in SIGNS}
    signs = {name: _sign(values.get(name), edges[name]) for name in SIGNS}
    processes = {process.code: process for process in method.processes}
    for row in method.decisions:
        if all(signs[name][0] == wanted for name, wanted in row.when.items()):
            return SuggestedWay(processes[row.then], signs)
    return SuggestedWay(None, signs)


def _sign(value: Decimal | int | None, edge: Decimal) -> tuple[Says, Decimal | None]:
    if value is None:
        return "unknown", None
    number = Decimal(value)
    return ("key" if number >= edge else "ordinary"), number


def card_for(industry: str, *, method: ApproachMethod) -> IndustryCard | None:
    """The first card with a word that stands in ``industry``; None where there is none."""
    said = industry.casefold()
    found = (card for card in method.industries if any(word.casefold() in said for word in card.words))
    return next(found, None) if said else None
