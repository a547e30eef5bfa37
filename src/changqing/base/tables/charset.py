"""Which characters a text file is written in: found out, checked over the whole file, and told."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from changqing.base.tables.shapes import Unreadable

CHUNK = 8 << 20
_BOMS = (
    (codecs.BOM_UTF8, "UTF-8-BOM"),
    (codecs.BOM_UTF16_LE, "UTF-16-LE"),
    (codecs.BOM_UTF16_BE, "UTF-16-BE"),
)
_CODECS = {
    "UTF-8": "utf-8",
    "UTF-8-BOM": "utf-8",
    "UTF-16-LE": "utf-16-le",
    "UTF-16-BE": "utf-16-be",
    "GB18030": "gb18030",
    "BIG5": "big5hkscs",
}
_ALIASES = {
    "UTF8": "UTF-8",
    "UTF-8-SIG": "UTF-8-BOM",
    "GBK": "GB18030",
    "GB2312": "GB18030",
    "CP936": "GB18030",
}
_HAN_UTF8 = re.compile(rb"[\xe4-\xe9][\x80-\xbf]{2}|\xef[\xbc\xbd][\x80-\xbf]")
# More damaged bytes than this and the encoding itself is wrong.
_DAMAGE = 1_000
# Two-byte characters: those of GB 2312 (first group), the rest of GBK (second). Four-byte ones are passed.
_PAIR = re.compile(
    rb"[\x81-\xfe][0-9][\x81-\xfe][0-9]|[\x81-\xfe](?:([\xa1-\xfe])|([\x30-\x39\x40-\x7e\x80-\xa0]))"
)


class Undecodable(Exception):
    """The bytes are not of the encoding: the place, and the bytes around it."""

    def __init__(self, line: int, byte: int, around: bytes) -> None:
        super().__init__(line)
        self.line = line
        self.byte = byte
        self.around = around


def candidates(head: bytes, asked: str | None) -> list[str]:
    """Encodings to try, in order. A mark or a pattern of NULs leaves one; a person's word leaves one."""
    marked = next((name for mark, name in _BOMS if head.startswith(mark)), None)
    if asked:
        name = _ALIASES.get(asked.upper().replace("_", "-"), asked.upper().replace("_", "-"))
        if name == "UTF-16":
            name = marked or _by_nuls(head) or "UTF-16-LE"
        if name not in _CODECS:
            raise Unreadable("encoding_asked", encoding=asked, known=", ".join(_CODECS))
        return ["UTF-8-BOM" if name == "UTF-8" and marked == "UTF-8-BOM" else name]
    if marked:
        return [marked]
    found = _by_nuls(head)
    return [found] if found else ["UTF-8", "GB18030"]


def _by_nuls(head: bytes) -> str | None:
    """UTF-16 without a mark: ASCII digits and delimiters leave NULs in every second place."""
    head = head[: 64 << 10]
    even, odd = head[0::2].count(0), head[1::2].count(0)
    few = max(2, len(head) // 40)
    if odd >= few and odd > 4 * even and _parses(head, "utf-16-le"):
        return "UTF-16-LE"
    if even >= few and even > 4 * odd and _parses(head, "utf-16-be"):
        return "UTF-16-BE"
    return None


def _parses(head: bytes, codec: str) -> bool:
    try:
        text = codecs.getincrementaldecoder(codec)().decode(head)
    except UnicodeDecodeError:
        return False
    controls = sum(1 for c in text if c < " " and c not in "\t\r\n")
    return controls * 50 <= len(text) and not any("\ue000" <= c <= "\uf8ff" for c in text)


class Tape:
    """The file as UTF-8 bytes, chunk by chunk, whatever it was written in; byte order marks removed.

    ``tolerant``: bytes that are not of the encoding become NUL and U+FFFD, which makes their row, and
    not the file, a bad one. ERP programs cut texts at a byte count, through the middle of a character.
    """

    def __init__(self, path: Path, encoding: str, on_read: Callable[[int], None], *, tolerant: bool) -> None:
        self.encoding = encoding
        self.marks = 0
        self._path = path
        self._on_read = on_read
        self._line = 1
        self._damaged = 0
        self._codec = _CODECS[encoding]
        self._tolerant = tolerant
        codecs.register_error("damaged", self._damage)

    def __iter__(self) -> Iterator[bytes]:
        decoder = codecs.getincrementaldecoder(self._codec)("damaged" if self._tolerant else "strict")
        is_first = True
        done = 0
        with self._path.open("rb") as file:
            while True:
                raw = file.read(CHUNK)
                chunk = self._recoded(decoder, raw, done)
                done += len(raw)
                if is_first:
                    chunk = self._unmarked(chunk)
                    is_first = False
                self._line += _breaks(chunk)
                self._on_read(done)
                if chunk:
                    yield chunk
                if not raw:
                    return

    def _recoded(self, decoder: codecs.IncrementalDecoder, raw: bytes, done: int) -> bytes:
        """UTF-8 of what is whole so far; bytes of a character cut in two stay with the decoder."""
        seen = decoder.getstate()[0] + raw
        try:
            text = decoder.decode(raw, final=not raw)
            if self._codec == "utf-8" and not self._tolerant:
                return seen[: len(seen) - len(decoder.getstate()[0])]
            return text.encode(errors="replace")
        except UnicodeDecodeError as error:
            before = error.object[: error.start].decode(self._codec, "replace").encode(errors="replace")
            around = error.object[max(0, error.start - (256 << 10)) : error.start + (256 << 10)]
            byte = done - (len(error.object) - len(raw)) + error.start + 1
            raise Undecodable(self._line + _breaks(before), byte, around) from None

    def _damage(self, error: UnicodeError) -> tuple[str, int]:
        if not isinstance(error, UnicodeDecodeError):
            raise error
        self._damaged += 1
        if self._damaged > _DAMAGE:
            raise Unreadable("encoding_unknown", line=self._line, byte=error.start + 1)
        return "\0\ufffd", error.end

    def _unmarked(self, chunk: bytes) -> bytes:
        while chunk.startswith(codecs.BOM_UTF8):
            chunk = chunk[3:]
            self.marks += 1
        return chunk


def _breaks(text: bytes) -> int:
    return text.count(b"\n") or text.count(b"\r")


def is_only_damaged(failed: Undecodable, encoding: str, left: list[str]) -> bool:
    """Whether the bytes speak for the encoding all the same; else the next may be tried, or none.

    UTF-8 is believed when most foreign bytes around the fault are Chinese in UTF-8; GB18030 when the
    pairs are those of everyday Chinese, which Big5 and Western texts do not show.
    """
    foreign = sum(1 for byte in failed.around if byte >= 0x80)
    pairs = _PAIR.findall(failed.around)
    everyday, rare = sum(1 for pair in pairs if pair[0]), sum(1 for pair in pairs if pair[1])
    is_everyday = everyday >= 4 * rare
    if encoding.startswith("UTF-8"):
        if encoding == "UTF-8-BOM" or len(b"".join(_HAN_UTF8.findall(failed.around))) * 2 >= foreign:
            return True
        if left and is_everyday:
            return False
    elif encoding == "GB18030" and everyday and is_everyday:
        return True
    raise Unreadable("encoding_unknown", line=failed.line, byte=failed.byte)
