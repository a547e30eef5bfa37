"""What a book teaches about the rhythm of its accounts, and what an account is after that.

The laws of the book are learned from at most SAMPLE accounts; then each account is read once with them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from changqing.engine.computable import Floats, Integers
from changqing.engine.next_gap import SKIPPED_FROM, SPANS, NextGap
from changqing.engine.special import digamma, log_beta, log_gamma, trigamma

SAMPLE, FEW = 4_000, 1_500
ROUNDS = 4
CYCLES = 2.0
# Only where gaps are this regular (CV below .25) does one skipped interval stand out from a long one.
SKIPS_FROM = 16.0
NEWEST, STATED_NEWEST = 2, 20.0
LOOSE = np.exp(np.linspace(math.log(0.85), math.log(8.0), 60))
SHAPES = np.exp(np.linspace(math.log(0.3), math.log(400), 28))
# A book with fewer accounts than this leans on a stated law as if on so many accounts more.
STATED = 3.0
# Chance to skip and to leave before any book has spoken: as after 20 gaps, one of them long; one left.
STATED_SKIPS, STATED_LEAVES = (0.2, 20.0), (1.0, 9.0)
STATED_SPREAD = 1.0


@dataclass(frozen=True, eq=False)
class BookLaw:
    """``rate`` = (c, d) of λ ~ Gamma(c, rate d); ``shapes`` = chances of SHAPES; ``skip`` and ``leave`` =
    (a, b) of the Beta laws; ``accounts`` = how many with gaps of their own taught it; ``looseness`` = by how
    much the newest gaps were less regular than those before had told; ``returns`` = rate a unit of time at
    which accounts that have left come back after all."""

    rate: tuple[float, float]
    shapes: Floats
    skip: tuple[float, float]
    leave: tuple[float, float]
    accounts: int
    looseness: float = 1.0
    returns: float = 0.0

    def stays(self, gaps: Integers) -> Floats:
        """P(does not leave after an order) of accounts that came back ``gaps`` times."""
        a, b = self.leave
        return np.asarray((b + gaps) / (a + b + gaps), np.float64)


@dataclass(frozen=True, eq=False)
class Spoken:
    """What each account is, given its gaps and its book."""

    mean: Floats
    shape: Floats
    skips: Floats
    next_gap: NextGap


@dataclass(frozen=True, eq=False)
class Counted:
    """Per account: gaps n, intervals M that they span, total time G, Σ m·ln g, and how many gaps span m
    (``spans``, by distinct m in ``distinct``)."""

    n: Floats
    intervals: Floats
    total: Floats
    weighted_logs: Floats
    spans: Floats
    distinct: Floats


def learn(gaps: Floats, offsets: Integers, silence: Floats) -> BookLaw:
    """The laws of a book, from a sample of its accounts where there are very many."""
    flat, bounds, since = _sample(gaps, offsets, silence, SAMPLE)
    book = _start(flat, bounds)
    for _ in range(ROUNDS):
        counted = _counted(flat, bounds, book)
        chances, book = _shapes(counted, book)
        book = _rates(counted, chances, book)
        book = _skips_from_gaps(counted, book)
    book = _loosened(flat, bounds, book)
    few = _sample(flat, bounds, since, FEW)
    return _returns(*few, _skips_and_leaves(*few, book))


def _returns(gaps: Floats, offsets: Integers, silence: Floats, book: BookLaw) -> BookLaw:
    """How soon accounts that seem to have left come back, from the newest part of the past.

    The book is looked at as it stood CYCLES intervals ago; of those who then seemed to have left, the share
    that has ordered since tells the rate. Maximum likelihood, with a stated law worth STATED accounts.
    """
    span = CYCLES * float(np.median(gaps))
    known, bounds, since = _as_of(gaps, offsets, silence, span)
    came = silence[since >= 0] < span
    if not known.size or not came.size:
        return book
    since = since[since >= 0]
    law = spoken(known, bounds, book).next_gap
    stays = book.stays(np.diff(bounds))
    waiting = stays * law.longer_than(since)
    later = stays * law.longer_than(since + span)
    everyone = np.maximum(1 - stays + waiting, 1e-300)
    awaited, gone = (waiting - later) / everyone, (1 - stays) / everyone
    shares = np.linspace(0.001, 0.6, 240)
    chance = np.clip(awaited + gone * shares[:, None], 1e-9, 1 - 1e-9)
    told = np.where(came, np.log(chance), np.log1p(-chance)).sum(axis=1)
    told += STATED * (0.05 * np.log(shares) + 0.95 * np.log1p(-shares))
    return replace(book, returns=-math.log1p(-float(shares[int(np.argmax(told))])) / span)


def _as_of(gaps: Floats, offsets: Integers, silence: Floats, span: float) -> tuple[Floats, Integers, Floats]:
    """The book ``span`` ago: gaps and offsets of the accounts it had, and all silences then (−1: not yet)."""
    sizes = np.diff(offsets)
    owner = np.repeat(np.arange(sizes.size), sizes)
    total = np.concatenate(([0.0], np.cumsum(gaps)))
    age = silence[owner] + total[offsets[1:]][owner] - total[1:]
    kept = age >= span
    counts = np.bincount(owner[kept], minlength=sizes.size)
    first = silence + total[offsets[1:]] - total[offsets[:-1]]
    last = np.where(counts > 0, 0.0, first)
    at = offsets[:-1] + counts - 1
    last[counts > 0] = age[at[counts > 0]]
    there = last >= span
    bounds = np.concatenate(([0], np.cumsum(counts[there])))
    return gaps[kept & there[owner]], bounds, np.where(there, last - span, -1.0)


def _loosened(gaps: Floats, offsets: Integers, book: BookLaw) -> BookLaw:
    """Make gaps as irregular as the newest ones were when told from those before them.

    A book that was steady for a year and lately is not would else promise bands that are too narrow.
    """
    from scipy.special import betainc

    if not (np.diff(offsets) > 1).any():
        return book
    newest, shape, intervals, total = _newest(gaps, offsets, book)
    c, d = book.rate

    def held(loose: float) -> float:
        k = shape / loose
        passed = betainc(k, c + k * intervals, newest / (newest + d / k + total))
        inside = float((np.abs(passed - 0.5) < 0.4).sum())
        return (inside + 0.8 * STATED_NEWEST) / (newest.size + STATED_NEWEST)

    wide_enough = (loose for loose in LOOSE.tolist() if held(loose) >= 0.8)
    return replace(book, looseness=next(wide_enough, float(LOOSE[-1])))


def _newest(gaps: Floats, offsets: Integers, book: BookLaw) -> tuple[Floats, Floats, Floats, Floats]:
    """Each account's newest ordinary gaps, and what was known before each: shape, intervals, total time."""
    sizes, spans = np.diff(offsets), _spans(gaps, offsets, book)
    told: list[tuple[Floats, Floats, Floats, Floats]] = []
    for back in range(1, NEWEST + 1):
        rows = np.flatnonzero(sizes > back)
        rows = rows[spans[offsets[1:][rows] - back] == 1]
        if rows.size:
            counted = _counted(*_cut(gaps, offsets, rows, sizes[rows] - back), book)
            shape = 1 / (_shapes(counted, book, learned=True)[0] @ (1 / SHAPES))
            told.append((gaps[offsets[1:][rows] - back], shape, counted.intervals, counted.total))
    if not told:
        return (np.zeros(0),) * 4
    newest, shapes, intervals, totals = (np.concatenate(part) for part in zip(*told, strict=True))
    return newest, shapes, intervals, totals


