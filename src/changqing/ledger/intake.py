"""From a staged table to segments: columns understood, cells read, faulty rows set aside with reasons."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from django.conf import settings
from django.utils.translation import gettext as _

from changqing.accounts.queries import accounts_named
from changqing.base.refused import Refused
from changqing.base.tables import BadRow, FaultyRow, Staged
from changqing.ledger.actions import write_lines, write_refused
from changqing.ledger.models import CustomerKey, FileKind, Import, Meaning, Segment
from changqing.ledger.queries import saved_format
from changqing.ledger.rules.choices import Choices, Told, Wishes
from changqing.ledger.rules.columns import check, guess
from changqing.ledger.rules.evidence import complete, decide, evidence_sql
from changqing.ledger.rules.glance import glance_sql
from changqing.ledger.rules.mapping import Mapping, from_json, overridden
from changqing.ledger.rules.meaning import default_meaning, outputs, refused_rows, select_rows, summary_sql
from changqing.ledger.rules.notes import NOTES
from changqing.ledger.rules.sheets import is_ours
from changqing.ledger.rules.texts import key_of
from changqing.ledger.rules.wording import kind_title, note_sentence, reason_sentence, told_sentence
from changqing.ledger.segments import Written, at, duck, files, literal

OCCURRENCE = "出现次序"
# What a row may lack though its cells are fine; the codes of cells are worded by the rules.
OUTSIDE, UNKNOWN = "outside_period", "unknown_customer"
SHAPE = ("header", "format", "encoding", "delimiter", "sheet", "header_row")


@dataclass(frozen=True)
class Taken:
    """What a file became: its lines, its refused rows, and what there is to tell of the reading.

    ``matched``: customers nobody is known for, by key, and the account that bears their name.
    """

    lines: Written
    refused: Written | None
    report: dict[str, Any] = field(default_factory=dict)
    matched: dict[str, int] = field(default_factory=dict)


def take_in(
    entry: Import, staged: Staged, connection: duckdb.DuckDBPyConnection, *, trial: Path | None = None
) -> Taken:
    """Read the staged rows of ``entry`` into segments; Refused when no row of the file could be read.

    ``trial``: a folder for the files of an import that is only tried; then a file of which nothing could be
    read is told as such, row by row, and not refused.
    """
    mapping = understood(entry, staged)
    wishes = _wishes(entry)
    check(mapping, rate_given=wishes.tax_rate is not None)
    _settle_meaning(entry, staged, mapping)
    staged = mended(staged, entry.mapping.get("mends") or {}, connection)
    to = {"lines": "", "refused": ""} if trial is None else _files_of_a_trial(trial)
    source = f"read_parquet({literal(staged.path)})"
    glance = _row(connection, glance_sql(mapping, source))
    evidence = complete(mapping, glance, _row(connection, evidence_sql(mapping, source, glance)))
    choices = decide(mapping, evidence, wishes)
    matched = _known_customers(entry, select_rows(mapping, choices, source), connection)
    good, refused = _sorted_out(entry, mapping, choices, source)
    names = outputs(mapping.kind)
    lines = write_lines(entry=entry, connection=connection, query=good, to=to["lines"], columns=names)
    kept = None
    if lines.rows + evidence["totals"] + evidence["blanks"] != staged.rows:
        # the rows do not add up: look for those that were not taken
        written = write_refused(entry=entry, connection=connection, query=refused, to=to["refused"])
        kept = written if written.rows else None
    if not lines.rows and trial is None:
        raise Refused(_nothing_left(kept, staged))
    summary = _row(connection, summary_sql(mapping, files([lines.path])))
    return Taken(lines, kept, _report(staged, mapping, choices, summary, kept), matched)


def _files_of_a_trial(folder: Path) -> dict[str, str]:
    return {name: str(folder / f"{name}.parquet") for name in ("lines", "refused")}


def mended(staged: Staged, mends: dict[str, dict[str, str]], connection: duckdb.DuckDBPyConnection) -> Staged:
    """``staged`` with the cells that a person wrote anew: row of the file → column → text."""
    cells = [
        (int(row), f"c{int(column)}", text)
        for row, told in mends.items()
        for column, text in told.items()
        if int(column) < len(staged.header)
    ]
    if not cells:
        return staged
    rows = sorted({row for row, _column, _text in cells})
    columns = sorted({column for _row, column, _text in cells})
    by_place = {(row, column): text for row, column, text in cells}
    table: dict[str, Any] = {"file_row": pa.array(rows, pa.int64())}
    for column in columns:
        said = [by_place.get((row, column)) for row in rows]
        table[f"new_{column}"] = pa.array(said, pa.string())
    connection.register("mends", pa.table(table))
    # an empty text is a cell that was emptied; NULL is one that was let be
    new = ", ".join(
        f"CASE WHEN m.new_{column} IS NULL THEN s.{column} ELSE nullif(m.new_{column}, '') END AS {column}"
        for column in columns
    )
    target = staged.path.with_suffix(".mended.parquet")
    connection.execute(
        f"COPY (SELECT s.* REPLACE ({new}) FROM read_parquet({literal(staged.path)}) s "
        f"LEFT JOIN mends m USING (file_row) ORDER BY file_row) TO {literal(target)} (FORMAT parquet)"
    )
    return replace(staged, path=target)


def understood(entry: Import, staged: Staged) -> Mapping:
    """Which column is what: guessed from the header, as saved for this source, as the person said."""
    guessed = guess(entry.kind, staged.header, staged.samples)
    entry.mapping["ours"] = is_ours(entry.kind, staged.header)
    saved = saved_format(entry.source, entry.kind)
    if saved and saved.mapping and not entry.mapping["ours"]:
        guessed = _without_columns(guessed, saved.mapping.get("left_out", []))
        # where this file has other columns than the last one, what was saved does not speak about it
        with suppress(Refused):
            guessed = overridden(guessed, from_json(saved.mapping, staged.header))
    given = entry.mapping.get("given")
    guessed = _without_columns(guessed, entry.mapping.get("left_out", []))
    if given:
        said = {"kind": entry.kind, "columns": given}
        guessed = overridden(guessed, from_json(said, staged.header))
    entry.mapping = {**entry.mapping, **guessed.as_json()}
    return guessed


def _without_columns(mapping: Mapping, left_out: list[dict[str, Any]]) -> Mapping:
    """``mapping`` without the fields that stand in columns which a person left out."""
    out = {(each["header"], int(each.get("nth", 0))) for each in left_out}
    told = mapping.as_json()["columns"]
    for name, columns in told.items():
        if any((each["header"], each["nth"]) in out for each in columns):
            mapping = mapping.without(name)
    return mapping


def _wishes(entry: Import) -> Wishes:
    """What a person said of this file, or of an earlier one of this source, where no file can tell itself."""
    saved = None if entry.mapping.get("ours") else saved_format(entry.source, entry.kind)
    said = entry.mapping.get("wishes") or (saved.mapping.get("wishes") if saved else None) or {}
    entry.mapping["wishes"] = said
    return Wishes(
        tax_rate=Decimal(said["tax_rate"]) if said.get("tax_rate") else None,
        first=said.get("first", ""),
        decimal_comma=said.get("decimal_comma"),
        currency="" if said.get("currency") in (None, settings.BOOK_CURRENCY) else said["currency"],
    )


def _settle_meaning(entry: Import, staged: Staged, mapping: Mapping) -> None:
    saved = saved_format(entry.source, entry.kind)
    if staged.is_handed_back:
        # mended rows say nothing of the rows that were fine
        entry.meaning = Meaning.LINES
    elif not entry.meaning:
        usual = Meaning.ORDERS if default_meaning(mapping) == "whole_orders" else Meaning.LINES
        entry.meaning = saved.meaning if saved and saved.meaning not in ("", Meaning.PERIOD) else usual
    if entry.meaning == Meaning.ORDERS and "order_no" not in mapping:
        raise Refused(_("文件里没有订单号，不能整单更新。请改用 lines（逐行更新）。"), field="meaning")
    if entry.meaning == Meaning.PERIOD and "date" not in mapping.of.names:
        raise Refused(
            _("%(kind)s没有日期，不能按账期更新。请改用 lines（逐行更新）。")
            % {"kind": kind_title(entry.kind)},
            field="meaning",
        )
    if entry.meaning == Meaning.PERIOD and not (entry.from_day and entry.to_day):
        raise Refused(_("整段账期要说明从哪天到哪天（--from、--to）。"), field="meaning")


def _sorted_out(
    entry: Import,
    mapping: Mapping,
    choices: Choices,
    source: str,
) -> tuple[str, str]:
    """(good rows, refused rows) as queries, by the cells and by what the person said of the file."""
    good = select_rows(mapping, choices, source)
    order = key_of(f"c{mapping.column('order_no')}") if "order_no" in mapping else "NULL::VARCHAR"
    bad = [f"SELECT *, {order} AS broken_order FROM ({refused_rows(mapping, choices, source)})"]
    for code, holds, value in _objections(entry, mapping):
        reason = (
            f"[struct_pack(code := {literal(code)}, field := {literal(value)}, "
            f"col := {literal(mapping.heading(value))}, value := CAST({value} AS VARCHAR), "
            "detail := NULL::VARCHAR, other := NULL::BIGINT)]"
        )
        bad.append(
            f"SELECT g.file_row, g.occurrence, {reason} AS reasons, s.* EXCLUDE (file_row), "
            f"{order} AS broken_order "
            f"FROM ({good}) g JOIN {source} s ON g.file_row = s.file_row WHERE {holds}"
        )
        good = f"SELECT * FROM ({good}) WHERE NOT ({holds})"
    return good, " UNION ALL BY NAME ".join(bad)


def _objections(entry: Import, mapping: Mapping) -> Iterator[tuple[str, str, str]]:
    """(code, SQL of the rows it holds for, field) of what is wrong with rows whose cells are fine."""
    if entry.meaning == Meaning.PERIOD:
        yield OUTSIDE, f"date NOT BETWEEN '{entry.from_day}' AND '{entry.to_day}'", "date"
    if _asks_for_known(entry):
        name = "customer" if "customer" in mapping else "customer_name"
        yield UNKNOWN, "customer NOT IN (SELECT customer FROM known_customers)", name


def _asks_for_known(entry: Import) -> bool:
    is_of_customers = entry.kind not in (FileKind.ACCOUNTS, FileKind.PRODUCTS, FileKind.RATES)
    return is_of_customers and entry.unknown != Import.Unknown.CREATE


def _known_customers(entry: Import, good: str, connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Name the customers that count as known to this import; those newly matched by name, if it matches."""
    if not _asks_for_known(entry):
        return {}
    known = set(
        CustomerKey.objects.filter(source=entry.source, account__withdrawn=False).values_list(
            "key", flat=True
        )
    )
    matched: dict[str, int] = {}
    if entry.unknown == Import.Unknown.MATCH:
        said = connection.execute(f"SELECT customer, any_value(customer_name) FROM ({good}) GROUP BY 1")
        names = {key: name or key for key, name in said.fetchall() if key not in known}
        matched = accounts_named(names)
    keys = pa.table({"customer": pa.array([*known, *matched], pa.string())})
    connection.register("known_customers", keys)
    return matched


