"""Growth and effort: streams of profit, revenue that stays, value against its beginning, return on effort."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from django.utils.translation import gettext as _
from pydantic import Field, model_validator

from changqing.base.packs import Method, Named, Part, Sourced
from changqing.value.rules.schemes import Code

YEAR = 12


class Stream(Part):
    """Where profit comes from; ``words`` say which product families belong to it, none takes the rest."""

    code: Code
    kind: Literal["core", "follow_on"]
    name: Named
    words: tuple[Annotated[str, Field(min_length=1)], ...] = ()


class Template(Part):
    code: Code
    name: Named
    source: str = Field(min_length=1)
    streams: Annotated[tuple[Stream, ...], Field(min_length=1, max_length=12)]

    @model_validator(mode="after")
    def _one_takes_the_rest(self) -> Template:
        if sum(not stream.words for stream in self.streams) != 1:
            raise ValueError(_("恰有一条利润流不写 words，收下其余品类"))
        return self

    def stream_of(self, family: str) -> Stream:
        """The first stream with a word that stands in ``family``; else the one that takes the rest."""
        said = family.casefold()
        found = (one for one in self.streams if any(word.casefold() in said for word in one.words))
        return next(found, None) or next(one for one in self.streams if not one.words)


class Expansion(Part):
    multiple: Sourced[Annotated[Decimal, Field(gt=1)]]


class Partner(Part):
    growth: Sourced[Annotated[Decimal, Field(gt=0)]]


class Returns(Part):
    low_below: Sourced[Annotated[Decimal, Field(ge=0)]]


class GrowthMethod(Method):
    """The pack ``growth``."""

    template: Sourced[Code]
    templates: Annotated[tuple[Template, ...], Field(min_length=1)]
    expansion: Expansion
    partner: Partner
    returns: Returns

    @model_validator(mode="after")
    def _template_is_there(self) -> GrowthMethod:
        if self.template.value not in {one.code for one in self.templates}:
            raise ValueError(_("templates 里没有 %(code)s") % {"code": self.template.value})
        return self

    @property
    def in_use(self) -> Template:
        return next(one for one in self.templates if one.code == self.template.value)


@dataclass(frozen=True)
class Retention:
    """Revenue of the accounts that bought a year before: then, now, and the ``smaller`` of both for each;
    ``new`` is revenue of those who did not, ``lost`` what those brought who stopped. Returns may make an
    account's revenue negative, which counts as it is.

    >>> found = Retention(accounts=3, before=200.0, now=190.0, smaller=140.0, new=30.0, lost=50.0)
    >>> found.net, found.gross
    (0.95, 0.7)
    """

    accounts: int
    before: float
    now: float
    smaller: float
    new: float
    lost: float

    @property
    def net(self) -> float | None:
        """What stays with growth; None where nobody bought before."""
        return self.now / self.before if self.before > 0 else None

    @property
    def gross(self) -> float | None:
        """What stays without growth."""
        return self.smaller / self.before if self.before > 0 else None

    def as_json(self) -> dict[str, float | int | None]:
        return {**asdict(self), "net": self.net, "gross": self.gross}


@dataclass(frozen=True)
class ValueGrowth:
    """An account's last twelve months against its first twelve; ``curve`` are sums of twelve months by their
    last month. ``growth`` None: the beginning is not above zero."""

    baseline: Decimal
    current: Decimal
    growth: float | None
    curve: tuple[tuple[date, Decimal], ...]


def value_growth(months: Sequence[date], values: Mapping[date, Decimal]) -> ValueGrowth | None:
    """Over whole ``months``, oldest first, from the first with an order on; None for less than two years."""
    first = next((at for at, month in enumerate(months) if values.get(month)), None)
    if first is None or len(months) - first < 2 * YEAR:
        return None
    lived = [values.get(month, Decimal(0)) for month in months[first:]]
    sums = [sum(lived[end - YEAR : end], Decimal(0)) for end in range(YEAR, len(lived) + 1)]
    ends = months[first + YEAR - 1 :]
    return ValueGrowth(
        baseline=sums[0],
        current=sums[-1],
        growth=float(sums[-1] / sums[0] - 1) if sums[0] > 0 else None,
        curve=tuple(zip(ends, sums, strict=True)),
    )


@dataclass(frozen=True)
class ActivityReturn:
    """What one activity cost, on how many accounts, and the margin shared to it."""

    activity: str
    cost: Decimal
    accounts: int
    margin: Decimal
    at_a_loss: Decimal

    @property
    def net_return(self) -> float:
        return float(self.margin / self.cost - 1)


def returns_by_activity(
    costs: Iterable[tuple[int, str, Decimal]], margins: Mapping[int, Decimal]
) -> list[ActivityReturn]:
    """Activities, lowest return first. An account's margin is shared over what was spent on it, by cost;
    ``at_a_loss`` is what was spent on accounts whose margin does not cover their cost."""
    spent: dict[int, Decimal] = defaultdict(Decimal)
    rows: dict[str, dict[int, Decimal]] = defaultdict(dict)
    for account, activity, cost in costs:
        if cost > 0:
            spent[account] += cost
            rows[activity][account] = rows[activity].get(account, Decimal(0)) + cost
    found = [
        ActivityReturn(
            activity=activity,
            cost=sum(by_account.values(), Decimal(0)),
            accounts=len(by_account),
            margin=sum(
                (margins.get(one, Decimal(0)) * cost / spent[one] for one, cost in by_account.items()),
                Decimal(0),
            ),
            at_a_loss=sum(
                (cost for one, cost in by_account.items() if margins.get(one, Decimal(0)) < spent[one]),
                Decimal(0),
            ),
        )
        for activity, by_account in rows.items()
    ]
    return sorted(found, key=lambda one: (one.net_return, one.activity))
