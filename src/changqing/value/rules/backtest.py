"""A back-test without hindsight: fit on what was known on a day, and compare with what came after it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from changqing.engine.backtest import wilson
from changqing.engine.computable import Floats
from changqing.engine.rhythm import Rhythms
from changqing.value.rules.facts import YEAR, Histories, facts_of, number_of
from changqing.value.rules.lifetime import MODELS, Rhythm, came_after, fit_book, forecast, rhythm_of
from changqing.value.rules.worth_method import Lifetime

DECILES = 10
OF_DECILE = ("accounts", "alive", "told", "came")


@dataclass(frozen=True)
class Share:
    """How many of ``of`` held, and between which shares a sample of this size may lie by chance (95 %)."""

    held: int
    of: int

    @property
    def share(self) -> float | None:
        return self.held / self.of if self.of else None

    @property
    def by_chance(self) -> tuple[float, float] | None:
        if not self.of:
            return None
        share = self.held / self.of
        spread = 1.96 * float(np.sqrt(share * (1 - share) / self.of))
        return share - spread, share + spread

    def as_json(self) -> dict[str, Any]:
        return {
            "held": self.held,
            "of": self.of,
            "share": self.share,
            "by_chance": self.by_chance and list(self.by_chance),
        }


@dataclass(frozen=True)
class Decile:
    """Accounts by their P(ordering again within the horizon): ``told`` is its mean, ``came`` who did, and
    ``alive`` their mean P(alive), which has no day by which it could be checked."""

    accounts: int
    alive: float
    told: float
    came: float

    @property
    def by_chance(self) -> tuple[float, float]:
        """Between which shares the true one lies (95 %)."""
        return wilson(self.came * self.accounts, self.accounts)

    @property
    def is_kept(self) -> bool:
        return self.by_chance[0] <= self.told <= self.by_chance[1]

    def as_json(self) -> dict[str, Any]:
        return {"accounts": self.accounts, "alive": self.alive, "told": self.told, "came": self.came}


@dataclass(frozen=True)
class BackTest:
    """``next_order`` is over accounts that ordered again, ``margin`` over all whose margin was foreseen."""

    fitted_at: date
    until: date
    accounts: int
    models: dict[str, int]
    next_order: Share
    margin: Share
    deciles: tuple[Decile, ...]
    orders_foreseen: float
    orders_came: float
    margin_foreseen: float
    margin_came: float
    failed: dict[str, str]

    @property
    def calibration(self) -> float:
        """Mean distance of the deciles' told shares from what came, weighted by accounts."""
        total = sum(one.accounts for one in self.deciles)
        return sum(abs(one.told - one.came) * one.accounts for one in self.deciles) / max(total, 1)

    @property
    def horizon(self) -> int:
        """Days within which an order counts as having come."""
        return min((self.until - self.fitted_at).days, YEAR)

    @property
    def calibration_by_chance(self) -> float:
        """The distance ``calibration`` would have on average though every chance were right: what is left of
        shares of so few accounts (mean of a half-normal)."""
        total = sum(one.accounts for one in self.deciles)
        away = sum(np.sqrt(2 / np.pi * one.told * (1 - one.told) * one.accounts) for one in self.deciles)
        return float(away) / max(total, 1)

    def as_json(self) -> dict[str, Any]:
        return {
            "fitted_at": self.fitted_at.isoformat(),
            "until": self.until.isoformat(),
            "accounts": self.accounts,
            "models": self.models,
            "next_order": self.next_order.as_json(),
            "margin": self.margin.as_json(),
            "horizon": self.horizon,
            "deciles": [one.as_json() | {"by_chance": list(one.by_chance)} for one in self.deciles],
            "calibration": self.calibration,
            "calibration_by_chance": self.calibration_by_chance,
            "orders": {"foreseen": self.orders_foreseen, "came": self.orders_came},
            "margin_total": {"foreseen": self.margin_foreseen, "came": self.margin_came},
            "failed": self.failed,
        }

    @classmethod
    def of_json(cls, said: dict[str, Any]) -> BackTest:
        """What ``as_json`` wrote."""
        shares = {name: Share(said[name]["held"], said[name]["of"]) for name in ("next_order", "margin")}
        return cls(
            fitted_at=date.fromisoformat(said["fitted_at"]),
            until=date.fromisoformat(said["until"]),
            accounts=said["accounts"],
            models=said["models"],
            next_order=shares["next_order"],
            margin=shares["margin"],
            deciles=tuple(Decile(**{name: one[name] for name in OF_DECILE}) for one in said["deciles"]),
            orders_foreseen=said["orders"]["foreseen"],
            orders_came=said["orders"]["came"],
            margin_foreseen=said["margin_total"]["foreseen"],
            margin_came=said["margin_total"]["came"],
            failed=said["failed"],
        )


