"""Days as people and systems write them.

``first`` says what comes first in 05/01/2026 in this column: "day", "month", or "" when nothing in the
column tells (then such cells are refused). ``serials``: the column counts days as spreadsheets do (45931).
Two-digit years are refused, save behind a month's name (05-JAN-26, as Oracle writes),
where the order is sure.
"""

from __future__ import annotations

from typing import Literal

from changqing.ledger.rules.numbers import halved
from changqing.ledger.rules.sql import let, literal, matches, replaced

First = Literal["day", "month", ""]

EARLIEST, LATEST = "1970-01-01", "2099-12-31"
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_NAMED = "(?:" + "|".join(_MONTHS) + ")[A-Z]*"

_TIME = (
    r"(?:T|\s+)(?:上午|下午|AM|PM|[凌早中晚][晨上午])?\s*(?:[01]?[0-9]|2[0-4])[:时点H.][0-5]?[0-9](?:[:分.][0-5]?[0-9])?[分秒]?"
    r"(?:[.,][0-9]+)?\s*(?:AM|PM|Z|UTC|GMT|[-+][0-9]{2}:?[0-9]{2})?$"
)
_WEEKDAY = (
    r"\s*[(（]?(?:星期|周|礼拜)[一二三四五六日天][)）]?\s*|^(?:MON|TUE|WED|THU|FRI|SAT|SUN)[A-Z]*\.?,?\s+"
)
_YMD = r"([0-9]{4})\s*[-/.年_ ]\s*([0-9]{1,2})\s*[-/.月_ ]\s*([0-9]{1,2})\s*[日号]?"
_COMPACT = r"([0-9]{4})([0-9]{2})([0-9]{2})(?:[0-9]{6})?(?:\.0)?"
_XXY = r"([0-9]{1,2})\s*[-/.]\s*([0-9]{1,2})\s*[-/.]\s*([0-9]{4})"
_SHORT = r"[0-9]{1,2}\s*[-/.年]\s*[0-9]{1,2}\s*[-/.月]\s*[0-9]{1,2}日?"
_DNY = rf"([0-9]{{1,2}})(?:ST|ND|RD|TH)?[-/. ]*({_NAMED})[-/., ]*([0-9]{{4}}|[0-9]{{2}})"
_NDY = rf"({_NAMED})[-/. ]*([0-9]{{1,2}})(?:ST|ND|RD|TH)?[-/., ]+([0-9]{{4}})"
_SERIAL = r"[2-7][0-9]{4}(?:\.[0-9]+)?"


def fast(cell: str) -> str:
    """The day where the cell is 2026-01-05, 2026/1/5 or these with a time of day; else NULL."""
    # words such as epoch are days to the cast, but not to a person
    day = f"try_cast(CASE WHEN ascii({cell}) BETWEEN 48 AND 57 THEN {cell} END AS DATE)"
    return f"CASE WHEN {in_range(day)} THEN {day} END"


def slow(cell: str, first: First, *, serials: bool) -> str:
    """The day of any other understood writing, else NULL; may lie outside the range."""
    return let("s", _day_text(cell), lambda s: _day_of(s, first, serials=serials))


def in_range(day: str) -> str:
    return f"{day} BETWEEN DATE '{EARLIEST}' AND DATE '{LATEST}'"


def _day_text(cell: str) -> str:
    """Half width, upper case, without time of day and weekday."""
    return f"trim({replaced(replaced(halved(cell), _WEEKDAY, ''), _TIME, '')})"


