"""Into the tables what a ranking found: each account's own sums, where they changed, and the order of all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from django.db import connection
from numpy.typing import NDArray

from changqing.base.bulk import copy_columns
from changqing.engine.computable import Integers
from changqing.ledger.segments import duck
from changqing.value.models import AccountRank, JudgementStamp, Ranking, RankOrder
from changqing.value.rules.concentration import Places

SUMS = ("revenue", "margin", "revenue_without_cost", "revenue_converted", "orders", "lines")
COLUMNS = ("period", "account_id", *SUMS, "tie", "band")
# Where more than this share of a ranking's accounts changed, all of its rows are written anew.
MOST_CHANGED = 0.5
Flags = NDArray[np.bool_]
Digests = NDArray[np.uint64]


@dataclass(frozen=True, eq=False)
class RankedPeriod:
    """One ranking, the sums of its accounts (in the order of ``account_id``) and their places."""

    ranking: Ranking
    sums: pa.Table
    places: Places | None


def store_places(made: Sequence[RankedPeriod]) -> None:
    """Make the tables say where each account stands: one order a ranking, and of the accounts' own sums those
    that are not there yet."""
    JudgementStamp.objects.create()
    copy_columns(AccountRank._meta.db_table, pa.concat_tables([_store(one) for one in made]))


def _store(one: RankedPeriod) -> pa.Table:
    """Write the order; take away the rows that hold no longer, and give back those that are missing."""
    rows, period = _rows(one), one.ranking.period
    accounts, digests = rows["account_id"].to_numpy(), _digests(rows)
    was = RankOrder.objects.filter(ranking__period=period).first()
    known = np.frombuffer(was.accounts, np.int64) if was else np.zeros(0, np.int64)
    before = np.frombuffer(was.digests, np.uint64) if was else np.zeros(0, np.uint64)
    stays = _alike(accounts, digests, known, before)
    gone = np.setdiff1d(known, accounts[stays])
    with connection.cursor() as cursor:
        delete = f"DELETE FROM {AccountRank._meta.db_table} WHERE period = %s"
        if gone.size > MOST_CHANGED * known.size or not known.size:
            stays[:] = False
            cursor.execute(delete, [period])
        elif gone.size:
            cursor.execute(f"{delete} AND account_id = ANY(%s)", [period, gone.tolist()])
    RankOrder.objects.filter(ranking__period=period).delete()
    _write_order(one, rows, digests)
    # best rank first, so that the index of ranks grows at its end
    order = _order(one)
    return rows.take(order[~stays[order]])


def _alike(accounts: Integers, digests: Digests, known: Integers, before: Digests) -> Flags:
    """Which of ``accounts`` are among the ``known``, with the digest that they had before."""
    if not known.size:
        return np.zeros(accounts.size, bool)
    held = np.argsort(known)
    at = held[np.minimum(np.searchsorted(known, accounts, sorter=held), known.size - 1)]
    return np.asarray((known[at] == accounts) & (before[at] == digests))


def _rows(one: RankedPeriod) -> pa.Table:
    """What ``AccountRank`` shall say of the ranking's accounts."""
    sums = one.sums if one.places else one.sums.slice(0, 0)
    size = sums.num_rows
    made = {
        "period": pa.repeat(one.ranking.period, size),
        "tie": pa.array(_ties(one), pa.int64()),
        "band": pa.array(one.places.band if one.places else [], pa.string()),
    }
    return pa.table({name: made[name] if name in made else sums[name] for name in COLUMNS})


def _order(one: RankedPeriod) -> Integers:
    """Where the account of each rank stands among the sums."""
    return np.argsort(one.places.rank) if one.places else np.zeros(0, np.int64)


def _ties(one: RankedPeriod) -> Integers:
    """How many accounts of the same revenue have a better rank."""
    order = _order(one)
    revenue = one.sums["each_revenue"].to_numpy()[order]
    begins = np.concatenate(([True], revenue[1:] != revenue[:-1]))[: order.size]
    places = np.arange(order.size)
    ties = np.zeros(order.size, np.int64)
    ties[order] = places - np.maximum.accumulate(np.where(begins, places, 0))
    return ties


def _digests(rows: pa.Table) -> Digests:
    """64 bits of the content of each row; ``rows`` are in the order of their accounts."""
    with duck() as reader:
        reader.register("told", rows)
        names = ", ".join(name for name in COLUMNS if name not in ("period", "account_id"))
        found = reader.execute(f"SELECT hash({names}) AS digest FROM told ORDER BY account_id")
        return np.asarray(found.fetchnumpy()["digest"], np.uint64)


def _write_order(one: RankedPeriod, rows: pa.Table, digests: Digests) -> None:
    order, places = _order(one), one.places
    shares = places.cumulative_share if places else None
    RankOrder.objects.create(
        ranking=one.ranking,
        accounts=rows["account_id"].to_numpy()[order].astype(np.int64).tobytes(),
        shares=None if shares is None else shares[order].tobytes(),
        digests=digests[order].tobytes(),
        edges=_edges(one, rows, order),
    )


def _edges(one: RankedPeriod, rows: pa.Table, order: Integers) -> dict[str, tuple[str, int]]:
    """The revenue and tie of the last account of each class that has one."""
    found, last = {}, 0
    for letter, said in sorted(one.ranking.results["abc"].items()):
        last += said["accounts"]
        if said["accounts"]:
            at = int(order[last - 1])
            found[letter] = (str(rows["revenue"][at].as_py()), rows["tie"][at].as_py())
    return found
