"""A scoring as columns, the way it is stored: one entry an account, all accounts at once.

What is nested (facts, labels, years) stays nested; whoever writes it says it in JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from math import isfinite

import numpy as np
import pyarrow as pa

from changqing.engine.computable import Floats, Integers
from changqing.value.rules.facts import EPOCH, Facts
from changqing.value.rules.judge import REASONS
from changqing.value.rules.lifetime import MODELS
from changqing.value.rules.schemes import WORDS, Because, Placed, because
from changqing.value.rules.score import Scored
from changqing.value.rules.settle import NONE

# Facts without money, kept beside a tier for those who may not see margins; and those with money.
SCORE_FACTS = (
    "value_rank",
    "revenue_rank",
    "growth",
    "growth_is_short",
    "half_trend",
    "stability",
    "room",
    "potential",
    "pain",
    "orders",
    "purchases",
    "tenure",
    "silence",
    "r",
    "f",
    "m",
    "score",
    "dim_current",
    "dim_potential",
    "dim_relationship",
    "dim_strategic",
    "factors",
    "factor_orders",
    "factor_volume",
    "factor_margin",
    "factor_influence",
    "is_loyal",
    "traits",
    "traits_unknown",
    "verdict",
    "families",
    "families_before",
    "return_rate",
)
MONEY_FACTS = (
    "revenue",
    "revenue_before",
    "margin",
    "margin_before",
    "cost",
    "financing",
    "receivable",
    "contribution",
    "without_cost",
    "returned",
)
RHYTHM_FACTS = (
    "silence",
    "families",
    "families_before",
    "return_rate",
    "return_rate_before",
    "days_to_pay",
    "days_to_pay_before",
)
FORESEEN = ("orders", "stays", "spend", "rate", "rate_sd", "serve", "revenue", "gross")
DIGITS = 10
LAST_DAY = date(2999, 12, 31)


def rounded(values: Floats) -> pa.Array:
    """``values`` to ten significant digits, so that the same book says the same; null where not known.

    >>> rounded(np.array([2 / 3, 1e9 / 3, 0.0, np.nan])).to_pylist()
    [0.6666666667, 333333333.3, 0.0, None]
    """
    known = np.isfinite(values)
    told = known & (values != 0)
    size = np.where(told, np.abs(values), 1.0)
    factor = 10.0 ** (DIGITS - 1 - np.floor(np.log10(size)))
    return pa.array(
        np.where(told, np.round(np.where(told, values, 0.0) * factor) / factor, values),
        pa.float64(),
        mask=~known,
    )


def standing_columns(scored: Scored) -> pa.Table:
    """What ``AccountStanding`` keeps, but for keys and days; ``reason`` is JSON already."""
    scheme, facts = scored.methods.tiers.governs, scored.facts
    names, governing = [*scheme.codes, ""], scored.placed[scheme.code]
    labels = {code: _named([*placed.scheme.codes, ""], placed.of) for code, placed in scored.placed.items()}
    before = {
        "day": pa.repeat(scored.before_day.isoformat(), scored.accounts.size),
        "tier": _named(names, scored.before_tier),
        "matrix": _named([*WORDS["matrix"], ""], scored.before_matrix),
    }
    return pa.table(
        {
            "account_id": pa.array(scored.accounts, pa.int64()),
            "scheme": pa.repeat(scheme.code, scored.accounts.size),
            "tier": _named(names, scored.tier),
            "settled": _named(names, scored.settled.tier),
            "proposed": _named(names, scored.settled.proposed),
            "pending": _named(names, scored.settled.pending),
            "reason": pa.array(reasons_of(governing, facts, scored.cuts.get(scheme.code, []))),
            "matrix": _named(WORDS["matrix"], facts["matrix"].astype(np.int64)),
            "matrix_reason": _named(REASONS, facts["matrix_reason"].astype(np.int64)),
            "value_rank": rounded(facts["value_rank"]),
            "potential": rounded(facts["potential"]),
            "labels": _nested(labels),
            "before": _nested(before),
            "inputs": _nested(_rounded(facts, SCORE_FACTS)),
        }
    )


def worth_columns(scored: Scored) -> pa.Table:
    """What ``AccountWorth`` keeps, but for keys and days."""
    told, facts, alive = scored.forecast, scored.facts, scored.rhythm.alive
    profit = rounded(told.profit)
    foreseen = {f"future_{name}": rounded(getattr(told, name)) for name in FORESEEN}
    return pa.table(
        {
            "account_id": pa.array(scored.accounts, pa.int64()),
            "model": _named(MODELS, scored.rhythm.model),
            "because": _named(["", "margin_unknown"], profit.is_null().to_numpy(False).astype(np.int64)),
            "profit": profit,
            "low": rounded(told.low),
            "high": rounded(told.high),
            "at_risk": rounded((1 - alive) * np.maximum(facts["revenue"], 0.0)),
            "contribution": rounded(facts["contribution"]),
            "by_year": _rows(told.by_year),
            "facts": _nested(_rounded(facts, MONEY_FACTS) | foreseen | {"alive": rounded(alive)}),
        }
    )


def rhythm_columns(scored: Scored) -> pa.Table:
    """What ``AccountRhythm`` keeps, but for keys and days."""
    seen = scored.rhythm
    alive = rounded(seen.alive)
    return pa.table(
        {
            "account_id": pa.array(scored.accounts, pa.int64()),
            "model": _named(MODELS, seen.model),
            "purchases": pa.array(scored.facts["purchases"].astype(np.int64)),
            "alive": alive.fill_null(0.0),
            "every": rounded(seen.every),
            "variation": rounded(seen.variation),
            "next_low": days_of(seen.low),
            "next_expected": days_of(seen.expected),
            "next_high": days_of(seen.high),
            "stretch": rounded(seen.stretch),
            "tail": rounded(seen.tail),
            **_rounded(scored.facts, RHYTHM_FACTS),
        }
    )


def days_of(numbers: Floats) -> pa.Array:
    """The days of numbers of days since 1970-01-01, rounded; one beyond any plan is not told.

    >>> days_of(np.array([1.4, np.nan, 1e9])).to_pylist()
    [datetime.date(1970, 1, 2), None, None]
    """
    whole = np.round(numbers)
    told = np.isfinite(whole) & (whole < (LAST_DAY - EPOCH).days)
    return pa.array(np.where(told, whole, 0).astype(np.int32), pa.int32(), mask=~told).cast(pa.date32())


def _named(names: Sequence[str], places: Integers) -> pa.Array:
    """The names at ``places``; −1 is the last one."""
    return pa.array(names, pa.string()).take(pa.array(np.where(places < 0, len(names) - 1, places)))


def _nested(columns: Mapping[str, pa.Array]) -> pa.Array:
    return pa.StructArray.from_arrays(list(columns.values()), list(columns))


def _rounded(facts: Facts, names: Sequence[str]) -> dict[str, pa.Array]:
    return {name: rounded(np.asarray(facts[name], np.float64)) for name in names}


def _rows(matrix: Floats) -> pa.Array:
    """Each row of ``matrix`` as a list."""
    accounts, years = matrix.shape
    ends = pa.array(np.arange(accounts + 1) * years, pa.int32())
    return pa.ListArray.from_arrays(ends, rounded(np.ascontiguousarray(matrix).ravel()))


def reasons_of(placed: Placed, facts: Facts, cuts: Sequence[float]) -> list[str]:
    """``because`` of all accounts, in JSON."""
    found = ["[]"] * placed.of.size
    for rows in _alike(placed):
        asked = because(placed, int(rows[0]), facts, cuts)
        parts = [list(_each(one, facts, rows)) for one in asked]
        for row, said in zip(rows.tolist(), zip(*parts, strict=True), strict=bool(parts)):
            found[row] = f"[{', '.join(said)}]"
    return found


def _alike(placed: Placed) -> Iterator[Integers]:
    """The accounts of each tier and rule, which answer to the same conditions."""
    pairs = (placed.of + 1) * (int(placed.rule.max(initial=NONE)) + 2) + placed.rule + 1
    order = np.argsort(pairs, kind="stable")
    ends = np.flatnonzero(np.diff(pairs[order])) + 1
    yield from (rows for rows in np.split(order, ends) if rows.size)


def _each(one: Because, facts: Facts, rows: Integers) -> Iterator[str]:
    """What ``one`` of the conditions that the accounts ``rows`` answer to says of each of them."""
    values = facts.get(one.fact)
    if values is None or (one.word and one.value is None):
        yield from [_in_json(one)] * rows.size
    elif one.word:
        names = WORDS[one.fact]
        said = {at: _in_json(_worded(one, name)) for at, name in enumerate(names)}
        unknown = _in_json(_worded(one, "unknown"))
        yield from (said[int(value)] if value == value else unknown for value in values[rows].tolist())
    else:
        mark = "\0"
        before, after = _in_json(replace(one, value=mark)).split(json.dumps(mark))
        for value in values[rows].tolist():
            yield f"{before}{value if isfinite(value) else 'null'}{after}"


def _worded(one: Because, word: str) -> Because:
    return replace(one, value=word, word=word)


def _in_json(one: Because) -> str:
    return json.dumps(one.as_json(), ensure_ascii=False)
