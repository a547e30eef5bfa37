"""Real files for the readers: bytes in, staged rows out."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from changqing.base.tables import ReadingLimits, Staged, delimited, kinds, sheets, stage

Rows = list[tuple[int, list[str]]]

CONTENT_TYPES = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
)
_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def rows_of(staged: Staged) -> Rows:
    """What was staged: file_row and cells, null as ""."""
    return rows_in(staged.path)


def rows_in(path: Path) -> Rows:
    columns = pq.read_table(path).to_pydict()
    numbers = columns.pop("file_row")
    cells = [list(row) for row in zip(*columns.values(), strict=True)]
    return [(n, [c or "" for c in row]) for n, row in zip(numbers, cells, strict=True)]


@pytest.fixture
def staged(tmp_path: Path) -> Callable[..., Staged]:
    """Stage bytes (or a path) through the real child process."""

    def run(content: bytes | Path, **options: Any) -> Staged:
        path = content if isinstance(content, Path) else tmp_path / "来源.csv"
        if isinstance(content, bytes):
            path.write_bytes(content)
        return stage(path, into=tmp_path / "staged.parquet", **options)

    return run


def read_here(path: Path, into: Path, **asked: str | None) -> dict[str, Any]:
    """The child's reading without the child: for the many small files of a property or a corpus."""
    if kinds.recognise(path) == "csv":
        return delimited.read(path, into, asked=asked, limits=ReadingLimits(), tell=lambda _: None)
    return sheets.read(path, into, asked=asked, limits=ReadingLimits(), tell=lambda _, __: None)


def raw_workbook(
    path: Path,
    sheet: str,
    *,
    texts: str = "",
    styles: str = "",
    properties: str = "",
    extra: dict[str, bytes] | None = None,
) -> Path:
    """A workbook from its XML by hand: ``sheet`` is the sheet part, or what goes into sheetData."""
    if not sheet.startswith(("<?xml", "<worksheet", "<!", "<x:")):
        sheet = f"<worksheet {_MAIN}><sheetData>{sheet}</sheetData></worksheet>"
    book = (
        f'<workbook {_MAIN} xmlns:r="{_OFFICE}">{properties}'
        '<sheets><sheet name="表" sheetId="1" r:id="rId1"/></sheets></workbook>'
    )
    related = "".join(
        f'<Relationship Id="rId{i}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for i, (kind, target) in enumerate(
            [
                ("worksheet", "worksheets/sheet1.xml"),
                ("sharedStrings", "sharedStrings.xml"),
                ("styles", "styles.xml"),
            ],
            start=1,
        )
        if kind == "worksheet" or (texts if kind == "sharedStrings" else styles)
    )
    root = f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
    parts = {
        "[Content_Types].xml": CONTENT_TYPES,
        "_rels/.rels": _RELATIONS.format(root),
        "xl/workbook.xml": book,
        "xl/_rels/workbook.xml.rels": _RELATIONS.format(related),
        "xl/worksheets/sheet1.xml": sheet,
    }
    if texts:
        parts["xl/sharedStrings.xml"] = (
            texts if texts.startswith(("<!", "<?", "<sst")) else f"<sst {_MAIN}>{texts}</sst>"
        )
    if styles:
        parts["xl/styles.xml"] = f"<styleSheet {_MAIN}>{styles}</styleSheet>"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
        for name, data in (extra or {}).items():
            archive.writestr(name, data)
    return path


def inline(name: str, text: str) -> str:
    return f'<c r="{name}" t="inlineStr"><is><t>{text}</t></is></c>'
