"""Places in the current rankings: rank, class and running share, from the one order of the whole book.

A place is of the whole book; which places a person gets to see is ``visible_to``'s, by whoever asks here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial, reduce
from operator import or_

import numpy as np
from django.db.models import Case, CharField, Q, QuerySet, Value, When

from changqing.base.kept import Kept
from changqing.engine.computable import Floats, Integers
from changqing.value.models import AccountRank as AccountRank
from changqing.value.models import Ranking as Ranking
from changqing.value.models import RankOrder

NOWHERE = Q(pk__in=[])


@dataclass(frozen=True)
class RankedAccount:
    """One account's place in a ranking and its own sums; ``margin`` None is not known or not shown."""

    account_id: int
    ranking: Ranking
    rank: int
    abc: str
    cumulative_share: float | None
    band: str
    revenue: Decimal
    margin: Decimal | None
    revenue_without_cost: Decimal
    orders: int
    lines: int


@dataclass(frozen=True, eq=False)
class BookOrder:
    """The whole book in one ranking: ``accounts`` in their own order with their ``ranks``, running ``shares``
    from rank 1 on, the last rank of each class, and its last account's revenue and tie."""

    accounts: Integers
    ranks: Integers
    shares: Floats | None
    last: Mapping[str, int]
    edges: Mapping[str, tuple[Decimal, int]]

    def ranks_of(self, accounts: Iterable[int]) -> Integers:
        """The rank of each of ``accounts``; 0 where one has none."""
        wanted = np.asarray(list(accounts), np.int64)
        if not self.accounts.size:
            return np.zeros(wanted.size, np.int64)
        at = np.minimum(np.searchsorted(self.accounts, wanted), self.accounts.size - 1)
        return np.where(self.accounts[at] == wanted, self.ranks[at], 0)

    def letter(self, rank: int) -> str:
        return next((letter for letter, last in self.last.items() if rank <= last), "")

    def share(self, rank: int) -> float | None:
        return (
            None if self.shares is None or not 0 < rank <= self.shares.size else float(self.shares[rank - 1])
        )

    def of_class(self, letters: Collection[str]) -> Q:
        """The rows of ``AccountRank`` whose account is in one of ``letters``."""
        return reduce(or_, (self._between(letter) for letter in letters), NOWHERE)

    def classes(self) -> Case:
        """The class of a row of ``AccountRank``, to be counted by."""
        cases = [When(_upto(*edge), then=Value(letter)) for letter, edge in self.edges.items()]
        return Case(*cases, default=Value(""), output_field=CharField())

    def _between(self, letter: str) -> Q:
        if letter not in self.edges:
            return NOWHERE
        names = list(self.edges)
        rule, at = _upto(*self.edges[letter]), names.index(letter)
        return rule & _after(*self.edges[names[at - 1]]) if at else rule


def _upto(revenue: Decimal, tie: int) -> Q:
    return Q(revenue__gt=revenue) | Q(revenue=revenue, tie__lte=tie)


def _after(revenue: Decimal, tie: int) -> Q:
    return Q(revenue__lt=revenue) | Q(revenue=revenue, tie__gt=tie)


NOBODY = BookOrder(np.zeros(0, np.int64), np.zeros(0, np.int64), None, {}, {})
# The orders of a few rankings, some 2.5 MB each for a hundred thousand accounts.
ORDERS = Kept[BookOrder](most=6)


def order_of(ranking: Ranking | None) -> BookOrder:
    """The order of the whole book in ``ranking``, or in the one that has taken its place meanwhile."""
    return orders_of([ranking])[ranking.pk] if ranking else NOBODY


def orders_of(rankings: Collection[Ranking]) -> dict[int, BookOrder]:
    """The orders of ``rankings``, by their keys; those that this process does not have yet in one query."""
    wanted = {(ranking.pk, ranking.made_at): ranking for ranking in rankings}
    known = set(ORDERS.keys)
    missing = [ranking for key, ranking in wanted.items() if key not in known and ranking.as_of]
    rows = {row.ranking.period: row for row in _rows_of(missing)} if missing else {}

    def order(ranking: Ranking) -> BookOrder:
        row = rows.get(ranking.period) or next(iter(_rows_of([ranking])), None)
        return _order(row) if row else NOBODY

    return {
        ranking.pk: ORDERS.get(key, partial(order, ranking)) if ranking.as_of else NOBODY
        for key, ranking in wanted.items()
    }


def _rows_of(rankings: Collection[Ranking]) -> QuerySet[RankOrder]:
    """The orders of ``rankings``' periods: there is one a period, of the current ranking."""
    periods = [ranking.period for ranking in rankings]
    return RankOrder.objects.select_related("ranking").filter(ranking__period__in=periods)


def _order(row: RankOrder) -> BookOrder:
    accounts = np.frombuffer(row.accounts, np.int64)
    order = np.argsort(accounts)
    sizes = {letter: said["accounts"] for letter, said in sorted(row.ranking.results["abc"].items())}
    return BookOrder(
        accounts=accounts[order],
        ranks=order + 1,
        shares=None if row.shares is None else np.frombuffer(row.shares, np.float64),
        last=dict(zip(sizes, np.cumsum(list(sizes.values())).tolist(), strict=True)),
        edges={letter: (Decimal(revenue), tie) for letter, (revenue, tie) in sorted(row.edges.items())},
    )


def ranks_are_missing() -> bool:
    """Whether a current ranking has no order: books of a version that kept ranks account by account."""
    ordered = RankOrder.objects.filter(ranking__is_current=True).values("ranking")
    return Ranking.objects.filter(is_current=True, as_of__isnull=False).exclude(pk__in=ordered).exists()


def ranked(ranking: Ranking, rows: Iterable[AccountRank]) -> dict[int, RankedAccount]:
    """``rows`` of the ranking's period with their places, by account."""
    found, order = list(rows), order_of(ranking)
    ranks = order.ranks_of(row.account_id for row in found).tolist()
    return {
        row.account_id: RankedAccount(
            account_id=row.account_id,
            ranking=ranking,
            rank=rank,
            abc=order.letter(rank),
            cumulative_share=order.share(rank),
            band=row.band,
            revenue=row.revenue,
            margin=row.margin,
            revenue_without_cost=row.revenue_without_cost,
            orders=row.orders,
            lines=row.lines,
        )
        for row, rank in zip(found, ranks, strict=True)
        # one that came with a ranking that is about to be told has no place in this one
        if rank
    }
