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
from changqing.ledger.rules.glance import Glance, odd_text, plain_fields, unplain_fields
from changqing.ledger.rules.identity import digest_of_row
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
#: how many times more of one style than of the other make it the column's
_CLEAR = 9
_FLAGS = {"o": "odd", "m": "marked", "h": "own"}
_MONEY = ("amount", "amount_with_tax", "net_amount", "price", "price_with_tax")


def evidence_sql(mapping: Mapping, source: Source, glance: Glance) -> str:
    """One row of counts, columns named; give it to ``decide`` with the ``glance`` as a dict.

    Rows are first grouped by how their cells are written, of which there are few ways; the counts are then
    taken over the groups. What the glance told is not looked into again.
    """
    if glance["doubtful"]:
        keys = _keys(mapping, Choices(), source)
        return f"SELECT * FROM ({_of_all_columns(mapping, source)}) CROSS JOIN ({keys})"
    keys = _keys(mapping, Choices(plain=plain_fields(mapping, glance)), source)
    unplain = unplain_fields(mapping, glance)
    if not unplain:
        return keys
    return f"SELECT * FROM ({_of_columns(mapping.only(unplain), source)}) CROSS JOIN ({keys})"


def complete(mapping: Mapping, glance: Glance, evidence: Dict[str, Any]) -> dict[str, Any]:
    """The row of ``evidence_sql`` with what the glance told."""
    if glance["doubtful"]:
        return dict(evidence)
    told: dict[str, Any] = {"totals": 0, "blanks": 0, "more": 0, "first_more": None, "first_own": None}
    for f in rows.mapped(mapping):
        shapes = DAY_SHAPES if f.type == "day" else NUMBER_SHAPES if f.type in rows.SCALES else ()
        told |= {f"{f.name}__{shape}": glance.get(f"{f.name}__{shape}", 0) for shape in shapes}
        told[f"{f.name}__odd"] = glance.get(f"{f.name}__odd", 0)
        told[f"{f.name}__marked"] = told[f"{f.name}__own"] = 0
    return told | dict(evidence)


def _of_all_columns(mapping: Mapping, source: Source) -> str:
    """The counts of every column, and of rows that are no data."""
    ways = {**_shapes(mapping), **_odd(mapping), **_marks(mapping), **_own(mapping)}
    texts = _text_flags(mapping)
    kept = tuple(texts)
    flagged = f"(SELECT *, {', '.join(f'{value} AS {name}' for name, value in texts.items())} FROM {source})"
    read = rows.fated(mapping, Choices(), flagged if texts else source, kept)
    grouped = _grouped(ways, ("fate", "is_more", *kept), read)
    counts = [*_counts_of_rows(), *_counts(mapping, (*kept, *ways))]
    return f"SELECT {', '.join(counts)} FROM ({grouped})"


def _of_columns(mapping: Mapping, source: Source) -> str:
    """The counts of days and numbers in a file all of whose rows are data."""
    plain = ", ".join(rows.plain_columns(mapping, Choices()))
    read = f"SELECT file_row, {plain}, CAST(NULL AS VARCHAR) AS fate FROM {source}"
    ways = {**_shapes(mapping), **_odd(mapping), **_marks(mapping)}
    return f"SELECT {', '.join(_counts(mapping, tuple(ways)))} FROM ({_grouped(ways, (), read)})"


def _grouped(ways: Dict[str, str], kept: tuple[str, ...], read: str) -> str:
    grouped = ", ".join([*kept, *(f"{value} AS {name}" for name, value in ways.items())])
    return (
        f"SELECT {grouped or 'true AS nothing'}, count(*) AS n, min(file_row) AS first_row "
        f"FROM ({read}) GROUP BY ALL"
    )


def _counts_of_rows() -> list[str]:
    return [
        _sum("true", "rows"),
        _sum("fate = 'total'", "totals"),
        _sum("fate = 'blank'", "blanks"),
        _sum("is_more", "more"),
        "min(first_row) FILTER (is_more) AS first_more",
        "min(first_row) FILTER (fate IS NULL AND NOT is_more) AS first_own",
    ]


def _counts(mapping: Mapping, ways: tuple[str, ...]) -> list[str]:
    """What the outer query says of the groups."""
    counts = []
    for f in rows.mapped(mapping, *rows.SCALES):
        counts += [_sum(f"s_{f.name} = '{shape}'", f"{f.name}__{shape}") for shape in NUMBER_SHAPES]
    for f in rows.mapped(mapping, "day"):
        counts += [_sum(f"s_{f.name} = '{shape}'", f"{f.name}__{shape}") for shape in DAY_SHAPES]
    for way in ways:
        kind, name = way.split("_", 1)
        if kind in _FLAGS:
            counts.append(_sum(way, f"{name}__{_FLAGS[kind]}"))
    return counts


def _sum(condition: str, name: str) -> str:
    return f"CAST(coalesce(sum(n) FILTER ({condition}), 0) AS BIGINT) AS {name}"


