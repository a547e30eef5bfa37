"""What the whole of each column says about how it is written, and what is decided from it.

One scan that counts (``evidence_sql``), one decision (``decide``). Nothing is decided from a sample, and what
the column leaves open is refused row by row, not guessed.
"""

from __future__ import annotations

from collections.abc import Mapping as Dict
from typing import Any

from changqing.ledger.rules import days, numbers, rows
from changqing.ledger.rules.choices import Choices, Told, Wishes
from changqing.ledger.rules.currencies import is_marked
from changqing.ledger.rules.days import First
from changqing.ledger.rules.identity import key_of_row
from changqing.ledger.rules.mapping import Mapping
from changqing.ledger.rules.numbers import Style
from changqing.ledger.rules.sql import Source
from changqing.ledger.rules.texts import is_blank
from changqing.ledger.rules.words import DAY_BLANKS, VALUE_BLANKS

NUMBER_SHAPES = ("plain", "us", "eu", "comma", "dot", "other")
DAY_SHAPES = (
    *("iso", "slash", "dot", "cn", "compact", "named", "serial"),
    *("dfirst", "mfirst", "same", "points", "either", "two", "other"),
)
#: shapes of 05/01/2026
_ORDERED = ("dfirst", "mfirst", "same", "points", "either")
_MONEY = ("amount", "amount_with_tax", "net_amount", "price", "price_with_tax")


def evidence_sql(mapping: Mapping, source: Source) -> str:
    """One row of counts, columns named; give it to ``decide`` as a dict."""
    counts = ["count(*) AS rows", "count(*) FILTER (fate = 'total') AS totals"]
    counts.append("count(*) FILTER (fate = 'blank') AS blanks")
    for f in rows.mapped(mapping, *rows.SCALES):
        counts += [f"count(*) FILTER (s_{f.name} = '{s}') AS {f.name}__{s}" for s in NUMBER_SHAPES]
    for f in rows.mapped(mapping, "day"):
        counts += [f"count(*) FILTER (s_{f.name} = '{s}') AS {f.name}__{s}" for s in DAY_SHAPES]
    counts += _mark_counts(mapping) + _document_counts(mapping) + _repeat_counts(mapping)
    shaped = ["*", *_number_shapes(mapping), *_day_shapes(mapping)]
    inner = f"SELECT {', '.join(shaped)} FROM ({rows.fated(mapping, Choices(), source)})"
    return f"SELECT {', '.join(counts)} FROM ({inner})"


def _number_shapes(mapping: Mapping) -> list[str]:
    shapes = []
    for f in rows.mapped(mapping, *rows.SCALES):
        cell = f"r_{f.name}"
        plain = f"try_cast({cell} AS DECIMAL(18,4)) IS NOT NULL"
        other = f"CASE WHEN {is_blank(cell, VALUE_BLANKS)} THEN NULL ELSE {numbers.shape(cell)} END"
        shapes.append(
            f"CASE WHEN {cell} IS NULL OR fate IS NOT NULL THEN NULL "
            f"WHEN {plain} THEN {numbers.plain_shape(cell)} ELSE {other} END AS s_{f.name}"
        )
    return shapes


def _day_shapes(mapping: Mapping) -> list[str]:
    shapes = []
    for f in rows.mapped(mapping, "day"):
        cell = f"r_{f.name}"
        plain = f"CASE WHEN contains({cell}, '/') THEN 'slash' ELSE 'iso' END"
        other = f"CASE WHEN {is_blank(cell, DAY_BLANKS)} THEN NULL ELSE {days.shape(cell)} END"
        shapes.append(
            f"CASE WHEN {cell} IS NULL OR fate IS NOT NULL THEN NULL "
            f"WHEN {days.fast(cell)} IS NOT NULL THEN {plain} ELSE {other} END AS s_{f.name}"
        )
    return shapes


def _mark_counts(mapping: Mapping) -> list[str]:
    fields = [name for name in _MONEY if name in mapping]
    return [
        f"count(*) FILTER (CASE WHEN w_{name} IS NOT NULL THEN {is_marked(f'r_{name}')} ELSE false END) "
        f"AS {name}__marked"
        for name in fields
    ]


def _document_counts(mapping: Mapping) -> list[str]:
    """How many rows belong to the document above, and whether the file is of that style at all."""
    lead = next((name for name in ("order_no", "customer", "customer_name") if name in mapping), None)
    if mapping.kind != "orders" or lead is None:
        return []
    counts = [
        "count(*) FILTER (is_more) AS more",
        "min(file_row) FILTER (is_more) AS first_more",
        "min(file_row) FILTER (fate IS NULL AND NOT is_more) AS first_own",
        f"count(t_{lead}) FILTER (fate IS NULL) AS leads",
        f"approx_count_distinct(t_{lead}) FILTER (fate IS NULL) AS distinct_leads",
    ]
    for f in rows.carriers(mapping):
        own = rows.own(f)
        counts.append(f"count(*) FILTER (is_more AND {own} IS NOT NULL) AS {f.name}__own")
    return counts


def _repeat_counts(mapping: Mapping) -> list[str]:
    key = key_of_row(mapping)
    return [
        "count(*) FILTER (fate IS NULL) AS data_rows",
        f"count(DISTINCT {key}) FILTER (fate IS NULL) AS distinct_keys",
    ]


