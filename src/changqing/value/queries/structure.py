"""The structure of the accounts in view: how key accounts differ from others, how good new ones are."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import Avg, Count, F, Q, Sum

from changqing.accounts.queries import visible_to
from changqing.people.permissions import Principal
from changqing.value.models import AccountRank, AccountStanding, Ranking

NEW_DAYS = 365


@dataclass(frozen=True)
class Side:
    """One side: its accounts, mean years together, mean four-part score; revenue and orders of twelve months
    are None where the reader sees none. ``new`` are together for less than a year."""

    accounts: int
    years: float | None
    score: float | None
    new: int
    new_score: float | None
    low: int
    revenue: float | None
    orders: int | None

    @property
    def order_value(self) -> float | None:
        return self.revenue / self.orders if self.revenue is not None and self.orders else None


def structure_of(to: Principal, key_tiers: Collection[str]) -> tuple[Side, Side]:
    """(accounts of the tiers ``key_tiers``, all others), in three queries whatever the number of accounts."""
    rows = visible_to(to, AccountStanding.objects.filter(is_current=True))
    is_key = Q(tier__in=list(key_tiers))
    seen: dict[str, Any] = {}
    for name, side in (("key", is_key), ("other", ~is_key)):
        new = side & Q(tenure__lte=NEW_DAYS)
        seen |= {
            f"{name}_n": Count("account", filter=side),
            f"{name}_days": Avg("tenure", filter=side),
            f"{name}_score": Avg("score", filter=side),
            f"{name}_new": Count("account", filter=new),
            f"{name}_new_score": Avg("score", filter=new),
            f"{name}_low": Count("account", filter=side & Q(matrix="improve")),
        }
    told = rows.aggregate(**seen)
    money = _money(to, key_tiers)
    return _kind("key", told, money), _kind("other", told, money)


def _money(to: Principal, key_tiers: Collection[str]) -> dict[str, Any]:
    ranks = visible_to(to, AccountRank.objects.filter(period=Ranking.Period.ONE_YEAR))
    keys = AccountStanding.objects.filter(is_current=True, tier__in=list(key_tiers)).values("account")
    sums = {"revenue": Sum("revenue"), "orders": Sum("orders"), "n": Count("account")}
    whole, key = ranks.aggregate(**sums), ranks.filter(account__in=keys).aggregate(**sums)
    told: dict[str, Any] = {f"key_{name}": key[name] for name in ("revenue", "orders")}
    is_other = whole["n"] > key["n"]
    for name in ("revenue", "orders"):
        told[f"other_{name}"] = whole[name] - (key[name] or 0) if is_other else None
    return told


def _kind(name: str, told: dict[str, Any], money: dict[str, Any]) -> Side:
    days, revenue = told[f"{name}_days"], money[f"{name}_revenue"]
    return Side(
        accounts=told[f"{name}_n"],
        years=None if days is None else days / 365.25,
        score=told[f"{name}_score"],
        new=told[f"{name}_new"],
        new_score=told[f"{name}_new_score"],
        low=told[f"{name}_low"],
        revenue=None if revenue is None else float(revenue),
        orders=money[f"{name}_orders"],
    )


def to_prune(to: Principal, *, limit: int = 8) -> list[AccountStanding]:
    """Accounts whose score is lowest, of the class that is to be improved."""
    rows = visible_to(to, AccountStanding.objects.filter(is_current=True))
    lowest = rows.filter(matrix="improve").order_by(F("score").asc(nulls_last=True), "account")
    accounts = list(lowest.values_list("account", flat=True)[:limit])
    found = rows.select_related("account").filter(account__in=accounts)
    return sorted(found, key=lambda row: (row.score is None, row.score or 0.0, row.account_id))