def _keys(mapping: Mapping, choices: Choices, source: Source) -> str:
    """Whether keys repeat, and whether the document's number stands on several rows."""
    wanted = {*mapping.of.identity, "currency", "method", "invoice_no"}
    lean = rows.values(mapping.only(wanted), choices, source)
    leads = ("order_no", "customer", "customer_name") if mapping.kind == "orders" else ()
    lead = next((name for name in leads if name in mapping), None)
    counted = f"count(t_{lead})" if lead else "0"
    distinct = f"approx_count_distinct(t_{lead})" if lead else "0"
    return (
        f"SELECT count(*) AS all_rows, count(DISTINCT {digest_of_row(mapping)}) AS distinct_keys, "
        f"{counted} AS leads, {distinct} AS distinct_leads FROM ({lean})"
    )


def _shapes(mapping: Mapping) -> dict[str, str]:
    """``s_f``: how each number and day is written, NULL where the cell or the row says nothing."""
    shapes = {}
    for f in rows.mapped(mapping, *rows.SCALES):
        cell = f"r_{f.name}"
        plain = f"try_cast({cell} AS DECIMAL(18,4)) IS NOT NULL"
        other = f"CASE WHEN {is_blank(cell, VALUE_BLANKS)} THEN NULL ELSE {numbers.shape(cell)} END"
        shapes[f"s_{f.name}"] = (
            f"CASE WHEN {cell} IS NULL OR fate IS NOT NULL THEN NULL "
            f"WHEN {plain} THEN {numbers.plain_shape(cell)} ELSE {other} END"
        )
    for f in rows.mapped(mapping, "day"):
        cell = f"r_{f.name}"
        plain = f"CASE WHEN contains({cell}, '/') THEN 'slash' ELSE 'iso' END"
        other = f"CASE WHEN {is_blank(cell, DAY_BLANKS)} THEN NULL ELSE {days.shape(cell)} END"
        shapes[f"s_{f.name}"] = (
            f"CASE WHEN {cell} IS NULL OR fate IS NOT NULL THEN NULL "
            f"WHEN f_{f.name} IS NOT NULL THEN {plain} ELSE {other} END"
        )
    return shapes


def _odd(mapping: Mapping) -> dict[str, str]:
    """``o_f``: a number or day that is not written plainly. Where there are none, none is looked for."""
    odd = {}
    for f in rows.mapped(mapping, *rows.SCALES):
        blank = is_blank(f"r_{f.name}", VALUE_BLANKS)
        odd[f"o_{f.name}"] = f"CASE WHEN f_{f.name} IS NULL THEN NOT {blank} ELSE false END"
    for f in rows.mapped(mapping, "day"):
        blank = is_blank(f"r_{f.name}", DAY_BLANKS)
        odd[f"o_{f.name}"] = f"CASE WHEN f_{f.name} IS NULL THEN NOT {blank} ELSE false END"
    return odd


def _text_flags(mapping: Mapping) -> dict[str, str]:
    """``o_f`` of texts, from the staged cells."""
    fields = rows.mapped(mapping, "text", "key", "currency")
    return {f"o_{f.name}": odd_text(mapping, f) for f in fields}


def _marks(mapping: Mapping) -> dict[str, str]:
    """``m_f``: a money cell that bears a currency sign."""
    return {
        f"m_{name}": f"CASE WHEN f_{name} IS NULL AND r_{name} IS NOT NULL "
        f"THEN {is_marked(f'r_{name}')} ELSE false END"
        for name in _MONEY
        if name in mapping
    }


def _own(mapping: Mapping) -> dict[str, str]:
    """``h_f``: a row of the document above that says this for itself."""
    if mapping.kind != "orders":
        return {}
    return {
        f"h_{f.name}": f"CASE WHEN is_more THEN {rows.own(f)} IS NOT NULL ELSE false END"
        for f in rows.carriers(mapping)
    }


def decide(mapping: Mapping, evidence: Dict[str, Any], wishes: Wishes | None = None) -> Choices:
    """How the file's cells are read. ``evidence``: the row of ``evidence_sql`` by column name."""
    wishes = wishes or Wishes()
    told: list[Told] = []
    carried = _carried(mapping, evidence, wishes, told)
    styles = _styles(mapping, evidence, wishes, told)
    return Choices(
        styles=styles,
        firsts=_firsts(mapping, evidence, wishes, told),
        serials=_serials(mapping, evidence),
        carried=carried,
        plain=_plain(mapping, evidence, styles),
        has_fates=bool(evidence["totals"] or evidence["blanks"]),
        repeats=bool(carried) or evidence["all_rows"] != evidence["distinct_keys"],
        marked=_marked(mapping, evidence),
        tax_rate=wishes.tax_rate,
        check_price=wishes.check_price,
        currency=wishes.currency,
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
    """What most telling cells say: a stray cell of the other style does not put the column in doubt."""
    if us and eu and max(us, eu) < _CLEAR * min(us, eu):
        return "mixed"
    if us and eu:
        return "us" if us > eu else "eu"
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


def _plain(mapping: Mapping, evidence: Dict[str, Any], styles: dict[str, Style]) -> frozenset[str]:
    """Fields without an odd cell. Plain means plain in the style of 1,234.5; others are looked into."""
    fields = [f.name for f in rows.mapped(mapping) if not evidence[f"{f.name}__odd"]]
    return frozenset(name for name in fields if styles.get(name, "us") == "us")


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
    more = evidence["more"]
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