def back_test(book: Histories, day: date, until: date, method: Lifetime) -> BackTest:
    """Fit as of ``day`` and judge by what ``book`` says up to ``until``, at most a year later."""
    past = book.until(day)
    fitted = fit_book(past, day, method)
    facts = facts_of(past, day, yearly_rate=float(method.capital.value))
    rhythm = rhythm_of(past, day, fitted, method)
    year = forecast(past, day, fitted, method, facts=facts, rhythm=rhythm, years=1, discount=0.0)
    end = min(number_of(until), number_of(day) + YEAR)
    orders, _revenue, margin = came_after(book, past, day, until)
    next_day = _next_days(book, past, day, end)
    again = ~np.isnan(next_day)
    seen = rhythm[0]
    within = again & (np.round(seen.low) <= next_day) & (next_day <= np.round(seen.high))
    known = ~np.isnan(year.profit)
    held = known & (margin >= year.low) & (margin <= year.high)
    told = told_again(rhythm, end - number_of(day))
    return BackTest(
        fitted_at=day,
        until=until,
        accounts=past.size,
        models=dict(Counter(MODELS[at] for at in seen.model.tolist())),
        next_order=Share(int(within.sum()), int(again.sum())),
        margin=Share(int(held.sum()), int(known.sum())),
        deciles=_deciles(seen.alive, told, again),
        orders_foreseen=float(year.orders.sum()),
        orders_came=float(orders.sum()),
        margin_foreseen=float(np.nansum(year.profit)),
        margin_came=float(margin[known].sum()),
        failed=dict(fitted.failed),
    )


def told_again(rhythm: tuple[Rhythm, Rhythms | None], horizon: int) -> Floats:
    """P(orders again within the horizon): alive and the next gap ends in it, or gone and back after all, at
    the rate at which this book's accounts came back before."""
    seen, found = rhythm
    if found is None:
        return np.asarray(seen.alive)
    later = np.asarray(found.next_gap.longer_than(found.silence + float(horizon)))
    tail = np.maximum(np.asarray(found.tail), 1e-300)
    back = -np.expm1(-found.book.returns * horizon)
    return np.asarray(seen.alive * (1 - np.minimum(later / tail, 1.0)) + (1 - seen.alive) * back)


def _next_days(book: Histories, past: Histories, day: date, end: int) -> Floats:
    """The first purchase of each account of ``past`` after ``day``, NaN where none came."""
    rows = np.minimum(np.searchsorted(past.accounts, book.accounts[book.of]), past.size - 1)
    ours = past.accounts[rows] == book.accounts[book.of]
    later = ours & book.bought & (book.days > number_of(day)) & (book.days <= end)
    found = np.full(past.size, np.inf)
    np.minimum.at(found, rows[later], book.days[later].astype(np.float64))
    return np.where(np.isinf(found), np.nan, found)


def _deciles(alive: Floats, told: Floats, came: np.ndarray[Any, Any]) -> tuple[Decile, ...]:
    order = np.argsort(told, kind="stable")
    parts = [part for part in np.array_split(order, DECILES) if part.size]
    return tuple(
        Decile(part.size, float(alive[part].mean()), float(told[part].mean()), float(came[part].mean()))
        for part in parts
    )
