"""From staged text to typed cells: the layers of SQL that every kind shares.

Columns of the layers, per field f: ``r_f`` the raw cell, ``t_f`` its text, ``v_f`` its typed value; ``fate``
is 'blank' or 'total' for rows that are no data; ``is_more`` marks rows that belong to the document above.
"""
# columns are addressed as c0 … cN and every text is an escaped literal, so no cell or header enters the SQL

from __future__ import annotations

from changqing.ledger.rules import days, numbers
from changqing.ledger.rules.choices import Choices
from changqing.ledger.rules.currencies import code_of
from changqing.ledger.rules.kinds import Field
from changqing.ledger.rules.mapping import Mapping
from changqing.ledger.rules.sql import Source, among, any_of, matches
from changqing.ledger.rules.texts import UNIT, is_blank, key_of, text_of
from changqing.ledger.rules.words import DAY_BLANKS, TOTAL_PATTERN, TOTALS_BY_LINE, VALUE_BLANKS

#: decimals kept by type
SCALES = {"amount": 4, "quantity": 4, "price": 8, "share": 8}
SQL_TYPES = {
    "text": "VARCHAR",
    "key": "VARCHAR",
    "currency": "VARCHAR",
    "day": "DATE",
    **{type_: f"DECIMAL(18,{scale})" for type_, scale in SCALES.items()},
}
#: whose a row is: the customer's key, or the name where there is no key
CUSTOMER = (
    ("customer", "coalesce(t_customer, t_customer_name)"),
    ("customer_name", "t_customer_name"),
)
#: a document's own columns: blank in all of them, a row belongs to the document above
DOCUMENT = ("order_no", "customer", "customer_name")
CONTENT = ("product", "product_name", "line_no")


def mapped(mapping: Mapping, *types: str) -> list[Field]:
    """The kind's fields that have a column, of these types (all when none is given), in the kind's order."""
    return [f for f in mapping.of.fields if f.name in mapping and (not types or f.type in types)]


def raw(mapping: Mapping, name: str) -> str:
    return f"c{mapping.column(name)}"


def plain_cell(f: Field, cell: str) -> str:
    """What a wholly plain column's cell is, without looking for any other writing."""
    if f.type == "key":
        return f"replace({cell}, {UNIT}, '')"
    return cell


def cells(mapping: Mapping, choices: Choices, source: Source, kept: tuple[str, ...] = ()) -> str:
    """Every mapped cell as text, day, or number still unrounded (``f_`` plain, ``w_`` any other writing)."""
    columns = ["file_row", *kept, *_text_columns(mapping, choices), *plain_columns(mapping, choices)]
    if has_lone_first(mapping):
        columns.append(f"{text_of('c0')} AS t_first")
    other = [_other_day(f, choices) for f in mapped(mapping, "day")]
    other += [
        _other_number(mapping, f, choices) for f in mapped(mapping, *SCALES) if f.name not in choices.plain
    ]
    return f"SELECT {', '.join(['*', *other])} FROM (SELECT {', '.join(columns)} FROM {source})"


def plain_columns(mapping: Mapping, choices: Choices) -> list[str]:
    """Of days and numbers the raw cell ``r_`` and ``f_``, its value where it is plainly written."""
    columns = []
    for f in mapped(mapping, "day"):
        columns += [
            f"{raw(mapping, f.name)} AS r_{f.name}",
            f"{days.fast(raw(mapping, f.name))} AS f_{f.name}",
        ]
    for f in mapped(mapping, *SCALES):
        cell, scale = raw(mapping, f.name), SCALES[f.type]
        style = choices.styles.get(f.name, "us")
        plain = (
            f"CAST(NULL AS DECIMAL(18,{scale}))"
            if mapping.exponent(f.name)
            else numbers.fast(cell, style, scale)
        )
        columns += [f"{cell} AS r_{f.name}", f"{plain} AS f_{f.name}"]
    return columns


def _text_columns(mapping: Mapping, choices: Choices) -> list[str]:
    columns = []
    for f in mapped(mapping, "text", "key", "currency"):
        read = key_of if f.type == "key" else text_of
        plain = f.name in choices.plain
        texts = [plain_cell(f, f"c{i}") if plain else read(f"c{i}") for i in mapping.columns[f.name]]
        joined = texts[0] if len(texts) == 1 else f"nullif(concat_ws(' / ', {', '.join(texts)}), '')"
        columns.append(f"{joined} AS t_{f.name}")
    return columns


