"""Which row names the columns: exports of 金蝶 and 用友 put titles, dates and makers above it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

_FIGURE = re.compile(r"[\s¥￥$€£(+\-]*\d[\d,./:\-年月日T% )]*\Z")
# what Excel leaves where a formula failed: the cell was to be a figure
_ERROR = re.compile(r"#(?:REF!|VALUE!|DIV/0!|NAME\?|NULL!|NUM!|N/A)\Z")
_LOOK = 100
# rows under a double header that are asked whether figures stand there
_BELOW = 10


def is_blank(cells: Sequence[str | None]) -> bool:
    return not any(cell and not cell.isspace() for cell in cells)


def filled(cells: Sequence[str | None]) -> int:
    return sum(1 for cell in cells if cell and not cell.isspace())


def find(rows: Sequence[Sequence[str | None]]) -> tuple[int, int] | None:
    """First and last index of the header: the first row that fills most columns the table ever fills.

    A title, or a line of "label: value" pairs, fills few of them. A row of data above the header
    fills as many as the header does, so no data is ever skipped silently as a title; nor does a single
    overlong row (two torn into one) make titles of all above it. Two rows make one header where the
    lower names exactly what merged groups of the upper leave open and figures stand below.
    """
    head = rows[:_LOOK]
    most = _most(head)
    if most == 0:
        return None
    needed = min(most, max(2, -(-most * 6 // 10)))
    for first, cells in enumerate(head):
        is_double = _is_double(head[first : first + 2 + _BELOW])
        if filled(cells) >= needed or (is_double and _together(cells, head[first + 1]) >= needed):
            return first, first + is_double
    return None


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


def _together(upper: Sequence[str | None], lower: Sequence[str | None]) -> int:
    """How many columns two rows name; none where the upper names less than half, as a title does."""
    named = sum(1 for i in range(max(len(upper), len(lower))) if _at(upper, i) or _at(lower, i))
    return named if filled(upper) * 2 >= named else 0


def _is_double(rows: Sequence[Sequence[str | None]]) -> bool:
    if len(rows) < 3:
        return False
    upper, lower, *below = rows
    named = {i for i in range(len(lower)) if _at(lower, i)}
    gaps = {i for i in range(len(lower)) if not _at(upper, i)}
    if not gaps or not gaps <= named or len(named) == len(lower) or _figures(lower):
        return False
    figures = {i for i in named if _are_figures([_at(cells, i) for cells in below])}
    # A damaged row may be all there is: names under groups and nowhere else speak for themselves.
    groups = {i - 1 for i in gaps}
    is_exact = named == gaps | groups and min(named) > 0
    return gaps <= figures or (is_exact and bool(figures))


def _at(cells: Sequence[str | None], place: int) -> str:
    return (cells[place] or "").strip() if place < len(cells) else ""


def _are_figures(cells: Sequence[str]) -> bool:
    """Whether most of what stands there is a figure, or what a failed formula left of one."""
    told = [bool(_FIGURE.match(cell) or _ERROR.match(cell)) for cell in cells if cell]
    return any(told) and sum(told) * 2 >= len(told)


def _figures(cells: Sequence[str | None]) -> int:
    return sum(1 for cell in cells if cell and _FIGURE.match(cell))
