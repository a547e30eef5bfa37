"""Who buys from the supplier of the demo, and what becomes of them, read from customers.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Season = Literal["", "kiln", "harvest"]


@dataclass(frozen=True)
class Turn:
    """Something changed: it began ``began`` months before the end and was complete at ``full`` months.

    ``volume``, ``gap`` and ``price`` multiply; ``late`` and ``returns`` add; ``drops`` are families that
    are bought elsewhere once the turn is half way.
    """

    began: float
    full: float
    volume: float = 1.0
    gap: float = 1.0
    price: float = 1.0
    late: float = 0.0
    returns: float = 0.0
    drops: str = ""


@dataclass(frozen=True)
class Customer:
    """One account: ``yearly`` is 万元 a year without tax in the first year, ``gap`` days between orders.

    ``buys`` gives letters of families with weights; ``service`` is the share of revenue that serving it
    costs; ``terms`` and ``late`` are days; ``bills`` the share of money that comes as bank acceptances;
    ``starts``, ``ends`` and ``silent`` (from, to) are months before the end.
    """

    key: str
    name: str
    short: str
    slug: str
    industry: str
    region: str
    manager: str
    yearly: float = 0.0
    gap: float = 60.0
    buys: str = "S1"
    parent: str = ""
    growth: float = 1.02
    evenness: float = 12.0
    discount: float = 0.06
    rebate: float = 0.0
    service: float = 0.035
    terms: int = 60
    late: float = 8.0
    bills: float = 0.2
    people: int = 2
    starts: float = 60.0
    ends: float = 0.0
    season: Season = ""
    currency: str = "CNY"
    silent: tuple[float, float] = (0.0, 0.0)
    turns: tuple[Turn, ...] = ()


def _customer(key: str, told: dict[str, Any]) -> Customer:
    turns = tuple(Turn(**turn) for turn in told.pop("turns", []))
    silent = tuple(told.pop("silent", (0.0, 0.0)))
    return Customer(key=key, turns=turns, silent=silent, **told)


def _customers() -> tuple[Customer, ...]:
    text = Path(__file__).with_name("customers.toml").read_text(encoding="utf-8")
    return tuple(_customer(key, told) for key, told in tomllib.loads(text).items())


CUSTOMERS = _customers()
