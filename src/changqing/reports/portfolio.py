"""The portfolio: where the money sits, what it hangs on, and who eats the profit.

Ranks and classes are the whole book's, computed once when the book changed. Totals, curves and shares are
over the rows the reader may see: for a reader of the whole book those stored with the ranking, for others
made here by the same rules from the rows they may see.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils import timezone

from changqing.base.packs import Pack, load
from changqing.ledger.queries import family_sums
from changqing.people.permissions import Principal, sees_the_whole_book
from changqing.reports.accounts import ListedAccount, account_rows
from changqing.value.queries import (
    BookColumns,
    Cut,
    Narrowing,
    PastRanking,
    Ranking,
    Slice,
    columns_of,
    count_of,
    current_ranking,
    listed,
    method_of,
    past_rankings,
    view_of,
)
from changqing.value.rules import BookFacts, ConcentrationMethod, rank_book
from changqing.value.rules import margin_rate as margin_rate

LISTED = 50
PACK = "concentration"
ZERO = Decimal(0)
# What a ranking of the whole book says of accounts whose margin its reader may not see: there are none.
ALL_SHOWN: Mapping[str, Any] = {"margin_withheld_accounts": 0, "revenue_withheld_margin": "0"}
MONEY = (
    "revenue",
    "margin",
    "revenue_without_cost",
    "revenue_converted",
    "revenue_withheld_margin",
    "whale_peak",
    "whale_eaten",
)
Sums = Mapping[str, Decimal]


@dataclass(frozen=True)
class Portion:
    """One industry or family: its revenue and its share of the revenue in view. ``name`` "" has none."""

    name: str
    revenue: Decimal
    share: float


@dataclass(frozen=True, kw_only=True)
class Portfolio:
    """``results`` is a ``RankingResult`` as it was stored; ``families`` is None when it was not asked for.

    Beside it stands what is withheld from the reader: ``margin_withheld_accounts`` and their revenue. They
    are in no figure about margins, and not among ``margin_unknown_accounts``: those nobody knows.
    """

    period: str
    from_day: date | None
    as_of: date | None
    days_old: int | None
    currency: str
    is_whole_book: bool
    book_accounts: int
    results: Mapping[str, Any]
    method: ConcentrationMethod
    method_name: str
    method_digest: str
    industries: list[Portion]
    families: list[Portion] | None
    rows: list[ListedAccount]
    history: list[PastRanking]

    @property
    def largest(self) -> str:
        """The name of the account with the most revenue in view; "" where there is none."""
        return self.rows[0].name if self.rows else ""

    @property
    def content(self) -> str:
        """All it says beside its rows and its past, in one text: what says anything else has another."""
        # the method has a digest, and of the rows only the first is told beside them
        names = (field.name for field in fields(self) if field.name not in ("rows", "history", "method"))
        return repr([self.largest, *(getattr(self, name) for name in names)])

    @property
    def is_empty(self) -> bool:
        return not self.results["buying_accounts"]

    @property
    def is_stale(self) -> bool:
        return self.days_old is not None and self.days_old > self.method.freshness.stale_after_days.value

    @property
    def margin_known_accounts(self) -> int:
        """Accounts whose margin the reader is shown."""
        said = self.results
        unknown: int = said["margin_unknown_accounts"] + said["margin_withheld_accounts"]
        return int(said["buying_accounts"]) - unknown

    @property
    def revenue_with_cost(self) -> Decimal:
        """What the margin is of: revenue whose cost is known, of accounts whose margin is shown."""
        whole, *less = (
            self.money(name) or ZERO
            for name in ("revenue", "revenue_without_cost", "revenue_withheld_margin")
        )
        return whole - sum(less, ZERO)

    def money(self, name: str) -> Decimal | None:
        """One of the figures that are money."""
        # a ranking that is older than the figure does not have it
        value = self.results.get(name)
        return None if value is None else Decimal(value)

    def verdict(self, question: str) -> Mapping[str, Any]:
        return next(each for each in self.results["verdicts"] if each["question"] == question)

    def as_json(self) -> dict[str, Any]:
        """What ``changqing portfolio --json`` prints: money and shares as numbers, money to the cent."""
        said = dict(self.results)
        for name in MONEY:
            value = self.money(name)
            said[name] = None if value is None else float(value.quantize(Decimal("0.01")))
        said["is_whole_book"] = self.is_whole_book
        said["verdicts"] = [self._named(each) for each in said["verdicts"]]
        return said

    def history_json(self) -> list[dict[str, Any]]:
        """What ``changqing portfolio --json --history`` adds: rankings of this period, newest first."""
        return [_past_json(past) for past in self.history]

    def _named(self, verdict: dict[str, Any]) -> dict[str, Any]:
        """The largest account by its key, also where the rules knew it by its rank only."""
        if verdict["question"] != "single_account" or not self.rows:
            return verdict
        return verdict | {"numbers": verdict["numbers"] | {"key": self.rows[0].key}}


def portfolio(
    to: Principal, period: str = "36m", *, today: date | None = None, with_families: bool = True
) -> Portfolio:
    """The portfolio of ``period`` ("36m", "12m" or "all") as ``to`` may see it."""
    ranking = current_ranking(period)
    whole = sees_the_whole_book(to)
    pack = method_of(ranking) if ranking else load(PACK, ConcentrationMethod)
    families = _families(to, ranking, whole) if with_families else None
    if ranking and whole:
        results: Mapping[str, Any] = {**ALL_SHOWN, **ranking.results}
        industries = _amounts(ranking.inputs["industries"])
    else:
        results, industries = _in_view(to, ranking, period, pack, families)
    rows = _best(to, ranking, results["buying_accounts"])
    return Portfolio(
        period=period,
        from_day=ranking.from_day if ranking else None,
        as_of=ranking.as_of if ranking else None,
        days_old=_age(ranking, today or timezone.localdate()),
        currency=settings.BOOK_CURRENCY,
        is_whole_book=whole,
        book_accounts=ranking.results["buying_accounts"] if ranking else 0,
        results=results,
        method=pack.method,
        method_name=f"{pack.name} v{pack.version}",
        method_digest=pack.digest,
        industries=_groups(industries),
        families=None if families is None else _groups(families),
        rows=rows,
        history=past_rankings(to, period),
    )


def _in_view(
    to: Principal,
    ranking: Ranking | None,
    period: str,
    pack: Pack[ConcentrationMethod],
    families: Sums | None,
) -> tuple[Mapping[str, Any], Sums]:
    """What a ranking says over the rows that ``to`` may see, and their sums by industry.

    Kept for the next time that somebody asks of the same ranking who may see the same rows.
    """
    accounts = count_of(to, ranking, Narrowing())

    def make() -> tuple[Mapping[str, Any], Sums]:
        columns = columns_of(to, ranking)
        facts = _facts(ranking, period, columns, families or {}, accounts)
        said = _withheld(rank_book(facts, pack=pack).as_json(), columns.slices)
        results = _seen(ranking, said, columns.slices)
        return results, _summed(columns.slices, "industry")

    if ranking is None or families is not None:
        return make()
    return view_of(to).kept("portfolio", make, ranking.pk, ranking.made_at, accounts)


def _past_json(past: PastRanking) -> dict[str, Any]:
    """One line of the history: when, over what, and whether it stood on imports that are undone now."""
    names = ("revenue", "top20_share", "accounts_to_80")
    return {
        "made_at": past.made_at.isoformat(),
        "as_of": past.as_of.isoformat() if past.as_of else None,
        "method": past.method,
        "undone_imports": list(past.undone),
        **{name: past.results[name] for name in names},
    }


def family_groups(to: Principal, period: str) -> list[Portion]:
    """Revenue by product family over the accounts in view; whole months."""
    return _groups(_families(to, current_ranking(period), sees_the_whole_book(to)))


def _age(ranking: Ranking | None, today: date) -> int | None:
    return (today - ranking.as_of).days if ranking and ranking.as_of else None


def _best(to: Principal, ranking: Ranking | None, total: int) -> list[ListedAccount]:
    if ranking is None or not total:
        return []
    ids = listed(to, ranking, Narrowing(), Cut(0, min(LISTED, total)), total)
    return account_rows(to, ids, ranking, ranking.as_of, with_trend=False)


def _amounts(stored: Mapping[str, str]) -> Sums:
    return {name: Decimal(money) for name, money in stored.items()}


def _summed(slices: Sequence[Slice], by: str) -> Sums:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for part in slices:
        sums[getattr(part, by)] += part.revenue
    return sums


def _families(to: Principal, ranking: Ranking | None, whole: bool) -> Sums:
    if ranking is None:
        return {}
    if whole:
        return _amounts(ranking.inputs["families"])
    since = ranking.from_day
    return view_of(to).kept("families", lambda: dict(family_sums(to, since)), since)


def _groups(sums: Sums) -> list[Portion]:
    total = sum(sums.values(), Decimal(0))
    shares = [
        Portion(name, money, float(money / total) if total > 0 else 0.0) for name, money in sums.items()
    ]
    return sorted(shares, key=lambda group: (group.name == "", -group.revenue, group.name))


def _facts(
    ranking: Ranking | None, period: str, columns: BookColumns, families: Sums, accounts: int
) -> BookFacts:
    """What the rules ask of the rows in view, among ``accounts``; their keys are the whole book's ranks."""
    return BookFacts(
        keys=columns.ranks,
        revenue=columns.revenue,
        margin=columns.margin,
        margin_known=columns.margin_known,
        annual=None,
        industries=_summed(columns.slices, "industry"),
        families=families,
        accounts=accounts,
        orders=sum(part.orders for part in columns.slices),
        lines=sum(part.lines for part in columns.slices),
        total_revenue=sum((part.revenue for part in columns.slices), ZERO),
        total_margin=sum((part.margin for part in columns.slices), ZERO),
        revenue_without_cost=sum((part.revenue_without_cost for part in columns.slices), ZERO),
        revenue_converted=sum((part.revenue_converted for part in columns.slices), ZERO),
        currency=settings.BOOK_CURRENCY,
        period=period,
        as_of=ranking.as_of if ranking else None,
    )


