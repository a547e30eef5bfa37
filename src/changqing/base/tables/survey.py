"""A look at a block of CSV bytes with numpy: where records end, and whether quoting is by the book."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Ints = np.ndarray[Any, np.dtype[np.int64]]
_LF, _CR, _QUOTE = 10, 13, 34


@dataclass(frozen=True, slots=True)
class Survey:
    """``cut``: bytes that hold whole records. ``starts``: each record's line, from 0 at the block's start.

    ``lines`` counts the line ends before the cut. ``is_regular``: each quote opens a cell at its start,
    closes it at its end or is doubled inside one; then any two readers agree on the block.
    """

    cut: int
    starts: Ints
    lines: int
    longest: int
    is_regular: bool
    has_breaks: bool


def survey(block: bytes, *, delimiter: str, is_last: bool) -> Survey:
    data = np.frombuffer(block, np.uint8)
    newlines = _line_ends(data, block, is_last)
    quotes = np.flatnonzero(data == _QUOTE) if b'"' in block else np.empty(0, np.int64)
    if not len(quotes):
        cut = len(block) if is_last else _after(newlines)
        return _told(newlines, np.arange(len(newlines)), cut, is_regular=True)
    outside = np.flatnonzero(np.searchsorted(quotes, newlines) % 2 == 0)
    cut = len(block) if is_last else _after(newlines[outside])
    quotes = quotes[quotes < cut]
    return _told(newlines, outside, cut, is_regular=_by_the_book(data, quotes, delimiter))


def _line_ends(data: Any, block: bytes, is_last: bool) -> Ints:
    """Places of the last byte of each line end: LF, CR LF, and CR alone."""
    feeds = np.flatnonzero(data == _LF)
    if b"\r" not in block:
        return feeds
    returns = np.flatnonzero(data == _CR)
    after = np.append(data[1:], 0)[returns]
    alone = returns[after != _LF]
    if not is_last and len(alone) and alone[-1] == len(data) - 1:
        alone = alone[:-1]  # its line feed may be the next byte of the file
    return np.sort(np.concatenate([feeds, alone])) if len(alone) else feeds


def _after(ends: Ints) -> int:
    return int(ends[-1]) + 1 if len(ends) else 0


def _told(newlines: Ints, outside: Ints, cut: int, *, is_regular: bool) -> Survey:
    ends = newlines[outside]
    first = np.zeros(1, np.int64)
    starts = np.concatenate([first, outside + 1])
    if _after(ends) >= cut:
        starts = starts[:-1]
    sizes = np.diff(ends, prepend=-1, append=cut - 1)
    lines = int(outside[-1]) + 1 if len(outside) else 0
    return Survey(
        cut=cut,
        starts=starts,
        lines=lines,
        longest=int(sizes.max()),
        is_regular=is_regular,
        has_breaks=len(outside) < int(np.searchsorted(newlines, cut)),
    )


def _by_the_book(data: Any, quotes: Ints, delimiter: str) -> bool:
    """Even quotes stand after a delimiter, a line end or a quote; odd ones before."""
    if len(quotes) % 2:
        return False
    edges = np.zeros(256, bool)
    edges[[_LF, _CR, _QUOTE, ord(delimiter)]] = True
    before = np.concatenate([[_LF], data])[quotes[0::2]]
    after = np.append(data, _LF)[quotes[1::2] + 1]
    return bool(edges[before].all() and edges[after].all())