def _row(connection: duckdb.DuckDBPyConnection, query: str) -> dict[str, Any]:
    """The one row of ``query`` by column name."""
    found = connection.execute(query)
    names = [column[0] for column in found.description]
    return dict(zip(names, found.fetchall()[0], strict=True))


def _report(
    staged: Staged, mapping: Mapping, choices: Choices, summary: dict[str, Any], kept: Written | None
) -> dict[str, Any]:
    """What to tell of the reading, in codes and figures; sentences are made for the reader."""
    return {
        "rows": staged.rows,
        "refused": (kept.rows if kept else 0) + staged.bad_row_count,
        "shape": {name: getattr(staged, name) for name in SHAPE},
        "read": [*staged.notes],
        "told": [asdict(told) for told in choices.told],
        "notes": {name: summary[name] for name in NOTES if summary.get(name)},
        "bad_rows": [[bad.row, bad.reason, bad.text] for bad in staged.bad_rows],
        "columns": {name: mapping.heading(name) for name in mapping.columns},
        "days": [str(summary[name]) for name in ("first_day", "last_day") if summary.get(name)],
        "currencies": dict(summary.get("currencies") or {}),
    }


def _nothing_left(kept: Written | None, staged: Staged) -> str:
    """Why a file of which no row could be read was not entered."""
    if kept:
        first = next(iter(_worded(kept.path)))
        row, why = first.file_row, first.reason
    elif staged.bad_rows:
        row, why = staged.bad_rows[0].row, staged.bad_rows[0].reason
    else:
        return _("文件里没有数据行，账本没有改动。")
    return _("%(count)s 行全部退回，账本没有改动。第一处在第 %(row)s 行：%(why)s") % {
        "count": f"{(kept.rows if kept else 0) + staged.bad_row_count:,}",
        "row": row,
        "why": why,
    }