def _withheld(said: dict[str, Any], slices: Sequence[Slice]) -> dict[str, Any]:
    """``said`` without a margin where none is shown, and its rate over what is shown."""
    accounts = sum(part.withheld for part in slices)
    revenue = sum((part.withheld_revenue for part in slices), ZERO)
    told: dict[str, Any] = {
        "margin_withheld_accounts": accounts,
        "revenue_withheld_margin": str(revenue),
        "margin_unknown_accounts": said["margin_unknown_accounts"] - accounts,
    }
    if accounts and accounts == said["buying_accounts"]:
        told |= dict.fromkeys(("margin", "margin_rate", "revenue_without_cost"))
        told["unknown"] = said["unknown"] | dict.fromkeys(("profit_pareto", "whale"), "withheld")
    elif accounts:
        with_cost = Decimal(said["revenue"]) - Decimal(said["revenue_without_cost"]) - revenue
        told["margin_rate"] = margin_rate(with_cost, Decimal(said["margin"]))
    return said | told


def _seen(ranking: Ranking | None, said: dict[str, Any], slices: Sequence[Slice]) -> dict[str, Any]:
    """``said`` of the rows in view, with the classes and bands that were cut over the whole book."""
    if ranking is None:
        return said
    total, classes, in_bands = Decimal(said["revenue"]), _summed(slices, "abc"), Counter[str]()
    in_classes: Counter[str] = Counter()
    for part in slices:
        in_classes[part.abc] += part.accounts
        in_bands[part.band] += part.accounts
    abc = {
        letter: row
        | {
            "accounts": in_classes[letter],
            "share": float(classes.get(letter, ZERO) / total) if total > 0 else None,
        }
        for letter, row in said["abc"].items()
    }
    bands = dict(ranking.results["bands"])
    bands["accounts"] = {code: in_bands[code] for code in bands["accounts"]}
    return said | {"abc": abc, "bands": bands}
