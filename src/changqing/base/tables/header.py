"""Which row names the columns: exports of 金蝶 and 用友 put titles, dates and makers above it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

_FIGURE = re.compile(r"[\s¥￥$€£(+\-]*\d[\d,./:\-年月日T% )]*\Z")
_LOOK = 100


def is_blank(cells: Sequence[str | None]) -> bool:
    return not any(cell and not cell.isspace() for cell in cells)


def filled(cells: Sequence[str | None]) -> int:
    return sum(1 for cell in cells if cell and not cell.isspace())


def find(rows: Sequence[Sequence[str | None]]) -> tuple[int, int] | None:
    """First and last index of the header: the first row that fills most columns the table ever fills.

    A title, or a line of "label: value" pairs, fills few of them. A row of data above the header
    fills as many as the header does, so no data is ever skipped silently as a title; nor does a single
    overlong row (two torn into one) make titles of all above it. Two rows make one header where the
    lower names exactly what merged groups of the upper leave open.
    """
    head = rows[:_LOOK]
    most = _most(head)
    if most == 0:
        return None
    needed = min(most, max(2, -(-most * 6 // 10)))
    first = next(i for i, cells in enumerate(head) if filled(cells) >= needed)
    return (first, first + 1) if _is_double(head[first : first + 3]) else (first, first)


def _most(rows: Sequence[Sequence[str | None]]) -> int:
    """The most cells that a row fills and a second row comes near to."""
    fills = sorted((filled(cells) for cells in rows), reverse=True)
    for most, next_one in itertools.pairwise(fills):
        if next_one * 10 >= most * 6:
            return most
    return fills[0] if fills else 0


def names(rows: Sequence[Sequence[str | None]], first: int, last: int) -> list[str]:
    """The header's texts as they stand; of a double header "group/name"."""
    upper = [cell or "" for cell in rows[first]]
    if first == last:
        return upper
    lower = [cell or "" for cell in rows[last]]
    upper += [""] * (len(lower) - len(upper))
    lower += [""] * (len(upper) - len(lower))
    told, group = [], ""
    for above, below in zip(upper, lower, strict=True):
        group = above or group
        told.append(f"{group}/{below}" if below else above)
    return told


def _is_double(rows: Sequence[Sequence[str | None]]) -> bool:
    if len(rows) < 3:
        return False
    upper, lower, data = rows
    named = [bool(cell and not cell.isspace()) for cell in lower]
    gaps = [i for i in range(len(lower)) if i >= len(upper) or not (upper[i] or "").strip()]
    if not gaps or filled(lower) == len(lower) or _figures(lower):
        return False
    return all(named[i] for i in gaps) and _figures([data[i] for i in gaps if i < len(data)]) == len(gaps)


def _figures(cells: Sequence[str | None]) -> int:
    return sum(1 for cell in cells if cell and _FIGURE.match(cell))