def _cut(gaps: Floats, offsets: Integers, rows: Integers, sizes: Integers) -> tuple[Floats, Integers]:
    """The first ``sizes`` gaps of the accounts ``rows``, with their offsets."""
    bounds = np.concatenate(([0], np.cumsum(sizes)))
    within = np.arange(bounds[-1]) - np.repeat(bounds[:-1], sizes)
    return gaps[np.repeat(offsets[:-1][rows], sizes) + within], bounds


def spoken(gaps: Floats, offsets: Integers, book: BookLaw) -> Spoken:
    """Each account after its own gaps."""
    counted = _counted(gaps, offsets, book)
    chances, _ = _shapes(counted, book, learned=True)
    shape = 1 / (chances @ (1 / SHAPES)) / book.looseness
    c, d = book.rate
    a, b = book.skip
    strength = c + shape * counted.intervals
    scale = d / shape + counted.total
    skipped = a + counted.intervals - counted.n
    taken = b + counted.n
    return Spoken(
        mean=np.asarray(shape * scale / np.maximum(strength - 1, 0.5 * strength), np.float64),
        shape=shape,
        skips=np.asarray(skipped / (skipped + taken), np.float64),
        next_gap=NextGap(shape, strength, scale, span_chances(skipped, taken)),
    )


def span_chances(skipped: Floats, taken: Floats) -> Floats:
    """Chances of SPANS: N is beta-geometric, P(N ≥ n) = B(a + n, b)/B(a, b). Accounts that skipped and took
    alike are told once."""
    pairs, which = np.unique(skipped + 1j * taken, return_inverse=True)
    return _span_chances(pairs.real, pairs.imag)[which]


