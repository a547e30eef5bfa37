"""A small seeded corpus of damaged files: each row is exact, or refused by number, or the file is refused."""

from __future__ import annotations

import random
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from changqing.base.tables import workbook
from changqing.base.tables.cells import SheetReader
from changqing.base.tables.conftest import Rows, read_here, rows_in
from changqing.base.tables.markup import Doubt
from changqing.base.tables.shapes import Unreadable

HEADER = ["单号", "日期", "客户", "数量", "金额"]


def _table(seed: random.Random) -> list[list[str]]:
    names = ["上海常青", "北京, 分公司", '12" 屏', "苏州\n二厂", "Ünïcode", "-", "'x", "A;B|C"]
    return [
        [f"S{i}", f"2024-01-{i % 28 + 1:02d}", seed.choice(names), str(i), f"{i * 1.25:.2f}"]
        for i in range(seed.randint(1, 60))
    ]


def _csv(seed: random.Random, rows: list[list[str]]) -> tuple[list[bytes], Rows]:
    """The file as records of bytes, and what each says, by its line."""
    delimiter, end = seed.choice(",;\t|"), seed.choice(["\n", "\r\n"])
    codec = seed.choice(["utf-8", "gb18030", "utf-16-le"])
    records, said, line = [], [], 1
    for row in [HEADER, *rows]:
        quoted = ['"' + cell.replace('"', '""') + '"' for cell in row]
        text = delimiter.join(quoted) + end
        records.append(text.encode(codec))
        said.append((line, row))
        line += text.count("\n")
    if codec == "utf-16-le":
        records[0] = b"\xff\xfe" + records[0]
    return records, said[1:]


def _damaged(seed: random.Random, records: list[bytes]) -> bytes:
    """One damage inside one record after the header, or to the file's end."""
    at = seed.randrange(1, len(records))
    record = records[at]
    place = seed.randrange(len(record))
    records[at] = seed.choice(
        [
            record[:place] + record[place + 1 :],
            record[:place] + b'"' + record[place:],
            record[:place] + b"\0" + record[place:],
            record[:place] + bytes([seed.randrange(256)]) + record[place + 1 :],
            record + b"\n\n",
            record[:place],
            record * 2,
            b"x" * 40_000 + record,
        ]
    )
    return b"".join(records)


@pytest.mark.parametrize("turn", range(150))
def test_damaged_csv(tmp_path: Path, turn: int) -> None:
    seed = random.Random(turn)
    records, said = _csv(seed, _table(seed))
    path = tmp_path / "c.csv"
    path.write_bytes(b"".join(records))
    answer = read_here(path, tmp_path / "o")
    assert (rows_in(tmp_path / "o"), answer["bad"]) == (said, [])
    path.write_bytes(_damaged(seed, records))
    try:
        answer = read_here(path, tmp_path / "o")
    except Unreadable:
        return
    got = [cells for _, cells in rows_in(tmp_path / "o")]
    wrong = [cells for cells in got if cells not in [row for _, row in said]]
    assert len(wrong) <= 2, (answer, wrong)
    assert len(got) + 4 * answer["bad_row_count"] + 2 >= len(said)


@pytest.mark.parametrize("turn", range(60))
def test_damaged_xlsx(tmp_path: Path, turn: int) -> None:
    seed = random.Random(turn)
    path = tmp_path / "c.xlsx"
    rows = _table(seed)
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for i, row in enumerate([HEADER, *rows]):
            for j, cell in enumerate(row):
                sheet.write_string(i, j, cell)
    said = [(i, row) for i, row in enumerate(rows, start=2)]
    read_here(path, tmp_path / "o")
    assert rows_in(tmp_path / "o") == said
    _damage_archive(seed, path)
    try:
        fast = read_here(path, tmp_path / "o")
    except Unreadable:
        return
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(SheetReader, "fast", SheetReader.exact)
        patched.setattr(workbook, "_read_plain_texts", _doubt)
        exact = read_here(path, tmp_path / "exact")
    assert fast == exact
    assert rows_in(tmp_path / "o") == rows_in(tmp_path / "exact")


def _doubt(*_: object) -> None:
    raise Doubt


def _damage_archive(seed: random.Random, path: Path) -> None:
    """A byte of the archive, or a piece of one of its parts, packed again with a right checksum."""
    data = bytearray(path.read_bytes())
    if seed.random() < 0.5:
        data[seed.randrange(len(data))] = seed.randrange(256)
        path.write_bytes(data)
        return
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    name = seed.choice(sorted(parts))
    part = parts[name]
    place = seed.randrange(len(part))
    parts[name] = seed.choice(
        [
            part[:place],
            part[:place] + part[place + 1 :],
            part[:place] + bytes([seed.randrange(256)]) + part[place + 1 :],
            part[:place] + part[place : place + 200] * 3 + part[place + 200 :],
            part.replace(b'r="', b'r="9', 1),
            b"",
        ]
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for key, value in parts.items():
            new.writestr(key, value)
