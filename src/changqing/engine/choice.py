"""Which model speaks for which accounts of this book, and why: decided by the data, told in structure.

Accounts are regular, irregular, or have ordered only once. Every candidate is fitted to what was known
before the last ``holdout`` and judged on it by the Brier score of "orders again within the holdout"; the
default of a group yields only to a candidate that is better by more than chance (paired z above 2).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from changqing.engine.bgnbd import BgNbd
from changqing.engine.computable import Code, Floats, Integers, NotComputable, Values, floats, read_only
from changqing.engine.mbgcnbd import MbgCnbd
from changqing.engine.mbgnbd import MbgNbd
from changqing.engine.pareto_nbd import ParetoNbd
from changqing.engine.ragged import bounds_of
from changqing.engine.rhythm import REGULAR, Rhythms

FEWEST_GAPS, FEWEST_JUDGED = 2, 20
BETTER = 2.0


class Candidate(StrEnum):
    """Models that may speak."""

    RHYTHM = "rhythm"
    BG_NBD = "bgnbd"
    MBG_NBD = "mbgnbd"
    MBG_CNBD = "mbgcnbd"
    PARETO_NBD = "pareto"


class Group(StrEnum):
    """Kinds of accounts."""

    REGULAR = "regular"
    IRREGULAR = "irregular"
    ONCE = "once"


DEFAULT = {Group.REGULAR: Candidate.RHYTHM, Group.IRREGULAR: Candidate.BG_NBD, Group.ONCE: Candidate.RHYTHM}


@dataclass(frozen=True)
class Judged:
    """One candidate for one group: its Brier score on the holdout, or the code of why it has none."""

    model: Candidate
    brier: float | None
    failed: Code | None


class Why(StrEnum):
    """Why the model of a group was taken."""

    BEST = "best"
    DEFAULT_HOLDS = "default_holds"
    DEFAULT_FAILED = "default_failed"
    NOT_JUDGED = "not_judged"
    PRIOR = "prior"


@dataclass(frozen=True)
class Reason:
    """``chosen`` for ``accounts`` of a group, judged on the ``judged_on`` in it then; the rest was
    rejected. ``is_prior`` where an account's own orders say nothing and the book's law is stated."""

    group: Group
    accounts: int
    chosen: Candidate
    why: Why
    judged_on: int
    candidates: tuple[Judged, ...]

    @property
    def is_prior(self) -> bool:
        return self.group is Group.ONCE


@dataclass(frozen=True, eq=False)
class Choice:
    """``group`` and ``model`` of each account; ``alive`` = P(still a customer) and ``returns`` = P(orders
    within the holdout's length from now), by the model that speaks for it."""

    group: tuple[Group, ...]
    model: tuple[Candidate, ...]
    alive: Floats
    returns: Floats
    reasons: tuple[Reason, ...]


class _Speaker(Protocol):
    def __call__(self, within: float) -> tuple[Floats, Floats]: ...


@dataclass(frozen=True, eq=False)
class _Known:
    """Orders up to a day, of accounts that had ordered by then (``rows``)."""

    days: Floats
    bounds: Integers
    until: float
    rows: Integers

    @property
    def gaps(self) -> Floats:
        owner = np.repeat(np.arange(self.bounds.size - 1), np.diff(self.bounds))
        gaps: Floats = np.diff(self.days)[owner[1:] == owner[:-1]]
        return gaps

    @property
    def history(self) -> dict[str, Any]:
        first, last = self.days[self.bounds[:-1]], self.days[self.bounds[1:] - 1]
        counts = np.diff(self.bounds).astype(np.float64) - 1
        return {"frequency": counts, "recency": last - first, "T": self.until - first}


def choose(days: Values, offsets: ArrayLike, *, until: float, holdout: float) -> Choice:
    """``days[offsets[i]:offsets[i + 1]]`` are account i's order days, rising; ``until`` = as-of day.

    Errors: those of ``floats``; inconsistent for days that do not rise, lie beyond ``until``, or accounts
    without an order; no_repeat when nobody ordered twice.
    """
    flat, bounds = floats(days, name="days"), bounds_of(offsets)
    now = _Known(flat, bounds, until, np.arange(bounds.size - 1))
    _check(now, holdout)
    speaking, _ = _speakers(now)
    if Candidate.RHYTHM not in speaking:
        raise NotComputable("no_repeat", "nobody ordered twice, so nothing says how often they order")
    groups = _groups(now)
    reasons = tuple(_reasons(groups, _judged(now, holdout)))
    chosen = {reason.group: reason.chosen for reason in reasons}
    usable = {group: model if model in speaking else Candidate.RHYTHM for group, model in chosen.items()}
    model = [usable[group] for group in groups]
    told = {name: speaking[name](holdout) for name in set(model)}
    return Choice(
        group=tuple(groups),
        model=tuple(model),
        alive=read_only(np.array([told[name][0][at] for at, name in enumerate(model)])),
        returns=read_only(np.array([told[name][1][at] for at, name in enumerate(model)])),
        reasons=tuple(reasons),
    )


def _check(now: _Known, holdout: float) -> None:
    if now.bounds[-1] != now.days.size or (np.diff(now.bounds) < 1).any():
        raise NotComputable(
            "inconsistent", "offsets must give every account an order and end at the last day"
        )
    if (now.gaps <= 0).any() or (now.days > now.until).any():
        raise NotComputable("inconsistent", "order days must rise and lie at or before the as-of day")
    if not (math.isfinite(holdout) and holdout > 0):
        raise NotComputable("inconsistent", f"a holdout is a time above 0, not {holdout}")


def _groups(known: _Known) -> list[Group]:
    """Regular: two gaps or more and CV below .6 after shrinkage."""
    counts = np.diff(known.bounds)
    cv = _rhythms(known).cv
    return [
        Group.ONCE if n < 2 else Group.REGULAR if n > FEWEST_GAPS and spread < REGULAR else Group.IRREGULAR
        for n, spread in zip(counts.tolist(), cv.tolist(), strict=True)
    ]


def _rhythms(known: _Known) -> Rhythms:
    last = known.days[known.bounds[1:] - 1]
    offsets = known.bounds - np.arange(known.bounds.size)
    return Rhythms.fit(gaps=known.gaps, offsets=offsets, silence=known.until - last)


def _speakers(known: _Known) -> tuple[dict[Candidate, _Speaker], dict[Candidate, Code]]:
    """Candidates fitted to what is known, and why those that failed did."""
    history, owner = known.history, np.repeat(np.arange(known.rows.size), np.diff(known.bounds) - 1)
    logs = np.asarray(np.bincount(owner, np.log(known.gaps), known.rows.size), np.float64)

    def renewing(model: MbgCnbd | ParetoNbd) -> _Speaker:
        def speak(within: float) -> tuple[Floats, Floats]:
            return model.probability_alive(**history), model.probability_of_order(within, **history)

        return speak

    def rhythm() -> _Speaker:
        fitted = _rhythms(known)
        return lambda within: (fitted.probability_alive, fitted.probability_of_order(within))

    def bg() -> _Speaker:
        fitted = BgNbd.fit(**history)
        return renewing(MbgCnbd(1, fitted.r, fitted.alpha, fitted.a, fitted.b, at_first=False))

    def mbg() -> _Speaker:
        fitted = MbgNbd.fit(**history)
        return renewing(MbgCnbd(1, fitted.r, fitted.alpha, fitted.a, fitted.b))

    def cnbd() -> _Speaker:
        return renewing(MbgCnbd.fit(**history, log_gaps=logs))

    def pareto() -> _Speaker:
        return renewing(ParetoNbd.fit(**history))

    makers = {
        Candidate.RHYTHM: rhythm,
        Candidate.BG_NBD: bg,
        Candidate.MBG_NBD: mbg,
        Candidate.MBG_CNBD: cnbd,
        Candidate.PARETO_NBD: pareto,
    }
    speaking: dict[Candidate, _Speaker] = {}
    failed: dict[Candidate, Code] = {}
    for name, make in makers.items():
        try:
            speaking[name] = make()
        except NotComputable as error:
            failed[name] = error.code
    return speaking, failed


@dataclass(frozen=True, eq=False)
class _Judgement:
    groups: NDArray[np.str_]
    squared: Mapping[Candidate, Floats]
    failed: Mapping[Candidate, Code]


def _judged(now: _Known, holdout: float) -> _Judgement:
    """Squared errors of each candidate on the holdout, by account known before it."""
    then = now.until - holdout
    owner = np.repeat(np.arange(now.rows.size), np.diff(now.bounds))
    early = now.days <= then
    sizes = np.bincount(owner[early], minlength=now.rows.size)
    rows = np.flatnonzero(sizes)
    nothing = _Judgement(np.zeros(0, str), {}, dict.fromkeys(Candidate, "too_few_points"))
    if rows.size < FEWEST_JUDGED or sizes.max() < 2:
        return nothing
    known = _Known(now.days[early], np.concatenate(([0], np.cumsum(sizes[rows]))), then, rows)
    came = (np.bincount(owner[~early], minlength=now.rows.size)[rows] > 0).astype(np.float64)
    speaking, failed = _speakers(known)
    squared = {name: (speak(holdout)[1] - came) ** 2 for name, speak in speaking.items()}
    return _Judgement(np.array([str(group) for group in _groups(known)]), squared, failed)


def _reasons(groups: list[Group], judgement: _Judgement) -> list[Reason]:
    out = []
    for group in Group:
        accounts = sum(1 for each in groups if each is group)
        if not accounts:
            continue
        mine = judgement.groups == str(group)
        errors = {name: squared[mine] for name, squared in judgement.squared.items()}
        chosen, why = _chosen(group, errors, int(mine.sum()))
        candidates = tuple(
            Judged(
                name,
                float(errors[name].mean()) if name in errors and mine.any() else None,
                None if name in errors else judgement.failed.get(name, "too_few_points"),
            )
            for name in Candidate
        )
        out.append(Reason(group, accounts, chosen, why, int(mine.sum()), candidates))
    return out


def _chosen(group: Group, errors: Mapping[Candidate, Floats], judged_on: int) -> tuple[Candidate, Why]:
    default = DEFAULT[group]
    if group is Group.ONCE:
        return default, Why.PRIOR
    if judged_on < FEWEST_JUDGED or not errors:
        return default, Why.NOT_JUDGED
    best = min(errors, key=lambda name: float(errors[name].mean()))
    if default not in errors:
        return best, Why.DEFAULT_FAILED
    better = errors[default] - errors[best]
    error = float(better.std(ddof=1)) / math.sqrt(judged_on)
    if best is not default and float(better.mean()) > BETTER * error:
        return best, Why.BEST
    return default, Why.BEST if best is default else Why.DEFAULT_HOLDS