def _day_of(s: str, first: First, *, serials: bool) -> str:
    month = f"lpad(CAST(list_position({list(_MONTHS)!r}, substr(%s, 1, 3)) AS VARCHAR), 2, '0')"
    branches = [
        f"WHEN {matches(s, _YMD)} THEN {_ymd(s, _YMD, 'ymd')}",
        f"WHEN {matches(s, _COMPACT)} THEN {_ymd(s, _COMPACT, 'ymd')}",
        f"WHEN {matches(s, _DNY)} THEN {_named(s, _DNY, 'dmy', month)}",
        f"WHEN {matches(s, _NDY)} THEN {_named(s, _NDY, 'mdy', month)}",
    ]
    if first:
        branches.append(f"WHEN {matches(s, _XXY)} THEN {_ymd(s, _XXY, 'dmy' if first == 'day' else 'mdy')}")
    else:
        branches.append(f"WHEN {matches(s, _XXY)} THEN {_sure(s)}")
    if serials:
        branches.append(f"WHEN {matches(s, _SERIAL)} THEN {_serial(s)}")
    return f"CASE {' '.join(branches)} END"


def _parts(s: str, pattern: str, order: str) -> str:
    return f"regexp_extract({s}, {literal('^' + pattern + '$')}, {list(order)!r})"


def _ymd(s: str, pattern: str, order: str) -> str:
    return let(
        "p",
        _parts(s, pattern, order),
        lambda p: f"try_cast({p}['y'] || '-' || {p}['m'] || '-' || {p}['d'] AS DATE)",
    )


def _named(s: str, pattern: str, order: str, month: str) -> str:
    def day(p: str) -> str:
        year = (
            f"CASE WHEN length({p}['y']) = 4 THEN {p}['y'] "
            f"WHEN {p}['y'] < '70' THEN '20' || {p}['y'] ELSE '19' || {p}['y'] END"
        )
        named = month % f"{p}['m']"
        return f"try_cast({year} || '-' || {named} || '-' || {p}['d'] AS DATE)"

    return let("p", _parts(s, pattern, order), day)


def _sure(s: str) -> str:
    """05/13/2026 or 13/05/2026: one part cannot be a month; NULL where both can."""

    def day(p: str) -> str:
        a, b = f"try_cast({p}['a'] AS INTEGER)", f"try_cast({p}['b'] AS INTEGER)"
        dm = f"try_cast({p}['y'] || '-' || {p}['b'] || '-' || {p}['a'] AS DATE)"
        md = f"try_cast({p}['y'] || '-' || {p}['a'] || '-' || {p}['b'] AS DATE)"
        return f"CASE WHEN {a} > 12 OR {a} = {b} THEN {dm} WHEN {b} > 12 THEN {md} END"

    return let("p", _parts(s, _XXY, "aby"), day)


def _serial(s: str) -> str:
    return f"DATE '1899-12-30' + try_cast(floor(try_cast({s} AS DOUBLE)) AS INTEGER)"


def shape(cell: str) -> str:
    """How a cell that ``fast`` does not take is written.

    dot, cn, slash, iso, compact, named, serial; 13/5/2026 dfirst, 5/13/2026 mfirst, 5/5/2026 same, 05.01.2026
    points, 5/1/2026 either; two (a two-digit year); other.
    """

    def of(s: str) -> str:
        first = f"try_cast(regexp_extract({s}, '^[0-9]+') AS INTEGER)"
        second = f"try_cast(regexp_extract({s}, '^[0-9]+[^0-9]+([0-9]+)', 1) AS INTEGER)"
        return (
            f"CASE WHEN {matches(s, _YMD)} THEN CASE WHEN contains({s}, '年') THEN 'cn' "
            f"WHEN contains({s}, '.') THEN 'dot' WHEN contains({s}, '/') THEN 'slash' ELSE 'iso' END "
            f"WHEN {matches(s, _COMPACT)} THEN 'compact' WHEN {matches(s, f'{_DNY}|{_NDY}')} THEN 'named' "
            f"WHEN {matches(s, _XXY)} THEN CASE WHEN {first} > 12 THEN 'dfirst' "
            f"WHEN {second} > 12 THEN 'mfirst' WHEN {first} = {second} THEN 'same' "
            f"WHEN contains({s}, '.') THEN 'points' ELSE 'either' END "
            f"WHEN {matches(s, _SERIAL)} THEN 'serial' WHEN {matches(s, _SHORT)} THEN 'two' ELSE 'other' END"
        )

    return let("s", _day_text(cell), of)