def _span_chances(skipped: Floats, taken: Floats) -> Floats:
    a, b = skipped[:, None], taken[:, None]
    from_here, total = a + SKIPPED_FROM, a + b
    told = log_gamma(from_here) + log_gamma(total) - log_gamma(total + SKIPPED_FROM) - log_gamma(a)
    tail = np.exp(told)
    return np.asarray(-np.diff(tail, axis=1, append=0.0), np.float64)


def _sample(gaps: Floats, offsets: Integers, silence: Floats, size: int) -> tuple[Floats, Integers, Floats]:
    accounts = silence.size
    if accounts <= size:
        return gaps, offsets, silence
    chosen = np.linspace(0, accounts - 1, size).astype(np.int64)
    flat, bounds = _cut(gaps, offsets, chosen, np.diff(offsets)[chosen])
    return flat, bounds, silence[chosen]


def _medians(gaps: Floats, offsets: Integers) -> tuple[Floats, Floats]:
    """Lower median of the log gaps of each account that has some, and the number of its gaps."""
    sizes = np.diff(offsets)
    owner = np.repeat(np.arange(sizes.size), sizes)
    logs = np.log(gaps)[np.lexsort((gaps, owner))]
    own = sizes > 0
    return logs[offsets[:-1][own] + (sizes[own] - 1) // 2], sizes[own].astype(np.float64)


def _start(gaps: Floats, offsets: Integers) -> BookLaw:
    """Robust first laws: medians and median deviations, which a few long gaps do not move."""
    medians, sizes = _medians(gaps, offsets)
    away = np.abs(np.log(gaps) - np.repeat(medians, sizes.astype(np.int64)))
    seen = away[np.repeat(sizes > 2, sizes.astype(np.int64))]
    within = 1.5 * float(np.median(seen)) if seen.size else 1.0
    centre = float(np.median(medians))
    firm = medians[sizes > 2] if (sizes > 2).sum() > 4 else medians
    between = 1.5 * float(np.median(np.abs(firm - centre))) if firm.size > 4 else STATED_SPREAD
    within, between = max(within, 0.05), max(between, 0.02)
    shapes = np.exp(-0.5 * ((np.log(SHAPES) + 2 * math.log(within)) / 1.0) ** 2)
    return BookLaw(
        rate=_gamma_law(-centre, between**2),
        shapes=shapes / shapes.sum(),
        skip=STATED_SKIPS,
        leave=STATED_LEAVES,
        accounts=int(sizes.size),
    )


def _gamma_law(mean_log: float, variance_log: float) -> tuple[float, float]:
    """(c, d) of the Gamma whose logarithm has this mean and variance: ψ(c) − ln d and ψ′(c)."""
    c = 1 / variance_log + 0.5
    for _ in range(30):
        c *= math.exp(math.log(float(trigamma(c)) / variance_log) * 0.9)
    return c, math.exp(float(digamma(c)) - mean_log)


def _counted(gaps: Floats, offsets: Integers, book: BookLaw) -> Counted:
    """Decide how many intervals each gap spans, then add up by account."""
    sizes = np.diff(offsets)
    spans = _spans(gaps, offsets, book)
    distinct, which = np.unique(spans, return_inverse=True)
    owner = np.repeat(np.arange(sizes.size), sizes)
    table = np.bincount(owner * distinct.size + which, minlength=sizes.size * distinct.size)
    logs = np.log(gaps)
    return Counted(
        n=sizes.astype(np.float64),
        intervals=_sums(owner, spans, sizes.size),
        total=_sums(owner, gaps, sizes.size),
        weighted_logs=_sums(owner, spans * logs, sizes.size),
        spans=table.reshape(sizes.size, distinct.size).astype(np.float64),
        distinct=distinct,
    )


def _sums(owner: Integers, values: Floats, accounts: int) -> Floats:
    return np.asarray(np.bincount(owner, values, accounts), np.float64)


def _spans(gaps: Floats, offsets: Integers, book: BookLaw) -> Floats:
    """1 + N for each gap: the likeliest of 1 and the whole numbers around gap ÷ interval."""
    sizes = np.diff(offsets)
    medians, own = _medians(gaps, offsets)
    c, d = book.rate
    centre, between = math.log(d) - float(digamma(c)), float(trigamma(c))
    shape = float(np.exp(book.shapes @ np.log(SHAPES)))
    noise = 1 / (shape * own)
    share = between / (between + noise)
    alone = np.abs(medians - centre) > 3 * np.sqrt(between + noise)
    share = np.where(alone & (own < 3), 0.0, np.where(alone, 1.0, share))
    interval = np.exp(share * medians + (1 - share) * centre)
    ratio = gaps / np.repeat(interval, sizes[sizes > 0])
    spans = np.ones(gaps.size)
    if shape < SKIPS_FROM:
        return spans
    long = np.flatnonzero(ratio > 1.4)
    a, b = book.skip
    each = math.log((a + 0.5) / (a + b + 1))
    r = ratio[long]
    candidates = np.stack([np.ones(r.size), np.maximum(np.floor(r), 1), np.ceil(r)])
    size = shape * candidates
    told = size * np.log(shape * r) - log_gamma(size) + (candidates - 1) * each
    spans[long] = candidates[np.argmax(told, axis=0), np.arange(r.size)]
    return spans


def _shapes(counted: Counted, book: BookLaw, *, learned: bool = False) -> tuple[Floats, BookLaw]:
    """Chances of SHAPES for each account, and of the book unless it has ``learned`` them."""
    c, d = book.rate
    k, m = SHAPES, counted.intervals[:, None]
    levels, which = np.unique(counted.intervals, return_inverse=True)
    told = (
        (log_gamma(c + levels[:, None] * k) + levels[:, None] * k * np.log(k))[which]
        - counted.spans @ log_gamma(counted.distinct[:, None] * k)
        + counted.weighted_logs[:, None] * k
        - (c + m * k) * np.log(d + counted.total[:, None] * k)
    )
    told -= told.max(axis=1, keepdims=True)
    likely = np.exp(told)
    law = book.shapes
    if not learned:
        heard = likely[counted.n > 0]
        first = law
        for _ in range(40):
            chances = heard * law
            chances /= chances.sum(axis=1, keepdims=True)
            law = (chances.sum(axis=0) + STATED * first) / (len(heard) + STATED)
    chances = likely * law
    return chances / chances.sum(axis=1, keepdims=True), replace(book, shapes=law)


def _rates(counted: Counted, chances: Floats, book: BookLaw) -> BookLaw:
    """Match mean and variance of the log rates over accounts, less what chance alone would scatter."""
    own = counted.n > 0
    shape = 1 / (chances[own] @ (1 / SHAPES))
    intervals, total = counted.intervals[own], counted.total[own]
    noise = trigamma(shape * intervals)
    logs = digamma(shape * intervals) - np.log(shape * total)
    weights = 1 / (noise + float(trigamma(book.rate[0])))
    weights /= weights.sum()
    mean = float(weights @ logs)
    variance = float(weights @ ((logs - mean) ** 2 - noise))
    stated = STATED_SPREAD**2 if own.sum() < 5 else 0.0
    lean = STATED if stated else 0.0
    variance = (variance * own.sum() + stated * lean) / (own.sum() + lean)
    return replace(book, rate=_gamma_law(mean, max(variance, 1e-4)))


def _skips_from_gaps(counted: Counted, book: BookLaw) -> BookLaw:
    """The share of skipped intervals, held as firmly as 20 gaps; refined when all else is known."""
    a, b = STATED_SKIPS
    share = (a + float((counted.intervals - counted.n).sum())) / (a + b + float(counted.intervals.sum()))
    return replace(book, skip=(20 * share, 20 * (1 - share)))


def _skips_and_leaves(gaps: Floats, offsets: Integers, silence: Floats, book: BookLaw) -> BookLaw:
    """Maximum likelihood of both Beta laws, the open gaps counted: each is a skip still running or an end."""
    from scipy.optimize import minimize

    counted = _counted(gaps, offsets, book)
    own = spoken(gaps, offsets, book)
    open_longer = _open(own.next_gap, silence)
    # many accounts skipped and took alike; what the laws say of those is worked out once
    pairs, which = np.unique(counted.intervals - counted.n + 1j * counted.n, return_inverse=True)
    skipped, n = pairs.real, pairs.imag

    def missed(theta: Floats) -> float:
        skip, leave, firm_skip, firm_leave = theta.tolist()
        a, b = _beta(skip, firm_skip)
        alpha, beta = _beta(leave, firm_leave)
        tail = (_span_chances(a + skipped, b + n)[which] * open_longer).sum(axis=1)
        skips = log_beta(a + skipped, b + n) - log_beta(a, b)
        stays = log_gamma(beta + n) - log_gamma(beta) - log_gamma(alpha + beta + n + 1)
        ends = log_gamma(alpha + beta) + np.log(alpha + (beta + n)[which] * tail)
        stated = _log_stated(skip, STATED_SKIPS) + _log_stated(leave, STATED_LEAVES)
        firm: float = -0.5 * (((firm_skip - 2) / 1.5) ** 2 + ((firm_leave - 2) / 1.5) ** 2)
        seen: float = ((skips + stays)[which] + ends).sum().item()
        return -seen - stated - firm

    a, b = book.skip
    start = np.array([math.log(a / b), -2.0, math.log(a + b), 1.5])
    options = {"xatol": 1e-3, "fatol": 1e-3, "maxiter": 400}
    best = minimize(missed, start, method="Nelder-Mead", options=options).x.tolist()
    return replace(book, skip=_beta(best[0], best[2]), leave=_beta(best[1], best[3]))


def _beta(logit: float, log_firm: float) -> tuple[float, float]:
    share = 1 / (1 + math.exp(-logit))
    firm = math.exp(min(max(log_firm, -3.0), 8.0))
    return max(share * firm, 1e-9), max((1 - share) * firm, 1e-9)


def _log_stated(logit: float, seen: tuple[float, float]) -> float:
    """Log density of the stated Beta law at a mean, as much as its counts weigh, at most STATED gaps."""
    weight = STATED / (seen[0] + seen[1])
    a, b = seen[0] * weight, seen[1] * weight
    return -a * math.log1p(math.exp(min(-logit, 300))) - b * math.log1p(math.exp(min(logit, 300)))


def _open(law: NextGap, silence: Floats) -> Floats:
    """P(gap > silence) for each account, by span."""
    from scipy.special import betaincc

    x = silence / (law.scale + silence)
    return np.asarray(betaincc(law.shape[:, None] * SPANS, law.strength[:, None], x[:, None]), np.float64)
