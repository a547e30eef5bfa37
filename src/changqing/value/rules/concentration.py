"""Judgements over the whole book: is it 80/20, who is A, where profit is eaten, where dependence is a risk.

Arithmetic is the engine's, thresholds are the method pack's; here they meet. A figure that cannot be
computed is None and ``unknown`` names why by a code of the engine; words are the page's job.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeVar

import numpy as np
from django.utils.translation import gettext as _
from numpy.typing import NDArray
from pydantic import Field, model_validator

from changqing.base.money import CENT
from changqing.base.packs import Method, Named, Pack, Part, Sourced
from changqing.engine.computable import Floats, Integers, NotComputable, Values, floats
from changqing.engine.concentration import (
    Classes,
    GroupConcentration,
    Pareto,
    WhaleCurve,
    abc,
    bands,
    gini,
    hhi,
    hhi_by,
    numbered,
    pareto,
    rank,
    thin,
    whale_curve,
)

Fraction01 = Annotated[Decimal, Field(gt=0, le=1)]
Months = Annotated[int, Field(gt=0, le=600)]
R = TypeVar("R")
DRAWN_POINTS = 200
BELOW_ALL_BANDS = "below"
UNKNOWN_GROUP = ""


class ParetoThresholds(Part):
    head_share: Sourced[Fraction01]
    value_share: Sourced[Fraction01]
    tolerance: Sourced[Annotated[Decimal, Field(ge=0, lt=1)]]


class AbcThresholds(Part):
    """``split`` is by head-count, ``expected`` by revenue; class A comes first."""

    split: Sourced[Annotated[tuple[Fraction01, ...], Field(min_length=1, max_length=26)]]
    expected: Sourced[tuple[Fraction01, ...]]

    @model_validator(mode="after")
    def _add_up(self) -> AbcThresholds:
        if sum(self.split.value) != 1 or sum(self.expected.value) != 1:
            raise ValueError(_("各类占比之和应为 1"))
        if len(self.split.value) != len(self.expected.value):
            raise ValueError(_("split 与 expected 的类数应相同"))
        return self


class Band(Part):
    code: Annotated[str, Field(pattern=r"^[a-z][a-z_]{0,18}$")]
    lower: Annotated[Decimal, Field(alias="from", gt=0)]
    name: Named
    staffing: Named


class AmountBands(Part):
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    source: str
    levels: Annotated[tuple[Band, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _fall(self) -> AmountBands:
        edges, codes = [band.lower for band in self.levels], [band.code for band in self.levels]
        if edges != sorted(set(edges), reverse=True):
            raise ValueError(_("各级下限（from）应从高到低，且互不相同"))
        if len({*codes, BELOW_ALL_BANDS}) != len(codes) + 1:
            raise ValueError(_("各级代码（code）应互不相同，且不能是 %(code)s") % {"code": BELOW_ALL_BANDS})
        return self


class Limits(Part):
    single_account: Sourced[Fraction01]
    top_five: Sourced[Fraction01]
    single_industry: Sourced[Fraction01]


class Periods(Part):
    portfolio_months: Sourced[Months]
    annual_months: Sourced[Months]


class Freshness(Part):
    stale_after_days: Sourced[Annotated[int, Field(gt=0)]]


class ConcentrationMethod(Method):
    """The pack ``concentration``."""

    pareto: ParetoThresholds
    abc: AbcThresholds
    bands: AmountBands
    limits: Limits
    periods: Periods
    freshness: Freshness


PARTS_OF_REVENUE = ("revenue_without_cost", "revenue_converted")


@dataclass(frozen=True, kw_only=True)
class BookFacts:
    """One period of a book. Arrays hold one entry an account that has an order in the period.

    ``keys`` break ties. ``margin`` counts where ``margin_known``; an account without the cost of any line
    is not known. ``annual`` is revenue of the last twelve months, None when the ledger cannot say.
    ``industries`` and ``families`` are sums of revenue, "" those without one. Totals are exact sums, made
    where the lines are; ``revenue_without_cost`` is of lines whose cost nobody knows, ``revenue_converted``
    of lines in another currency. ``band_rate``: what one unit of ``currency`` costs in the bands' own.
    """

    keys: Sequence[str] | Sequence[int]
    revenue: Values
    margin: Values
    margin_known: NDArray[np.bool_]
    annual: Values | None
    industries: Mapping[str, Decimal]
    families: Mapping[str, Decimal]
    accounts: int
    orders: int
    lines: int
    total_revenue: Decimal
    total_margin: Decimal
    currency: str
    period: str
    as_of: date | None
    band_rate: Decimal | None = None
    revenue_without_cost: Decimal = Decimal(0)
    revenue_converted: Decimal = Decimal(0)


@dataclass(frozen=True)
class Verdict:
    """The answer to one question as a code and the numbers of its sentence."""

    question: str
    code: Literal["below", "at", "above", "within", "over", "losses", "no_losses", "unknown"]
    numbers: Mapping[str, Any]


@dataclass(frozen=True)
class AbcClass:
    accounts: int
    share: float | None
    expected: Decimal


@dataclass(frozen=True)
class BandCounts:
    """Accounts by band code, and below the lowest; ``because`` says why they are unknown, else is empty."""

    currency: str
    because: Literal["", "no_accounts", "no_annual_revenue", "no_rate"]
    accounts: Mapping[str, int]


@dataclass(frozen=True, eq=False)
class Places:
    """Each account's place, in the order of ``BookFacts.keys``. ``band`` is "" where unknown."""

    rank: Integers
    cumulative_share: Floats | None
    abc: list[str]
    band: list[str]