def _other_day(f: Field, choices: Choices) -> str:
    """``d_``: the day of any writing."""
    fast = f"f_{f.name}"
    if f.name in choices.plain:
        return f"{fast} AS d_{f.name}"
    cell, serials = f"r_{f.name}", f.name in choices.serials
    slow = days.slow(cell, choices.firsts.get(f.name, ""), serials=serials)
    return f"CASE WHEN {fast} IS NOT NULL THEN {fast} WHEN {cell} IS NOT NULL THEN {slow} END AS d_{f.name}"


def _other_number(mapping: Mapping, f: Field, choices: Choices) -> str:
    """``w_``: the number where it is not plainly written."""
    cell, style = f"r_{f.name}", choices.styles.get(f.name, "us")
    wide = numbers.wide(cell, style, exponent=mapping.exponent(f.name), shares=f.type == "share")
    return f"CASE WHEN f_{f.name} IS NULL AND {cell} IS NOT NULL THEN {wide} END AS w_{f.name}"


def values(mapping: Mapping, choices: Choices, source: Source, kept: tuple[str, ...] = ()) -> str:
    """``cells`` with days in range, numbers rounded to their scale, and the fate of each row."""
    columns = ["*"]
    for f in mapped(mapping, "day"):
        columns.append(f"CASE WHEN {days.in_range(f'd_{f.name}')} THEN d_{f.name} END AS v_{f.name}")
    for f in mapped(mapping, *SCALES):
        if f.name in choices.plain:
            columns.append(f"f_{f.name} AS v_{f.name}")
            continue
        rounded = numbers.even(f"w_{f.name}", SCALES[f.type])
        columns.append(
            f"CASE WHEN f_{f.name} IS NOT NULL THEN f_{f.name} "
            f"WHEN w_{f.name} IS NOT NULL THEN {rounded} END AS v_{f.name}"
        )
    for f in mapped(mapping, "currency"):
        columns.append(f"{code_of(f't_{f.name}')} AS v_{f.name}")
    return f"SELECT {', '.join(columns)} FROM ({cells(mapping, choices, source, kept)})"


def fated(mapping: Mapping, choices: Choices, source: Source, kept: tuple[str, ...] = ()) -> str:
    """``values`` with ``fate`` and ``is_more``, document cells filled down where that was decided.

    ``kept``: further columns of the source to keep.
    """
    fate = _fate(mapping) if choices.has_fates else "CAST(NULL AS VARCHAR)"
    read = values(mapping, choices, source, kept)
    if choices.has_fates:
        read = f"SELECT *, {_says(mapping)} AS says FROM ({read})"
    with_fate = f"SELECT *, {fate} AS fate FROM ({read})"
    with_more = f"SELECT *, {is_more(mapping)} AS is_more FROM ({with_fate})"
    return _filled_down(mapping, choices, with_more) if choices.carried else with_more


def whole(mapping: Mapping, rows_sql: str) -> str:
    """The rows with a typed NULL for each field that has no column, so that no rule need ask."""
    absent = []
    for f in mapping.of.fields:
        if f.name not in mapping:
            prefixes = {"day": "vr", "currency": "vt"}.get(f.type, "vr" if f.type in SCALES else "t")
            for prefix in prefixes:
                type_ = SQL_TYPES[f.type] if prefix == "v" else "VARCHAR"
                absent.append(f"CAST(NULL AS {type_}) AS {prefix}_{f.name}")
    return f"SELECT *, {', '.join(absent)} FROM ({rows_sql})" if absent else rows_sql


def has_lone_first(mapping: Mapping) -> bool:
    """The file's first column is not mapped; a total row may say so there."""
    return all(0 not in indexes for indexes in mapping.columns.values())


def _identity(mapping: Mapping) -> list[str]:
    """The texts of the cells that tell rows apart, without the date."""
    names = [name for name in mapping.of.identity if name in mapping and name != "date"]
    return [f"t_{name}" for name in names]


def _fate(mapping: Mapping) -> str:
    texts = [f"t_{f.name} IS NULL" for f in mapped(mapping, "text", "key", "currency")]
    unread = [f"v_{f.name} IS NULL" for f in mapped(mapping, "day", *SCALES)]
    blank = [is_blank(f"r_{f.name}", DAY_BLANKS) for f in mapped(mapping, "day")]
    blank += [is_blank(f"r_{f.name}", VALUE_BLANKS) for f in mapped(mapping, *SCALES)]
    empty = f"CASE WHEN {' AND '.join(texts + unread)} THEN {' AND '.join(blank) or 'true'} ELSE false END"
    return f"CASE WHEN {_is_total(mapping)} THEN 'total' WHEN {empty} THEN 'blank' END"


def _telling(mapping: Mapping) -> list[str]:
    """The texts in which a total row says so: cells that tell rows apart, a first column, the date's cell."""
    first = ["t_first"] if has_lone_first(mapping) else []
    return [*_identity(mapping), *first, *(["r_date"] if "date" in mapping else [])]


