"""Numbers as people and systems write them, read exactly.

A cell is first tried as a plain decimal (``fast``); the others are normalised step by step (``wide``).
``style`` says which sign separates decimals in this column: "us" 1,234.56 · "eu" 1.234,56 · "mixed" both
occur, and what could be either is refused.
"""

from __future__ import annotations

from typing import Literal

from changqing.ledger.rules.sql import let, literal, matches, replaced
from changqing.ledger.rules.texts import SPACES
from changqing.ledger.rules.words import CURRENCIES

Style = Literal["us", "eu", "mixed"]

#: full width, typographic and odd characters → what they stand for, one for one
_SAME = {
    **{chr(0xFF10 + digit): str(digit) for digit in range(10)},
    **{chr(start + letter): chr(65 + letter) for start in (0xFF21, 0xFF41) for letter in range(26)},
    **dict(zip("．。，、（）＋％￥＄／：", "..,,()+%¥$/:", strict=True)),
    **dict.fromkeys("－−–—‐‑﹣", "-"),
    **dict.fromkeys("’‘´｀`＇", "'"),
    **dict.fromkeys("\t\u00a0\u202f\u3000", " "),
    **{chr(space): " " for space in range(0x2000, 0x200B)},
}
_FULL, _HALF = "".join(_SAME), "".join(_SAME.values())
_MULTIPLES = (("百万", 6), ("千万", 7), ("万", 4), ("亿", 8), ("千", 3), ("%", -2))

_GROUPED_US = r"[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]*)?"
_GROUPED_EU = r"[1-9][0-9]{0,2}(\.[0-9]{3})+(,[0-9]*)?"
_SPACED_US = r"[1-9][0-9]{0,2}([ '][0-9]{3})+(\.[0-9]*)?"
_SPACED_EU = r"[1-9][0-9]{0,2}([ '][0-9]{3})+(,[0-9]*)?"
_DOT = r"[0-9]+\.?[0-9]*|\.[0-9]+"
_COMMA = r"[0-9]+,?[0-9]*|,[0-9]+"
_US = f"{_GROUPED_US}|{_SPACED_US}|{_DOT}"
_EU = f"{_GROUPED_EU}|{_SPACED_EU}|{_COMMA}"
_SCIENTIFIC = r"[0-9]+(\.[0-9]+)?E[-+]?[0-9]{1,3}"
#: 1,234 and 1.234: thousands in one style, decimals in the other
_EITHER_COMMA = r"[1-9][0-9]{0,2},[0-9]{3}"
EITHER_DOT = r"[1-9][0-9]{0,2}\.[0-9]{3}"

#: how many decimals ``wide`` holds, and below which value
WIDE = "DECIMAL(38,14)"


def _currency_pattern() -> str:
    words = sorted((word for word in CURRENCIES if CURRENCIES[word] and len(word) > 1), key=len, reverse=True)
    spelled = "|".join(word.replace("$", r"\$") for word in words)
    return f"(?:{spelled}|[¥$€£₩₽₹฿₫₺])"


CURRENCY = _currency_pattern()
_BEFORE = rf"^([-+(]?)\s*{CURRENCY}\s*([-+]?)\s*"
_BEHIND = rf"\s*(?:{CURRENCY}|元|圆|円)整?\s*([-)]?)$"


def halved(cell: str) -> str:
    """Half width, upper case, without white space at the ends."""
    return f"upper(trim(translate({cell}, {literal(_FULL)}, {literal(_HALF)}), {literal(SPACES)}))"


def normal(cell: str) -> str:
    """Half width, upper case, without white space at the ends, without currency signs and words."""
    return replaced(replaced(halved(cell), _BEFORE, r"\1\2", ""), _BEHIND, r"\1", "")


def unsigned(text: str) -> str:
    """What is left of a normalised number without its sign: ``(…)``, leading or trailing minus, plus."""
    return (
        f"trim(CASE WHEN {text} LIKE '(%)' THEN {text}[2:-2] "
        f"WHEN {text} LIKE '-%' OR {text} LIKE '+%' THEN {text}[2:] "
        f"WHEN {text} LIKE '%-' THEN {text}[:-2] ELSE {text} END)"
    )


def fast(cell: str, style: Style, scale: int) -> str:
    """The value of a plainly written decimal, else NULL: never rounds, never guesses."""
    if style == "eu":
        plain = f"NOT contains({cell}, '.')"
    else:
        decimals = f"strlen({cell}) - instr({cell}, '.')"
        fits = f"{decimals} <= {scale}" + (f" AND {decimals} <> 3" if style == "mixed" else "")
        # where the dot is told both whether there is one and how many decimals follow
        plain = f"(instr({cell}, '.') = 0 OR ({fits}))"
    # the cast takes 1_000, and rounds 5.0E-5 without a word
    unmarked = " AND ".join(f"NOT contains({cell}, '{mark}')" for mark in "_Ee")
    return f"try_cast(CASE WHEN {plain} AND {unmarked} THEN {cell} END AS DECIMAL(18,{scale}))"


def wide(cell: str, style: Style, *, exponent: int = 0, shares: bool = False) -> str:
    """The value of any understood writing with 14 decimals, else NULL. ``shares``: a % is taken."""

    def body(text: str) -> str:
        return let(
            "b", unsigned(text), lambda b: _signed(text, _magnitude(b, style, exponent, shares=shares))
        )

    return let("s", normal(cell), body)