@dataclass(frozen=True, kw_only=True)
class RankingResult:
    """What ``changqing portfolio --json`` prints; shares and curves are floats, money is Decimal."""

    period: str
    as_of: date | None
    currency: str
    accounts: int
    buying_accounts: int
    orders: int
    lines: int
    revenue: Decimal
    margin: Decimal
    margin_rate: float | None
    revenue_without_cost: Decimal
    revenue_converted: Decimal
    margin_unknown_accounts: int
    negative_revenue_accounts: int
    top20_share: float | None
    top20_accounts: int | None
    accounts_to_80: int | None
    profit_top20_share: float | None
    profit_accounts_to_80: int | None
    loss_making: int | None
    whale_peak: Decimal | None
    whale_peak_accounts: int | None
    whale_eaten: Decimal | None
    gini: float | None
    hhi: float | None
    hhi_industry: float | None
    hhi_family: float | None
    abc: Mapping[str, AbcClass]
    bands: BandCounts
    unknown: Mapping[str, str]
    verdicts: tuple[Verdict, ...]
    revenue_curve: tuple[tuple[int, float], ...]
    profit_curve: tuple[tuple[int, float], ...]
    method: Mapping[str, str | int]
    places: Places | None = field(compare=False)

    def as_json(self, *, money: Callable[[Decimal], Any] = str) -> dict[str, Any]:
        """Everything but ``places`` in types that json can write; ``money`` says how a Decimal is written."""
        return {
            part.name: _plain(getattr(self, part.name), money)
            for part in fields(self)
            if part.name != "places"
        }


def _plain(value: Any, money: Callable[[Decimal], Any]) -> Any:
    if isinstance(value, Decimal):
        return money(value)
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value):
        return {part.name: _plain(getattr(value, part.name), money) for part in fields(value)}
    if isinstance(value, Mapping):
        return {key: _plain(inner, money) for key, inner in value.items()}
    if isinstance(value, tuple):
        return [_plain(inner, money) for inner in value]
    return value


class _Answers:
    """Asks the engine, and remembers by name what could not be computed and why."""

    def __init__(self) -> None:
        self.unknown: dict[str, str] = {}

    def ask(self, name: str, question: Callable[[], R]) -> R | None:
        try:
            return question()
        except NotComputable as no:
            self.unknown[name] = no.code
            return None


def rank_book(facts: BookFacts, *, pack: Pack[ConcentrationMethod]) -> RankingResult:
    """Rank, classify and judge a whole book by ``pack``. An empty book gets a result without figures.

    Gini and HHI are taken over accounts whose revenue is not negative (returns can exceed sales in a
    period); ``negative_revenue_accounts`` counts those left out. Pareto and ABC rank all.
    Raises NotComputable for faulty input: NaN, infinite, or arrays of unequal length.
    """
    method, answers = pack.method, _Answers()
    revenue, margin, known = _arrays(facts)
    keys = numbered(facts.keys)
    shares = (method.pareto.head_share.value, method.pareto.value_share.value)
    whole = answers.ask("pareto", lambda: _pareto(revenue, keys, shares))
    profit = answers.ask("profit_pareto", lambda: _pareto(margin[known], None, shares))
    whale = answers.ask("whale", lambda: whale_curve(margin[known]))
    classes = answers.ask("abc", lambda: abc(revenue, method.abc.split.value, keys=keys))
    industry = answers.ask("hhi_industry", lambda: _by_group(facts.industries))
    family = answers.ask("hhi_family", lambda: _by_group(facts.families))
    band_of, counts = _bands(facts, method.bands)
    copied = ("period", "as_of", "currency", "accounts", "orders", "lines", *PARTS_OF_REVENUE)
    return RankingResult(
        **{name: getattr(facts, name) for name in copied},
        buying_accounts=len(keys),
        revenue=facts.total_revenue,
        margin=facts.total_margin,
        margin_rate=margin_rate(facts.total_revenue - facts.revenue_without_cost, facts.total_margin),
        margin_unknown_accounts=int((~known).sum()),
        negative_revenue_accounts=int((revenue < 0).sum()),
        **_pareto_figures(whole, profit),
        **_whale_figures(whale),
        gini=answers.ask("gini", lambda: gini(revenue[revenue >= 0])),
        hhi=answers.ask("hhi", lambda: hhi(revenue[revenue >= 0])),
        hhi_industry=industry.hhi if industry else None,
        hhi_family=family.hhi if family else None,
        abc=_class_rows(classes, method.abc),
        bands=counts,
        unknown=answers.unknown,
        verdicts=_verdicts(method, facts, (whole, profit, whale, industry)),
        method={"name": pack.name, "version": pack.version, "digest": pack.digest},
        places=_places(revenue, keys, (whole, classes, band_of), _letters(method.abc)),
    )


