"""What a workbook's cell says, as exact text: figures, days, times."""

from __future__ import annotations

import datetime as dt
import html
import re
from decimal import Decimal, InvalidOperation

_SIMPLE = re.compile(r"-?(?:0|[1-9]\d*)\.\d*[1-9]\Z")
_WHOLE = re.compile(r"-?\d+\Z")
_QUOTED = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_DAY_LETTER = re.compile(r"[ymdhs年月日时分秒]", re.IGNORECASE)
# Formats that a style may name without spelling them out: Western ones, and those of Chinese Excel.
_BUILT_IN = {*range(14, 23), *range(27, 37), 45, 47, *range(50, 59)}
_LAST_DAY = 2_958_466
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
# Any reference but XML's own five; numbered ones are left to the parser, which knows the forbidden ones.
_NOT_PLAIN = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)")
_MS_A_DAY = 86_400_000


def is_day_format(number: int, code: str | None) -> bool:
    """Whether a number format shows a serial number as a day or a time. Elapsed hours stay figures."""
    if code is None:
        return number in _BUILT_IN
    if _ELAPSED.search(code):
        return False
    bare = _QUOTED.sub("", code.split(";")[0])
    if "general" in bare.lower() or "0" in bare or "#" in bare:
        return bool(re.search(r"ss\.0", bare, re.IGNORECASE))
    return _DAY_LETTER.search(bare) is not None


def figure(raw: str) -> str:
    """A stored number as a person sees it: whole numbers verbatim, others in 15 digits, as Excel shows.

    Excel keeps binary doubles and writes 0.1+0.2 as 0.30000000000000004; 15 digits are what it promises.
    """
    if _WHOLE.match(raw) or (len(raw) <= 16 and _SIMPLE.match(raw)):
        return raw
    try:
        value = Decimal(raw.strip())
    except InvalidOperation:
        return raw
    if not value.is_finite() or abs(value.adjusted()) > 308:
        return raw
    if len(value.as_tuple().digits) > 15:
        value = value.quantize(Decimal(1).scaleb(value.adjusted() - 14))
    text = format(value, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def day(raw: str, is_1904: bool) -> str:
    """A serial number as ISO text: ``2024-01-05``, with ``T13:30:00`` when not midnight; else a figure."""
    try:
        serial = float(raw)
    except ValueError:
        return raw
    if not 0 <= serial < _LAST_DAY:
        return figure(raw)
    whole, part = divmod(round(serial * _MS_A_DAY), _MS_A_DAY)
    time = _clock(part)
    if whole == 0 and not is_1904:
        return time or figure(raw)
    date = _date(whole, is_1904)
    if date is None:
        return figure(raw)
    return f"{date}T{time}" if time else date


def _date(whole: int, is_1904: bool) -> str | None:
    """Excel counts a 29 February 1900 that never was (serial 60), so days before it stand one earlier."""
    if is_1904:
        start = dt.date(1904, 1, 1)
    elif whole == 60:
        return "1900-02-29"
    else:
        start = dt.date(1899, 12, 31) if whole < 60 else dt.date(1899, 12, 30)
    try:
        return (start + dt.timedelta(days=whole)).isoformat()
    except OverflowError:
        return None


def _clock(ms: int) -> str:
    if not ms:
        return ""
    seconds, rest = divmod(ms, 1000)
    text = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return f"{text}.{rest:03d}" if rest else text


def iso(raw: str) -> str:
    """A cell of type d: ISO already; midnight and zero fractions are dropped."""
    text = re.sub(r"\.0+\Z", "", raw.strip().removesuffix("Z"))
    return text.removesuffix("T00:00:00").removesuffix("T00:00")


def unescaped(text: str) -> str:
    """Text without the workbook's own escape for characters that XML cannot hold."""
    return _ESCAPED.sub(_told, text) if "_x" in text else text


def _told(match: re.Match[str]) -> str:
    code = int(match[1], 16)
    return match[0] if code == 0 or 0xD800 <= code <= 0xDFFF else chr(code)


def from_xml(text: str) -> str | None:
    """Text between tags as it reads; None where it takes a real XML parser to say."""
    if "&" in text:
        if _NOT_PLAIN.search(text):
            return None
        text = html.unescape(text)
    return unescaped(text)
