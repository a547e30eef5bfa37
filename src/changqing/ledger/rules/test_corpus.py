"""Thousands of odd, damaged and hostile order files: each exact, or refused with its row and a reason.

Every file is read cell by cell; every fiftieth is then understood as order lines too.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Hashable
from contextlib import suppress
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import duckdb
import pytest

from changqing.base.refused import Refused
from changqing.base.tables import wording
from changqing.base.tables.conftest import read_here, rows_in
from changqing.base.tables.shapes import Unreadable
from changqing.ledger.rules.columns import guess
from changqing.ledger.rules.conftest import Reading, read_staged
from changqing.ledger.rules.wording import reason_sentence
from odd_files import HEADERS, Case, case

FILES = int(os.environ.get("CORPUS", "2000"))
CHUNKS, UNDERSTOOD = 8, 50
# A stray quote or a torn line may take the rows beside it along; they are then named, not read wrongly.
NEIGHBOURS = 3
# what of a line is a key or a figure; a stray character may stay in a name, as it stands in the file
EXACT = (0, 1, 2, 3, 6, 7, 8)
WORDS = ("合计", "小计")
# a stray character in a name or number of an order is kept as it stands
MARKS = ('"', "\0", "\ufffd")


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_each_cell_is_exact_or_its_row_is_named(tmp_path: Path, chunk: int) -> None:
    fates: Counter[tuple[str, bool]] = Counter()
    for number in range(chunk, FILES, CHUNKS):
        told = case(number)
        answer = staged(told, tmp_path)
        problem = _by_cells(told, answer, tmp_path)
        assert not problem, f"file {number} ({told.what}): {problem}"
        fates[told.fate, isinstance(answer, dict)] += 1
    assert not fates["hostile", True] and not fates["whole", False]
    assert min(fates["hostile", False], fates["whole", True], fates["damaged", True]) > FILES / CHUNKS / 12


@pytest.mark.parametrize("chunk", range(2))
def test_each_line_is_understood_or_refused_with_row_and_reason(tmp_path: Path, chunk: int) -> None:
    with duckdb.connect(config={"threads": 1}) as connection:
        for number in range(chunk * UNDERSTOOD + chunk, FILES, 2 * UNDERSTOOD):
            told = case(number)
            answer = staged(told, tmp_path)
            if isinstance(answer, str):
                continue
            problem = _by_lines(told, answer, tmp_path, connection)
            assert not problem, f"file {number} ({told.what}): {problem}"


def staged(told: Case, folder: Path) -> dict[str, Any] | str:
    """What the reader answers, or the sentence with which it refuses the whole file."""
    path = folder / f"file{told.suffix}"
    path.write_bytes(told.data)
    try:
        return read_here(path, folder / "staged.parquet")
    except Unreadable as verdict:
        sentence = wording.refusal(path.name, verdict)
        assert len(sentence) > 10, verdict.code
        return sentence


def _by_cells(told: Case, answer: dict[str, Any] | str, folder: Path) -> str:
    """What is wrong with the reading of the file; "" where nothing is."""
    if isinstance(answer, str):
        return answer if told.fate == "whole" else ""
    if told.fate == "hostile":
        return f"read, with header {answer['header']}"
    if told.fate == "whole" and not _is_header(answer["header"]):
        return f"the header is read as {answer['header']}"
    reasons = {one["row"]: wording.reason(one["code"], one["data"]) for one in answer["bad"]}
    rows = [cells for _, cells in rows_in(folder / "staged.parquet") if any(cells) and cells[0] not in WORDS]
    got = Counter(tuple(_plain(row[at]) for at in EXACT if at < len(row)) for row in rows)
    said = Counter(tuple(_plain(row[at]) for at in EXACT) for row in told.cells)
    return _verdict(told, got, said, reasons, judged=False)


def _is_header(header: list[str]) -> bool:
    """Every column by its name, in a header of two rows behind its group."""
    named = [name.rpartition("/")[2] for name in header[:9]]
    return any(named == list(names) for names in HEADERS)


def _plain(cell: str) -> Hashable:
    """A figure or day as such, however it is written."""
    with suppress(InvalidOperation):
        return Decimal(cell).normalize()
    with suppress(ValueError):
        return date.fromisoformat(cell[:10])
    return cell


def _by_lines(told: Case, answer: dict[str, Any], folder: Path, connection: duckdb.DuckDBPyConnection) -> str:
    path = folder / "staged.parquet"
    connection.execute(f"CREATE OR REPLACE VIEW staged AS SELECT * FROM read_parquet('{path}')")
    connection.execute("DROP TABLE IF EXISTS good")
    try:
        reading = read_staged(guess("orders", answer["header"], answer["samples"]), connection)
    except Refused as refused:
        return refused.sentence if told.fate == "whole" else ""
    names = ("order_no", "line_no", "date", "customer", "product", "quantity", "amount")
    reasons = {one["row"]: wording.reason(one["code"], one["data"]) for one in answer["bad"]}
    got: Counter[Hashable] = Counter(reading.of(*names))
    said: Counter[Hashable] = Counter(line.told for line in told.lines)
    return _verdict(told, got, said, reasons | _refused(reading), judged=True)


def _refused(reading: Reading) -> dict[int, str]:
    """The sentence of each refused row."""
    return {
        row["file_row"]: "; ".join(
            reason_sentence(reason["code"], {**reason, "column": reason["col"]}) for reason in row["reasons"]
        )
        for row in reading.refused
    }


def _is_torn(row: tuple[Any, ...], orders: tuple[str, ...]) -> bool:
    """Whether a stray character stands in it, or before its order what is left of the row before: whoever
    sees "SSO0006" alone takes it for an order."""
    order = str(row[0])
    is_longer = order not in orders and order.endswith(orders)
    return is_longer or any(mark in str(cell) for cell in row for mark in MARKS)


def _verdict(
    told: Case, got: Counter[Any], said: Counter[Any], reasons: dict[int, str], *, judged: bool
) -> str:
    """``judged``: what is left are lines that count, not cells that are still to be judged."""
    wrong, missing = got - said, said - got
    if "the same row twice" in told.what:
        wrong -= Counter(wrong.keys() & said.keys())
    if told.fate == "whole" and (wrong or missing or reasons):
        return f"wrong {list(wrong)[:2]}, missing {list(missing)[:2]}, refused {reasons}"
    if not all(reasons.values()):
        return f"refused without a reason: {reasons}"
    lost = sum(missing.values())
    if lost and not reasons and not wrong:
        return f"gone without a word: {list(missing)[:3]}"
    if lost > 1 + NEIGHBOURS:
        return f"{lost} rows are lost to one damage: {reasons}"
    orders = tuple({str(row[0]) for row in said}) if "cut off" in told.what else ()
    unseen = [row for row in wrong if not _is_torn(row, orders)]
    if sum(wrong.values()) > 1 or (judged and unseen):
        return f"read what nobody wrote: {list(wrong)[:3]}"
    return ""