def margin_rate(revenue: Decimal, margin: Decimal | None) -> float | None:
    """Margin ÷ the revenue whose cost is known; None where there is none.

    >>> margin_rate(Decimal(200), Decimal(50))
    0.25
    """
    return None if margin is None or revenue <= 0 else float(margin / revenue)


def is_stale(as_of: date, *, today: date, method: ConcentrationMethod) -> bool:
    """Whether the book's last day lies so far back that every page must say so."""
    return (today - as_of).days > method.freshness.stale_after_days.value


def pareto_verdict(question: str, found: Pareto | None, thresholds: ParetoThresholds) -> Verdict:
    """Is it 80/20? "at" within the tolerance; the head's share against what the head is said to hold."""
    head, expected = thresholds.head_share.value, thresholds.value_share.value
    asked: dict[str, Any] = {"head": head, "expected": expected}
    if found is None:
        return Verdict(question, "unknown", asked)
    distance = found.head_share - float(expected)
    near = abs(distance) <= float(thresholds.tolerance.value) + 1e-12
    numbers = asked | {
        "share": found.head_share,
        "head_accounts": found.head_accounts,
        "accounts_to": found.accounts_to_share,
        "accounts": found.accounts,
    }
    return Verdict(question, "at" if near else "above" if distance > 0 else "below", numbers)


def whale_verdict(found: WhaleCurve | None) -> Verdict:
    """How much of the profit that was made is lost again, and by how many accounts."""
    if found is None:
        return Verdict("whale", "unknown", {})
    numbers = {
        "peak": _cents(found.peak),
        "peak_accounts": found.peak_accounts,
        "eaten": _cents(found.eaten),
        "loss_making": found.loss_making,
        "total": _cents(found.total),
        "accounts": found.accounts,
    }
    return Verdict("whale", "losses" if found.loss_making else "no_losses", numbers)


def dependence_verdicts(
    whole: Pareto | None, industry: GroupConcentration | None, facts: BookFacts, limits: Limits
) -> tuple[Verdict, ...]:
    """Does the book depend on one account, five accounts, or one industry beyond the limits?

    Shares are of all revenue; revenue without an industry is told apart, as ``without``.
    """
    total = float(facts.total_revenue)
    first = facts.keys[int(whole.ranking.order[0])] if whole else ""
    largest = industry.groups[0] if industry and whole else None
    without = float(facts.industries.get(UNKNOWN_GROUP, 0))
    by_industry = {"name": largest.key, "without": without / total} if largest else {}
    held = largest.total / total if largest else None
    five = float(whole.cumulative[min(5, whole.accounts) - 1]) if whole else None
    return (
        _within(
            "single_account", float(whole.cumulative[0]) if whole else None, limits.single_account, key=first
        ),
        _within("top_five", five, limits.top_five),
        _within("single_industry", held, limits.single_industry, **by_industry),
    )


def _within(question: str, share: float | None, limit: Sourced[Decimal], **numbers: Any) -> Verdict:
    if share is None:
        return Verdict(question, "unknown", {"limit": limit.value})
    over = share > float(limit.value)
    return Verdict(question, "over" if over else "within", {"share": share, "limit": limit.value, **numbers})


def _verdicts(
    method: ConcentrationMethod,
    facts: BookFacts,
    found: tuple[Pareto | None, Pareto | None, WhaleCurve | None, GroupConcentration | None],
) -> tuple[Verdict, ...]:
    whole, profit, whale, industry = found
    return (
        pareto_verdict("revenue_pareto", whole, method.pareto),
        pareto_verdict("profit_pareto", profit, method.pareto),
        whale_verdict(whale),
        *dependence_verdicts(whole, industry, facts, method.limits),
    )