def _reason(said: dict[str, Any]) -> str:
    if said["code"] == OUTSIDE:
        return _("“{column}”里的 {value} 不在这次导入的账期之内").format(
            column=said["col"], value=said["value"]
        )
    if said["code"] == UNKNOWN:
        return _("没有客户“{value}”，而这次导入不新建客户").format(value=said["value"])
    return reason_sentence(said["code"], {**said, "column": said["col"]})


def _worded(path: str) -> Iterator[FaultyRow]:
    """The refused rows of a segment with their reasons in the reader's language, in file order."""
    with duck() as connection:
        found = connection.execute(
            f"SELECT * EXCLUDE (broken_order) FROM read_parquet({literal(at(path))}) ORDER BY file_row"
        )
        names = [column[0] for column in found.description]
        cells = [place for place, name in enumerate(names) if name[0] == "c" and name[1:].isdigit()]
        at_row, at_nth, at_why = (names.index(name) for name in ("file_row", "occurrence", "reasons"))
        while rows := found.fetchmany(1_000):
            for row in rows:
                reasons = "；".join(_reason(said) for said in row[at_why])
                values = tuple(row[place] for place in cells)
                yield FaultyRow(row[at_row], (*values, str(row[at_nth] or 1)), reasons)


@dataclass(frozen=True)
class RefusedCell:
    """A cell for which its row was refused: which column, what stood there, and why."""

    column: int
    code: str
    field: str
    value: str
    detail: str
    reason: str


