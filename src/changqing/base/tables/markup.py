"""XML parts of a workbook, read as a stream by expat; nothing that declares a document type is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import IO, Any
from xml.parsers import expat

from changqing.base.tables.shapes import Unreadable

STEP = 256 << 10
# An attribute that means what it says, for the expressions of the fast readers.
ATTRIBUTE = r' [A-Za-z0-9_:.]+="[^"<>&]*"'


class Doubt(Exception):
    """The fast reader met something it does not know for certain."""


def parser(part: str) -> Any:
    """An expat parser that hands over text whole and refuses a DOCTYPE, so no entity is ever declared."""

    def refuse(*_: object) -> None:
        raise Unreadable("doctype", part=part)

    made = expat.ParserCreate()
    made.buffer_text = True
    made.StartDoctypeDeclHandler = refuse
    made.EntityDeclHandler = refuse
    return made


def feed(made: Any, stream: IO[bytes], part: str) -> Iterator[int]:
    """Parse step by step; yields the bytes of each step, so that the caller can take what was found."""
    try:
        while data := stream.read(STEP):
            made.Parse(data, False)
            yield len(data)
        made.Parse(b"", True)
    except (expat.ExpatError, LookupError) as error:  # LookupError: an encoding that does not exist
        raise Unreadable("broken", what=f"{part}: {error}") from None


def walk(stream: IO[bytes], part: str, on_start: Callable[[str, dict[str, str], list[str]], None]) -> None:
    """Call ``on_start(name, attributes, path)`` for each element; names without their prefix."""
    path: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        on_start(local, attributes, path)
        path.append(local)
        if len(path) > 64:
            raise Unreadable("broken", what=part)

    made = parser(part)
    made.StartElementHandler = start
    made.EndElementHandler = lambda _: path.pop()
    for _ in feed(made, stream, part):
        pass


def pieces(stream: IO[bytes], closer: bytes, on_read: Callable[[int], None]) -> Iterator[str]:
    """Text in pieces that end with ``closer``; the last piece is what follows the last one.

    For the fast readers: raises Doubt where the text is not plain UTF-8 or a piece never ends.
    """
    rest, is_first = b"", True
    while data := stream.read(4 * STEP):
        on_read(len(data))
        if is_first:
            if _OTHER_ENCODING.search(data[:200]):
                raise Doubt
            data = data.replace(b"?>\r\n", b"?>\n", 1)  # the one CR LF that Excel itself writes
            is_first = False
        rest += data
        cut = rest.rfind(closer) + len(closer)
        if cut >= len(closer):
            yield _plain(rest[:cut])
            rest = rest[cut:]
        elif len(rest) > 64 * STEP:
            raise Doubt
    yield _plain(rest)


_OTHER_ENCODING = re.compile(rb"encoding=[\"'](?!utf-8[\"'])", re.IGNORECASE)
_FORBIDDEN = bytes(set(range(32)) - {9, 10})


def _plain(data: bytes) -> str:
    if len(data.translate(None, _FORBIDDEN)) < len(data):
        raise Doubt
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise Doubt from None