def decide(mapping: Mapping, evidence: Dict[str, Any], wishes: Wishes | None = None) -> Choices:
    """How the file's cells are read. ``evidence``: the row of ``evidence_sql`` by column name."""
    wishes = wishes or Wishes()
    told: list[Told] = []
    carried = _carried(mapping, evidence, wishes, told)
    return Choices(
        styles=_styles(mapping, evidence, wishes, told),
        firsts=_firsts(mapping, evidence, wishes, told),
        serials=_serials(mapping, evidence),
        carried=carried,
        repeats=bool(carried) or evidence["data_rows"] != evidence["distinct_keys"],
        marked=_marked(mapping, evidence),
        tax_rate=wishes.tax_rate,
        check_price=wishes.check_price,
        told=(*told, *_writings(mapping, evidence), *_skipped(evidence)),
    )


def _styles(mapping: Mapping, evidence: Dict[str, Any], wishes: Wishes, told: list[Told]) -> dict[str, Style]:
    fields = [f.name for f in rows.mapped(mapping, *rows.SCALES)]
    if wishes.decimal_comma is not None:
        return dict.fromkeys(fields, "eu" if wishes.decimal_comma else "us")
    whole = _style(
        sum(evidence[f"{name}__us"] for name in fields), sum(evidence[f"{name}__eu"] for name in fields)
    )
    styles: dict[str, Style] = {}
    for name in fields:
        us, eu = evidence[f"{name}__us"], evidence[f"{name}__eu"]
        open_cells = evidence[f"{name}__comma"] + evidence[f"{name}__dot"]
        # a column that does not tell follows the rest of the file
        styles[name] = _style(us, eu) or whole or "us"
        if open_cells and not (us or eu):
            told.append(Told("style_assumed", name, {"count": open_cells, "style": styles[name]}))
        elif styles[name] != "us":
            told.append(Told("style", name, {"style": styles[name], "us": us, "eu": eu}))
    return styles


def _style(us: int, eu: int) -> Style | None:
    if us and eu:
        return "mixed"
    return "us" if us else "eu" if eu else None


def _firsts(mapping: Mapping, evidence: Dict[str, Any], wishes: Wishes, told: list[Told]) -> dict[str, First]:
    fields = [f.name for f in rows.mapped(mapping, "day")]
    dfirst = sum(evidence[f"{name}__dfirst"] for name in fields)
    mfirst = sum(evidence[f"{name}__mfirst"] for name in fields)
    firsts: dict[str, First] = {}
    for name in fields:
        ordered = {shape: evidence[f"{name}__{shape}"] for shape in _ORDERED}
        own = _first(ordered["dfirst"], ordered["mfirst"])
        # 05.01.2026 with points is written day first wherever it is written at all
        by_points: First = "day" if ordered["points"] and not ordered["mfirst"] else ""
        firsts[name] = wishes.first or own or by_points or _first(dfirst, mfirst)
        if sum(ordered.values()):
            told.append(Told("day_order", name, {"first": firsts[name], "count": sum(ordered.values())}))
    return firsts


def _first(dfirst: int, mfirst: int) -> First:
    if dfirst and mfirst:
        return ""
    return "day" if dfirst else "month" if mfirst else ""


def _serials(mapping: Mapping, evidence: Dict[str, Any]) -> frozenset[str]:
    """Columns at least half of whose cells are spreadsheet day numbers."""
    chosen = set()
    for f in rows.mapped(mapping, "day"):
        filled = sum(evidence[f"{f.name}__{shape}"] for shape in DAY_SHAPES)
        if evidence[f"{f.name}__serial"] * 2 >= filled > 0:
            chosen.add(f.name)
    return frozenset(chosen)


def _carried(mapping: Mapping, evidence: Dict[str, Any], wishes: Wishes, told: list[Told]) -> tuple[str, ...]:
    """Fields to fill down: in files whose documents stand on one row each with more rows below.

    Such a file starts with a document's own row, and no document number stands on two rows.
    """
    more = evidence.get("more") or 0
    if not more or wishes.carry is False:
        return ()
    starts_well = evidence["first_own"] is not None and evidence["first_own"] < evidence["first_more"]
    once = evidence["distinct_leads"] >= 0.9 * evidence["leads"]
    if not starts_well or not (once or wishes.carry):
        return ()
    names = ("order_no", "date", "customer", "customer_name")
    carried = tuple(
        f.name for f in rows.carriers(mapping) if f.name in names or not evidence[f"{f.name}__own"]
    )
    told.append(Told("filled_down", "", {"count": more, "fields": carried}))
    return carried


def _marked(mapping: Mapping, evidence: Dict[str, Any]) -> str:
    if "currency" in mapping:
        return ""
    fields = [name for name in _MONEY if name in mapping and evidence[f"{name}__marked"]]
    return fields[0] if fields else ""


def _writings(mapping: Mapping, evidence: Dict[str, Any]) -> list[Told]:
    """Day columns with their writings counted, where there are several."""
    told = []
    for f in rows.mapped(mapping, "day"):
        counts = {
            shape: evidence[f"{f.name}__{shape}"] for shape in DAY_SHAPES if evidence[f"{f.name}__{shape}"]
        }
        if len(counts) > 1:
            told.append(Told("day_writings", f.name, counts))
    return told


def _skipped(evidence: Dict[str, Any]) -> list[Told]:
    return [Told(code, "", {"count": evidence[code]}) for code in ("totals", "blanks") if evidence[code]]
