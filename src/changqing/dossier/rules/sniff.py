"""What a file really is, by its bytes, and whether we keep such files. Names and claims are not believed."""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from pathlib import PurePath

from django.utils.translation import gettext as _

from changqing.base.refused import Refused

MOST_BYTES = 20 * 2**20
LONGEST_NAME = 120
HEAD = 8192
# Kind → (media type, the endings that go with it).
KINDS = {
    "pdf": ("application/pdf", (".pdf",)),
    "png": ("image/png", (".png",)),
    "jpg": ("image/jpeg", (".jpg", ".jpeg")),
    "webp": ("image/webp", (".webp",)),
    "docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", (".docx",)),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", (".xlsx",)),
    "pptx": ("application/vnd.openxmlformats-officedocument.presentationml.presentation", (".pptx",)),
    "txt": ("text/plain; charset=utf-8", (".txt", ".csv", ".md")),
}
OFFICE = {"word/document.xml": "docx", "xl/workbook.xml": "xlsx", "ppt/presentation.xml": "pptx"}
ACTIVE = re.compile(r"(vbaProject\.bin|\.(exe|dll|js|vbs|hta|html?|svg)$|/embeddings/|/activeX/)", re.I)
MARKUP = re.compile(rb"<\s*(!doctype|html|script|svg|\?xml|iframe|body)", re.I)
MOST_MEMBERS, MOST_UNPACKED, MOST_RATIO = 1_000, 100 * 2**20, 100


def sniffed(data: bytes, name: str) -> str:
    """The kind of ``data``; Refused when it is too large, of no kind we keep, or not what its name says."""
    if not data:
        raise Refused(_("文件是空的，没有保存。"), field="file")
    if len(data) > MOST_BYTES:
        raise Refused(
            _("文件太大：最多 %(most)s MB。没有保存。") % {"most": MOST_BYTES // 2**20}, field="file"
        )
    kind = _kind(data)
    ending = PurePath(name).suffix.lower()
    if not kind:
        raise Refused(
            _("不收这种文件。可以传：PDF、图片、Word、Excel、PowerPoint（不带宏）、纯文本。没有保存。"),
            field="file",
        )
    if ending not in KINDS[kind][1]:
        raise Refused(
            _("文件名说它是 %(ending)s，内容却是 %(kind)s。没有保存。")
            % {"ending": ending or "?", "kind": kind.upper()},
            field="file",
        )
    return kind


def _kind(data: bytes) -> str:
    if data.startswith(b"%PDF-"):
        return "pdf"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    if data.startswith(b"PK\x03\x04"):
        return _office(data)
    return "txt" if _is_text(data) else ""


def _office(data: bytes) -> str:
    """Which office format a ZIP is; none when it is another, hides something active, or would burst."""
    try:
        members = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return ""
    names = {member.filename for member in members}
    unpacked = sum(member.file_size for member in members)
    is_safe = (
        len(members) <= MOST_MEMBERS
        and unpacked <= MOST_UNPACKED
        and unpacked <= MOST_RATIO * max(len(data), 1)
        and not any(ACTIVE.search(each) or ".." in each or each.startswith("/") for each in names)
        and not any(member.flag_bits & 1 for member in members)
    )
    found = [kind for part, kind in OFFICE.items() if part in names]
    return found[0] if is_safe and "[Content_Types].xml" in names and len(found) == 1 else ""


def _is_text(data: bytes) -> bool:
    if b"\0" in data or MARKUP.search(data[:HEAD]):
        return False
    for encoding in ("utf-8", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return not any(unicodedata.category(each) == "Cc" and each not in "\t\r\n\f" for each in text[:HEAD])
    return False


def safe_name(name: str, kind: str) -> str:
    """``name`` without folders, hidden characters and what file systems and headers stumble over.

    >>> safe_name("../../etc/合同\\u202egpj.pdf", "pdf")
    '合同gpj.pdf'
    >>> safe_name("CON.txt", "txt")
    '_CON.txt'
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    shown = "".join(each for each in last if unicodedata.category(each)[0] != "C")
    shown = re.sub(r'[<>:"|?*;%]+', "_", shown).strip(" .")
    stem, ending = PurePath(shown).stem, PurePath(shown).suffix.lower()
    if ending not in KINDS[kind][1]:
        ending = KINDS[kind][1][0]
    if re.fullmatch(r"(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9])", stem):
        stem = f"_{stem}"
    return f"{stem[:LONGEST_NAME].strip(' .') or 'file'}{ending}"
