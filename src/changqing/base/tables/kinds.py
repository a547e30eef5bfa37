"""What a file is, by its content and never by its name."""

from __future__ import annotations

import zipfile
from pathlib import Path

from changqing.base.tables import charset
from changqing.base.tables.shapes import ReadingLimits, Unreadable

_SIGNS = (
    (b"%PDF", "PDF"),
    (b"\x1f\x8b", "gzip"),
    (b"Rar!", "RAR"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ", "xz"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"PAR1", "Parquet"),
    (b"SQLite format 3\0", "SQLite"),
    (b"\x7fELF", "ELF"),
    (b"MZ\x90\0", "EXE"),
    (b"{\\rtf", "RTF"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_LOOK = 32 << 20


def recognise(path: Path) -> str:
    """``csv`` or ``xlsx`` (any zip); raises Unreadable for what is certainly neither."""
    with path.open("rb") as file:
        head = file.read(64 << 10)
        if not head:
            raise Unreadable("empty")
        if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
            return "xlsx"
        if head.startswith(_OLE):
            rest = head + file.read(_OLE_LOOK)
            is_locked = "EncryptedPackage".encode("utf-16-le") in rest
            raise Unreadable("locked" if is_locked else "xls")
    for sign, name in _SIGNS:
        if head.startswith(sign):
            raise Unreadable("foreign", kind=name)
    _refuse_markup(head)
    _refuse_binary(head)
    return "csv"


def _refuse_markup(head: bytes) -> None:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith((b"<html", b"<!doctype html", b"<table", b"<meta")):
        raise Unreadable("html")
    if text.startswith(b"<?xml"):
        raise Unreadable("xml2003" if b"office:spreadsheet" in text else "foreign", kind="XML")


def _refuse_binary(head: bytes) -> None:
    """More than one control character in fifty and no table was ever saved like this.

    Not in UTF-16, where half of 列 (U+5217) looks like one.
    """
    if charset.candidates(head, None)[0].startswith("UTF-16"):
        return
    controls = bytes(set(range(1, 32)) - {9, 10, 12, 13, 26})
    if len(head) - len(head.translate(None, controls)) > 16 + len(head) // 50:
        raise Unreadable("foreign", kind="binary")


def check_zip(book: zipfile.ZipFile, limits: ReadingLimits) -> int:
    """Judge the central directory before anything is unpacked. The unpacked size in bytes.

    The sizes stated there bind: the zip reader stops at them and then finds the checksum wrong.
    """
    members = book.infolist()
    if len(members) > limits.max_members:
        raise Unreadable("zip_members", found=len(members), limit=limits.max_members)
    names = [member.filename for member in members]
    if len(set(names)) < len(names) or any(_escapes(name) for name in names):
        raise Unreadable("zip_names")
    if any(member.flag_bits & 0x1 for member in members):
        raise Unreadable("locked")
    if any(member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for member in members):
        raise Unreadable("broken", what="zip")
    total = sum(member.file_size for member in members)
    if total > limits.max_unpacked_mb << 20:
        raise Unreadable("zip_size", found=total >> 20, limit=limits.max_unpacked_mb)
    for member in members:
        ratio = member.file_size // max(1, member.compress_size)
        if member.file_size > 1 << 20 and ratio > limits.max_ratio:
            raise Unreadable("zip_ratio", part=member.filename, found=ratio, limit=limits.max_ratio)
    _refuse_other_zips({name.lower() for name in names}, book)
    return total


def _escapes(name: str) -> bool:
    return name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/") or "\0" in name


def _refuse_other_zips(names: set[str], book: zipfile.ZipFile) -> None:
    if any(name.endswith("vbaproject.bin") for name in names):
        raise Unreadable("macros")
    if "xl/workbook.bin" in names:
        raise Unreadable("xlsb")
    if "mimetype" in names or "content.xml" in names:
        raise Unreadable("ods")
    if any(name.startswith("word/") for name in names):
        raise Unreadable("foreign", kind="Word")
    if any(name.startswith("ppt/") for name in names):
        raise Unreadable("foreign", kind="PowerPoint")
    if "[content_types].xml" not in names:
        raise Unreadable("foreign", kind="zip")