def _signed(text: str, magnitude: str) -> str:
    negative = f"({text} LIKE '-%' OR {text} LIKE '%-' OR {text} LIKE '(%)')"
    return let("m", magnitude, lambda m: f"CASE WHEN {negative} THEN -{m} ELSE {m} END")


def _magnitude(body: str, style: Style, exponent: int, *, shares: bool) -> str:
    """An unsigned body: digits, then a power of ten (E+05) or a multiple (万, 亿), never both."""
    multiples = [(word, size) for word, size in _MULTIPLES if word != "%" or shares]
    sizes = " ".join(f"WHEN suffix({body}, '{word}') THEN {size}" for word, size in multiples)
    behind = "|".join(word for word, _ in multiples)
    e_power = f"try_cast(split_part({body}, 'E', 2) AS INTEGER)"
    scientific = matches(body, _SCIENTIFIC)
    power = f"(CASE WHEN {scientific} THEN {e_power} {sizes} ELSE 0 END + {exponent})"
    mantissa, rest = f"split_part({body}, 'E', 1)", replaced(body, rf"\s*({behind})$", "", "")
    digits = f"CASE WHEN {scientific} THEN {mantissa} ELSE {rest} END"

    def value(d: str) -> str:
        dotted = f"CASE WHEN {scientific} THEN {d} ELSE {_dotted(d, style)} END"
        return let("n", f"struct_pack(d := {dotted}, p := {power})", _shifted)

    return let("d", digits, value)


def _dotted(digits: str, style: Style) -> str:
    """Digits with a dot for decimals and nothing between groups; NULL when they are no number."""
    groups, eu_groups = literal(", '"), literal(",. '")
    us = f"translate({digits}, {groups}, '')"
    eu = f"translate({digits}, {eu_groups}, '.')"
    if style == "us":
        return f"CASE WHEN {matches(digits, _US)} THEN {us} END"
    if style == "eu":
        return f"CASE WHEN {matches(digits, _EU)} THEN {eu} END"
    either = matches(digits, f"{_EITHER_COMMA}|{EITHER_DOT}")
    return (
        f"CASE WHEN {either} THEN NULL WHEN {matches(digits, _US)} THEN {us} "
        f"WHEN {matches(digits, _EU)} THEN {eu} END"
    )


def _shifted(n: str) -> str:
    """Digits times ten to the power, as WIDE; NULL when too large.

    Keeps at most as many decimals as WIDE holds; a last digit of 1 stands for any that were cut, so that
    rounding a value that is a hair above a half still goes up.
    """
    digits, power = f"{n}.d", f"{n}.p"
    kept = f"greatest(13 + {power}, 0)"
    fraction = f"split_part({digits}, '.', 2)"
    rest = f"rtrim(substr({fraction}, {kept} + 1), '0')"
    cut = (
        f"split_part({digits}, '.', 1) || '.' || substr({fraction}, 1, {kept}) || "
        f"CASE WHEN {rest} = '' THEN '0' ELSE '1' END"
    )
    exact = f"CASE WHEN length({fraction}) > {kept} THEN {cut} ELSE {digits} END"
    return f"try_cast({exact} || 'e' || {power} AS {WIDE})"


def even(value: str, scale: int) -> str:
    """A WIDE value rounded half-even to the scale as DECIMAL(18,scale); NULL beyond its range."""
    unit = f"1e-{scale}::DECIMAL(18,{scale})"
    half = f"CAST(0.5e-{scale} AS {WIDE})"
    near = f"CAST({value} AS DECIMAL(38,{scale}))"

    def settled(h: str) -> str:
        tie = f"abs({value} - {h}) = {half} AND CAST({h} * {10**scale} AS HUGEINT) % 2 <> 0"
        return (
            f"try_cast(CASE WHEN {tie} THEN {h} - CASE WHEN {value} > 0 THEN {unit} ELSE -{unit} END "
            f"ELSE {h} END AS DECIMAL(18,{scale}))"
        )

    in_range = f"abs({value}) < {10 ** (18 - scale)}"
    return f"CASE WHEN {in_range} THEN {let('h', near, settled)} END"


def shape(cell: str) -> str:
    """How a cell that is no plain decimal is written: plain, us, eu, comma, dot (either), other."""

    def of(body: str) -> str:
        digits = replaced(body, r"\s*(百万|千万|万|亿|千|%)$", "", "")
        return let("d", digits, _shape_of_digits)

    return let("s", normal(cell), lambda s: let("b", unsigned(s), of))


def _shape_of_digits(d: str) -> str:
    return (
        f"CASE WHEN {matches(d, '[0-9]+')} THEN 'plain' "
        f"WHEN {matches(d, _EITHER_COMMA)} THEN 'comma' WHEN {matches(d, EITHER_DOT)} THEN 'dot' "
        f"WHEN {matches(d, _US)} THEN 'us' WHEN {matches(d, _EU)} THEN 'eu' "
        f"WHEN {matches(d, _SCIENTIFIC)} THEN 'plain' ELSE 'other' END"
    )


def plain_shape(cell: str) -> str:
    """How a cell that DECIMAL takes as it stands is written: plain, us (its dot can only be decimal), dot."""
    either = matches(f"ltrim({cell}, '+- ')", EITHER_DOT)
    return (
        f"CASE WHEN NOT contains({cell}, '.') THEN 'plain' "
        f"WHEN strlen({cell}) - instr({cell}, '.') <> 3 THEN 'us' WHEN {either} THEN 'dot' ELSE 'us' END"
    )
