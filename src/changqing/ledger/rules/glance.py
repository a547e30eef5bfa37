"""A first look at a file: which columns are plainly written throughout, and whether every row is data.

Most are, and then nothing else need be looked for: the SQL that knows every way of writing takes longer to
plan than a small file takes to read, and longer to run on a large one.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping as Dict
from typing import Any

from changqing.ledger.rules import rows
from changqing.ledger.rules.choices import Choices
from changqing.ledger.rules.kinds import Field
from changqing.ledger.rules.mapping import Mapping
from changqing.ledger.rules.numbers import EITHER_DOT
from changqing.ledger.rules.sql import Source, any_of, matches
from changqing.ledger.rules.texts import UNIT, is_plain, is_plain_between, text_of

Glance = Dict[str, Any]


def glance_sql(mapping: Mapping, source: Source) -> str:
    """One row of counts, columns named; give it to ``evidence_sql`` and ``complete`` as a dict.

    ``doubtful``: rows that may be no data, or belong to a document above. Per field, ``odd`` texts, and
    ``unplain`` days and numbers; of the plain ones how they are written.
    """
    counts = [f"count(*) FILTER ({_is_doubtful(mapping)}) AS doubtful"]
    for f in rows.mapped(mapping, "text", "key", "currency"):
        counts.append(f"count(*) FILTER ({_odd_text(mapping, f, lambda cell: f'p_{cell}')}) AS {f.name}__odd")
    for f in rows.mapped(mapping, "day", *rows.SCALES):
        cell, plain = f"r_{f.name}", f"f_{f.name} IS NOT NULL"
        counts.append(f"count({cell}) - count(f_{f.name}) AS {f.name}__unplain")
        if f.type == "day":
            counts.append(f"count(*) FILTER ({plain} AND contains({cell}, '/')) AS {f.name}__slash")
            counts.append(f"count(f_{f.name}) - {f.name}__slash AS {f.name}__iso")
            continue
        three = f"contains({cell}, '.') AND strlen({cell}) - instr({cell}, '.') = 3"
        either = f"CASE WHEN {plain} AND {three} THEN {_is_either(cell)} ELSE false END"
        counts.append(f"count(*) FILTER ({either}) AS {f.name}__dot")
        counts.append(f"count(*) FILTER ({plain} AND contains({cell}, '.')) - {f.name}__dot AS {f.name}__us")
    columns = ["*", *rows.plain_columns(mapping, Choices())]
    texts = _looked_at(mapping)
    columns += [
        f"coalesce({is_plain_between(cell, f'first_{cell}', f'last_{cell}')}, false) AS p_{cell}"
        for cell in texts
    ]
    # once, not once more for each comparison
    ends = "".join(f", ascii({cell}) AS first_{cell}, ascii({cell}[-1]) AS last_{cell}" for cell in texts)
    read = f"SELECT {', '.join(columns)} FROM (SELECT *{ends} FROM {source})"
    return f"SELECT {', '.join(counts)} FROM (SELECT *, {_seen(mapping)} AS seen FROM ({read}))"


def _looked_at(mapping: Mapping) -> list[str]:
    """The cells of texts."""
    fields = rows.mapped(mapping, "text", "key", "currency")
    return list(dict.fromkeys(f"c{index}" for f in fields for index in mapping.columns[f.name]))


def plain_fields(mapping: Mapping, glance: Glance) -> frozenset[str]:
    """The fields all of whose cells are plainly written or empty."""
    texts = [f.name for f in rows.mapped(mapping, "text", "key", "currency")]
    others = unplain_fields(mapping, glance)
    return frozenset(
        name for name in mapping.columns if not (glance[f"{name}__odd"] if name in texts else name in others)
    )


def unplain_fields(mapping: Mapping, glance: Glance) -> frozenset[str]:
    """Days and numbers with cells that are not plainly written, if only words for nothing."""
    fields = rows.mapped(mapping, "day", *rows.SCALES)
    return frozenset(f.name for f in fields if glance[f"{f.name}__unplain"])


def odd_text(mapping: Mapping, f: Field) -> str:
    """Something to trim or unwrap, or a key that may have lost its digits."""
    return _odd_text(mapping, f, lambda cell: f"coalesce({is_plain(cell)}, false)")


def _odd_text(mapping: Mapping, f: Field, plain: Callable[[str], str]) -> str:
    cells = [f"c{index}" for index in mapping.columns[f.name]]
    odd = [f"{cell} IS NOT NULL AND NOT {plain(cell)}" for cell in cells]
    if f.type == "key":
        # 1.23E+11 and 1E+11; what else is no key does not look plain
        marks = ", ".join(str(ord(mark)) for mark in ".eE")
        odd += [
            f"CASE WHEN ascii({cell}) BETWEEN 48 AND 57 THEN ascii({cell}[2]) IN ({marks}) ELSE false END"
            for cell in cells
        ]
    return any_of(odd)


def _is_either(cell: str) -> str:
    return matches(f"ltrim({cell}, '+- ')", EITHER_DOT)


def _document(mapping: Mapping) -> list[str]:
    return [name for name in rows.DOCUMENT if name in mapping] if mapping.kind == "orders" else []


def _identity(mapping: Mapping) -> list[str]:
    """The cells that tell rows apart, those of the document first."""
    document = _document(mapping)
    names = [name for name in mapping.of.identity if name in mapping and name != "date"]
    return [f"c{mapping.column(name)}" for name in [*document, *(n for n in names if n not in document)]]


def _seen(mapping: Mapping) -> str:
    """The texts of the cells that tell rows apart, of rows that seem to have few; NULL of all others."""
    texts = _identity(mapping)
    if "date" not in mapping:
        texts = [*texts, *(["c0"] if rows.has_lone_first(mapping) else [])]
    if not texts:
        return "CAST([] AS VARCHAR[])"
    listed = f"list_transform([{', '.join(texts)}], lambda c: replace({text_of('c')}, {UNIT}, ''))"
    if "date" not in mapping:
        return listed
    few = f"({' + '.join(f'CAST(p_{cell} AS INTEGER)' for cell in texts)}) <= 1"
    silent = " AND ".join(f"NOT p_{cell}" for cell in texts[: len(_document(mapping))])
    return f"CASE WHEN {few}{f' OR ({silent})' if silent else ''} THEN {listed} END"


def _is_doubtful(mapping: Mapping) -> str:
    """May the row be a total, be blank, or belong to the document above? Where not, it surely is not."""
    doubts = [f"len(list_filter(seen, lambda t: {rows.says_total('t')})) > 0"]
    if "date" in mapping:
        doubts.append("f_date IS NULL")
        names = [name for name in mapping.of.identity if name in mapping and name in rows.CONTENT]
        doubts += [rows.in_line(f"replace(c{mapping.column(name)}, {UNIT}, '')") for name in names]
    else:
        doubts.append("len(list_filter(seen, lambda t: t IS NOT NULL)) = 0")
    document = len(_document(mapping))
    if document:
        doubts.append(f"len(list_filter(seen[1:{document}], lambda t: t IS NOT NULL)) = 0")
    return any_of(doubts)