def _arrays(facts: BookFacts) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    size = len(facts.keys)
    if not size:
        return np.empty(0), np.empty(0), np.empty(0, bool)
    known = np.asarray(facts.margin_known, bool)
    revenue = floats(facts.revenue, name="revenue")
    margin = np.asarray(facts.margin, np.float64)
    if not size == revenue.size == margin.size == known.size:
        raise NotComputable("unequal_lengths", "keys, revenue, margin and margin_known must be of one length")
    if not np.isfinite(margin[known]).all():
        raise NotComputable(
            "not_finite", "margin holds a value that is no number where it is said to be known"
        )
    return revenue, margin, known


def _pareto(values: Floats, keys: Integers | None, shares: tuple[Decimal, Decimal]) -> Pareto:
    return pareto(values, head_share=shares[0], value_share=shares[1], keys=keys)


def _by_group(sums: Mapping[str, Decimal]) -> GroupConcentration:
    known = {name: money for name, money in sums.items() if name != UNKNOWN_GROUP}
    return hhi_by(list(known), list(known.values()))


def _cents(amount: float) -> Decimal:
    return Decimal(repr(amount)).quantize(CENT)


def _pareto_figures(whole: Pareto | None, profit: Pareto | None) -> dict[str, Any]:
    return {
        "top20_share": whole.head_share if whole else None,
        "top20_accounts": whole.head_accounts if whole else None,
        "accounts_to_80": whole.accounts_to_share if whole else None,
        "profit_top20_share": profit.head_share if profit else None,
        "profit_accounts_to_80": profit.accounts_to_share if profit else None,
        "revenue_curve": _revenue_curve(whole),
    }


def _revenue_curve(found: Pareto | None) -> tuple[tuple[int, float], ...]:
    if found is None:
        return ()
    line = np.concatenate(([0.0], found.cumulative))
    drawn = thin(line, DRAWN_POINTS, keep=(found.head_accounts, found.accounts_to_share))
    return tuple((int(at), round(float(line[at]), 6)) for at in drawn)


def _whale_figures(found: WhaleCurve | None) -> dict[str, Any]:
    curve: tuple[tuple[int, float], ...] = ()
    if found is not None:
        line = np.concatenate(([0.0], found.cumulative))
        drawn = thin(line, DRAWN_POINTS, keep=(found.peak_accounts,))
        curve = tuple((int(at), round(float(line[at]), 2)) for at in drawn)
    return {
        "loss_making": found.loss_making if found else None,
        "whale_peak": _cents(found.peak) if found else None,
        "whale_peak_accounts": found.peak_accounts if found else None,
        "whale_eaten": _cents(found.eaten) if found else None,
        "profit_curve": curve,
    }


def _letters(thresholds: AbcThresholds) -> str:
    return "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[: len(thresholds.split.value)]


def _class_rows(found: Classes | None, thresholds: AbcThresholds) -> dict[str, AbcClass]:
    counts = found.accounts if found else (0,) * len(thresholds.split.value)
    shares = found.shares if found and found.shares else (None,) * len(counts)
    rows = zip(_letters(thresholds), counts, shares, thresholds.expected.value, strict=True)
    return {letter: AbcClass(count, share, expected) for letter, count, share, expected in rows}


def _bands(facts: BookFacts, scheme: AmountBands) -> tuple[list[str], BandCounts]:
    """The band of each account by revenue of twelve months in the bands' own currency, or why unknown."""
    rate = Decimal(1) if facts.currency == scheme.currency else facts.band_rate
    if not len(facts.keys):
        return [], BandCounts(scheme.currency, "no_accounts", {})
    if facts.annual is None or rate is None:
        because: Literal["no_annual_revenue", "no_rate"] = "no_rate" if rate is None else "no_annual_revenue"
        return [""] * len(facts.keys), BandCounts(scheme.currency, because, {})
    annual = floats(facts.annual, name="annual") * float(rate)
    if annual.size != len(facts.keys):
        raise NotComputable("unequal_lengths", "keys and annual must be of one length")
    codes = [*(band.code for band in scheme.levels), BELOW_ALL_BANDS]
    of = bands(annual, [float(band.lower) for band in scheme.levels])
    of[of < 0] = len(codes) - 1
    counts = np.bincount(of, minlength=len(codes)).tolist()
    return [codes[at] for at in of], BandCounts(scheme.currency, "", dict(zip(codes, counts, strict=True)))


def _places(
    revenue: Floats, keys: Integers, found: tuple[Pareto | None, Classes | None, list[str]], letters: str
) -> Places | None:
    whole, classes, band_of = found
    if classes is None:
        return None
    ranking = rank(revenue, keys)
    running = None
    if whole is not None:
        running = np.empty(whole.accounts)
        running[ranking.order] = whole.cumulative
    return Places(ranking.rank, running, [letters[at] for at in classes.of], band_of)