@dataclass(frozen=True)
class RefusedRow:
    file_row: int
    cells: tuple[str, ...]
    faults: tuple[RefusedCell, ...]


def refused_cells(
    path: str, header: Sequence[str], *, code: str = "", field: str = "", limit: int = 300
) -> list[RefusedRow]:
    """The first refused rows of a segment with their faulty cells; those of one reason and field if given."""
    with duck() as connection:
        found = connection.execute(
            f"SELECT * EXCLUDE (broken_order) FROM read_parquet({literal(at(path))}) "
            "WHERE $1 = '' OR len(list_filter(reasons, lambda r: r.code = $1 AND r.field = $2)) > 0 "
            "ORDER BY file_row LIMIT $3",
            [code, field, limit],
        )
        names = [column[0] for column in found.description]
        rows = [dict(zip(names, values, strict=True)) for values in found.fetchall()]
    return [
        RefusedRow(
            file_row=row["file_row"],
            cells=tuple(row.get(f"c{index}") or "" for index in range(len(header))),
            faults=tuple(_cell(said, header) for said in row["reasons"]),
        )
        for row in rows
    ]


def _cell(said: dict[str, Any], header: Sequence[str]) -> RefusedCell:
    return RefusedCell(
        column=list(header).index(said["col"]) if said["col"] in header else 0,
        code=said["code"],
        field=said["field"],
        value=said["value"] or "",
        detail=said["detail"] or "",
        reason=_reason(said),
    )


def worded_rows(path: str) -> Iterator[FaultyRow]:
    """Every refused row of a segment with its reasons in words."""
    return _worded(path)


def refused_path(entry: Import) -> str:
    """The segment of the refused rows of ``entry``; empty where it has none."""
    path = entry.segments.filter(holds=Segment.Holds.REFUSED).values_list("path", flat=True).first()
    return path or ""


def refused_rows_of(entry: Import) -> Iterator[FaultyRow | BadRow]:
    """Every row of ``entry`` that was not taken, with its reason."""
    for path in entry.segments.filter(holds=Segment.Holds.REFUSED).values_list("path", flat=True):
        yield from _worded(path)
    for row, reason, text in entry.report.get("bad_rows", []):
        yield BadRow(row, reason, text)


def shape_of(entry: Import) -> Staged:
    """The format in which ``entry`` came, so that its refused rows can go back in it."""
    return shape_of_survey(entry.report["shape"])


def shape_of_survey(told: dict[str, Any]) -> Staged:
    """The format that ``told`` describes, with the column in which refused rows bear their occurrence."""
    shape = {name: told[name] for name in SHAPE}
    shape["header"] = (*shape["header"], OCCURRENCE)
    return Staged(path=Path(), rows=0, samples=(), bad_rows=(), bad_row_count=0, notes=(), **shape)


def notes_of(entry: Import) -> list[str]:
    """What there is to tell of how ``entry`` was read, in the reader's language."""
    told, columns = entry.report, entry.report.get("columns", {})
    decided = [Told(one["code"], one["about"], one["data"]) for one in told.get("told", [])]
    return [
        *told.get("read", []),
        *(told_sentence(one, lambda name: str(columns.get(name, name))) for one in decided),
        *(note_sentence(name, count) for name, count in told.get("notes", {}).items()),
    ]
