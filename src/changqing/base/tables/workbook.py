"""A workbook's plan: its sheets, its shared texts, which styles are days. Cells are read elsewhere."""

from __future__ import annotations

import posixpath
import re
import zipfile
from array import array
from dataclasses import dataclass, field
from typing import IO, Any

from changqing.base.tables import celltext, markup
from changqing.base.tables.shapes import ReadingLimits, Unreadable

_TEXT = re.compile(
    r'<si><t(?: xml:space="preserve")?>([^<]*)</t>'
    rf"(?:<phoneticPr(?:{markup.ATTRIBUTE})* ?/>)?</si>|<si><t ?/></si>|<si ?/>|(\S)"
)
_START = re.compile(rf"\A(?:<\?xml(?:{markup.ATTRIBUTE})* ?\?>)?\s*<sst(?:{markup.ATTRIBUTE})* ?>")
_DAYS_KEPT = 50_000


@dataclass(frozen=True, slots=True)
class Worksheet:
    name: str
    part: str
    is_hidden: bool


class Texts:
    """Shared texts, packed: one string of bytes and its offsets, so that millions fit the limit."""

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._bytes = bytearray()
        self._ends = array("Q", [0])
        self.has_long = False

    def add(self, text: str) -> None:
        """Texts over the limit are kept just long enough to be recognised as such."""
        if len(text) > self._longest:
            text = text[: self._longest + 1]
            self.has_long = True
        self._bytes += text.encode(errors="replace")
        self._ends.append(len(self._bytes))

    def clear(self) -> None:
        self.__init__(self._longest)  # type: ignore[misc]

    def __getitem__(self, index: int) -> str:
        if index < 0:
            raise IndexError(index)
        return self._bytes[self._ends[index] : self._ends[index + 1]].decode()


@dataclass(slots=True)
class Workbook:
    """An opened workbook. ``text`` says what a cell reads."""

    archive: zipfile.ZipFile
    limits: ReadingLimits
    sheets: list[Worksheet]
    is_1904: bool
    day_styles: frozenset[str]
    texts: Texts
    has_long: bool = False
    days: dict[str, str] = field(default_factory=dict)

    def text(self, kind: str, style: str, value: str) -> str | None:
        """The cell's text by its type; None when blank. Raises Unreadable when it points nowhere."""
        if kind == "s":
            try:
                return self.texts[int(value)]
            except (IndexError, ValueError):
                raise Unreadable("broken", what="sharedStrings") from None
        if value == "":
            return None
        if kind in ("", "n"):
            return self._day(value) if style in self.day_styles else celltext.figure(value)
        if kind == "b":
            return {"1": "TRUE", "0": "FALSE", "true": "TRUE", "false": "FALSE"}.get(value, value)
        if kind == "d":
            return celltext.iso(value)
        if len(value) > self.limits.max_cell:
            self.has_long = True
        return value

    def _day(self, value: str) -> str:
        told = self.days.get(value)
        if told is None:
            if len(self.days) >= _DAYS_KEPT:
                self.days.clear()
            told = self.days[value] = celltext.day(value, self.is_1904)
        return told


def open_book(archive: zipfile.ZipFile, limits: ReadingLimits) -> Workbook:
    """Read everything but the sheets. Raises Unreadable."""
    parts = {name.lower(): name for name in archive.namelist()}
    root = _relations(archive, parts, "_rels/.rels", "")
    plan = next((target for kind, target in root.values() if kind == "officeDocument"), "xl/workbook.xml")
    plan = parts.get(plan.lower(), "")
    if not plan:
        raise Unreadable("foreign", kind="zip")
    folder, name = posixpath.split(plan)
    related = _relations(archive, parts, f"{folder}/_rels/{name}.rels", folder)
    by_kind = dict(related.values())
    styles = _part(parts, by_kind["styles"]) if "styles" in by_kind else ""
    shared = parts.get(by_kind.get("sharedStrings", "").lower(), "")
    sheets, is_1904 = _plan(archive, plan, related, parts)
    texts = Texts(limits.max_cell)
    if shared:
        _read_texts(archive, shared, texts)
    return Workbook(
        archive=archive,
        limits=limits,
        sheets=sheets,
        is_1904=is_1904,
        day_styles=_day_styles(archive, styles),
        texts=texts,
        has_long=texts.has_long,
    )


def _part(parts: dict[str, str], target: str) -> str:
    """The part that a relation leads to. Where it is gone, the book is damaged: without its styles days would
    be read as numbers, without one of its sheets another would be taken."""
    if target.lower() not in parts:
        raise Unreadable("broken", what=target or "xl/workbook.xml")
    return parts[target.lower()]