def _says(mapping: Mapping) -> str:
    """Which of the ``_telling`` texts are total words, for rows of which that matters; NULL of all others.

    As a list, since the pattern is large and is planned anew wherever it stands.
    """
    told = f"list_transform([{', '.join(_telling(mapping))}], lambda t: {says_total('t')})"
    return f"CASE WHEN v_date IS NULL OR {_few(mapping)} THEN {told} END" if "date" in mapping else told


def _few(mapping: Mapping) -> str:
    """At most one of the cells that tell rows apart says anything."""
    identity = _identity(mapping)
    if not identity:
        return "true"
    return f"({' + '.join(f'CAST({text} IS NOT NULL AS INTEGER)' for text in identity)}) <= 1"


def _is_total(mapping: Mapping) -> str:
    """A total word in a cell that tells rows apart, while the others say nothing.

    With a date column: no date in the row (or the word in it), or no other identity. A subtotal in the place
    of a product counts even on a row that repeats its order.
    """
    identity = _identity(mapping)
    says = {text: f"says[{nth}]" for nth, text in enumerate(_telling(mapping), start=1)}
    others_silent = " AND ".join(f"({text} IS NULL OR {says[text]})" for text in identity) or "true"
    words = [said for text, said in says.items() if text != "r_date"]
    if "date" not in mapping:
        return f"CASE WHEN {any_of(words)} THEN {others_silent} ELSE false END"
    silent_date = f"({is_blank('r_date', DAY_BLANKS)} OR {says['r_date']})"
    no_date = f"CASE WHEN v_date IS NULL THEN {any_of(says.values())} AND {silent_date} ELSE false END"
    no_other = f"CASE WHEN {_few(mapping)} THEN {any_of(words)} AND {others_silent} ELSE false END"
    by_line = [in_line(text) for text in identity if text[2:] in CONTENT]
    return any_of([no_date, no_other, *by_line])


def in_line(text: str) -> str:
    # most product keys and line numbers begin with a digit, and need no further look
    says = among(f"upper({text})", TOTALS_BY_LINE)
    return f"CASE WHEN ascii({text}) BETWEEN 48 AND 57 THEN false ELSE {says} END"


def says_total(text: str) -> str:
    return matches(f"regexp_replace(upper({text}), '\\s+', '', 'g')", TOTAL_PATTERN)


def is_more(mapping: Mapping) -> str:
    """The row says what was sold but not to whom and in which order: it belongs to the document above."""
    document = [name for name in DOCUMENT if name in mapping]
    content = [name for name in CONTENT if name in mapping]
    if mapping.kind != "orders" or not document or not content:
        return "false"
    silent = " AND ".join(f"t_{name} IS NULL" for name in document)
    says = " OR ".join(f"t_{name} IS NOT NULL" for name in content)
    date = "" if "order_no" in mapping or "date" not in mapping else " AND v_date IS NULL"
    return f"(fate IS NULL AND {silent}{date} AND ({says}))"


def carriers(mapping: Mapping) -> list[Field]:
    """The fields that stand on a document's first row."""
    return [f for f in mapped(mapping) if f.header_level]


def _filled_down(mapping: Mapping, choices: Choices, rows: str) -> str:
    """Each row of ``is_more`` takes the blank document cells of the nearest row above that is its own."""
    replaced = [
        _from_above(f, column)
        for f in carriers(mapping)
        if f.name in choices.carried
        for column in _carried_columns(f)
    ]
    window = "WINDOW up AS (ORDER BY file_row ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"
    return f"SELECT * REPLACE ({', '.join(replaced)}) FROM ({rows}) {window}"


def _from_above(f: Field, column: str) -> str:
    # in a struct, so that a blank cell of the row above counts too, and is not skipped as a NULL
    above = (
        f"last_value(CASE WHEN fate IS NULL AND NOT is_more THEN struct_pack(v := {column}) END IGNORE NULLS)"
    )
    return f"CASE WHEN is_more AND {own(f)} IS NULL THEN ({above} OVER up).v ELSE {column} END AS {column}"


def _carried_columns(f: Field) -> list[str]:
    if f.type == "day":
        return [f"r_{f.name}", f"d_{f.name}", f"v_{f.name}"]
    return [f"t_{f.name}", *([f"v_{f.name}"] if f.type == "currency" else [])]


def own(f: Field) -> str:
    """What the row itself says of the field; NULL when its cell is blank."""
    if f.type == "day":
        return f"CASE WHEN NOT {is_blank(f'r_{f.name}', DAY_BLANKS)} THEN true END"
    return f"t_{f.name}"