def _relations(
    archive: zipfile.ZipFile, parts: dict[str, str], part: str, folder: str
) -> dict[str, tuple[str, str]]:
    """Relation id → (kind, part it leads to)."""
    found: dict[str, tuple[str, str]] = {}

    def start(name: str, attributes: dict[str, str], path: list[str]) -> None:
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            target = attributes.get("Target", "").replace("\\", "/")
            full = (
                target[1:] if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
            )
            found[attributes.get("Id", "")] = (attributes.get("Type", "").rpartition("/")[2], full)

    real = parts.get(part.lower())
    if real:
        with archive.open(real) as stream:
            markup.walk(stream, real, start)
    return found


def _plan(
    archive: zipfile.ZipFile, plan: str, related: dict[str, tuple[str, str]], parts: dict[str, str]
) -> tuple[list[Worksheet], bool]:
    sheets: list[Worksheet] = []
    is_1904 = False

    def start(name: str, attributes: dict[str, str], path: list[str]) -> None:
        nonlocal is_1904
        if name == "workbookPr":
            is_1904 = attributes.get("date1904", "0") in ("1", "true", "on")
        elif name == "sheet" and path[-1:] == ["sheets"]:
            plain = {key.rpartition(":")[2]: value for key, value in attributes.items()}
            kind, target = related.get(plain.get("id", ""), ("worksheet", ""))
            if kind == "worksheet":
                is_hidden = plain.get("state", "visible") != "visible"
                sheets.append(Worksheet(plain.get("name", ""), _part(parts, target), is_hidden))

    with archive.open(plan) as stream:
        markup.walk(stream, plan, start)
    return sheets, is_1904


def _day_styles(archive: zipfile.ZipFile, part: str) -> frozenset[str]:
    """Numbers of the cell styles that show days or times, as cells write them."""
    codes: dict[int, str] = {}
    formats: list[int] = []

    def start(name: str, attributes: dict[str, str], path: list[str]) -> None:
        if name == "numFmt" and path[-1:] == ["numFmts"]:
            codes[_int(attributes.get("numFmtId"))] = attributes.get("formatCode", "")
        elif name == "xf" and path[-1:] == ["cellXfs"]:
            formats.append(_int(attributes.get("numFmtId")))

    if part:
        with archive.open(part) as stream:
            markup.walk(stream, part, start)
    is_day = {number: celltext.is_day_format(number, codes.get(number)) for number in set(formats)}
    styles = {str(i) for i, number in enumerate(formats) if is_day[number]}
    return frozenset(styles | {""} if "0" in styles else styles)  # a cell that names no style has the first


def _int(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0


def _read_texts(archive: zipfile.ZipFile, part: str, texts: Texts) -> None:
    try:
        with archive.open(part) as stream:
            _read_plain_texts(stream, texts)
    except markup.Doubt:
        texts.clear()
        with archive.open(part) as stream:
            _read_any_texts(stream, part, texts)


def _read_plain_texts(stream: IO[bytes], texts: Texts) -> None:
    is_first = True
    for piece in markup.pieces(stream, b"</si>", lambda _: None):
        if is_first:
            start = _START.match(piece)
            if not start:
                raise markup.Doubt
            piece = piece[start.end() :]
            is_first = False
        if not piece.endswith("</si>"):
            piece, closed, after = piece.partition("</sst>")
            if not closed or after.strip():
                raise markup.Doubt
        for text, junk in _TEXT.findall(piece):
            plain = celltext.from_xml(text)
            if junk or plain is None:
                raise markup.Doubt
            texts.add(plain)


def _read_any_texts(stream: IO[bytes], part: str, texts: Texts) -> None:
    """By expat: rich text in runs, readings (rPh) left out, prefixes, CDATA, other encodings."""
    state: dict[str, Any] = {"text": [], "size": 0, "in_t": False, "skip": 0}

    def start(name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        if local == "si":
            state.update(text=[], size=0)
        elif local == "rPh":
            state["skip"] += 1
        state["in_t"] = local == "t" and not state["skip"]

    def end(name: str) -> None:
        local = name.rpartition(":")[2]
        state["in_t"] = False
        if local == "rPh":
            state["skip"] -= 1
        elif local == "si":
            texts.add(celltext.unescaped("".join(state["text"])))

    def data(text: str) -> None:
        if state["in_t"] and state["size"] <= 8 * texts._longest:
            state["text"].append(text)
            state["size"] += len(text)

    made = markup.parser(part)
    made.StartElementHandler, made.EndElementHandler, made.CharacterDataHandler = start, end, data
    for _ in markup.feed(made, stream, part):
        pass
