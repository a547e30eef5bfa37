"""Which column is what: guessed from names and first values, kept by header text, checked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from changqing.base.refused import Refused
from changqing.ledger.rules.headers import heading, squash
from changqing.ledger.rules.kinds import KINDS, Kind
from changqing.ledger.rules.mapping import Mapping
from changqing.ledger.rules.names import NAMES, REGION_PARTS
from changqing.ledger.rules.wording import unmet_sentence

Samples = Sequence[Sequence[str | None]]

#: below this a column stays unmapped
THRESHOLD = 0.45
#: of a header a known name at its end covers at least this much
_COVERED = 0.3

#: neutral money names and what they become when the header says net or with tax
_BY_TAX = {
    ("orders", "amount", "gross"): "amount_with_tax",
    ("orders", "price", "gross"): "price_with_tax",
    ("orders", "amount_with_tax", "net"): "amount",
    ("orders", "price_with_tax", "net"): "price",
    ("invoices", "amount", "net"): "net_amount",
}
_DAY_LOOK = re.compile(
    r"\s*(\d{4}\s?[-/.年]\s?\d{1,2}\s?[-/.月]\s?\d{1,2}\s?[日号]?|\d{8}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{5}(\.\d+)?"
    r"|\d{1,2}[-/ ]?[A-Za-z]{3,9}[-/ ,.]*\d{2,4}|[A-Za-z]{3,9}\.? \d{1,2},? \d{4})([T ].*)?\s*"
)
_NUMBER_LOOK = re.compile(
    r"\s*[-+(−¥￥$€£A-Za-z人民币美元\s]*\.?\d[\d,.\s'’]*(E[-+]?\d+)?\s*[万亿元%)\-A-Z]*\s*", re.I
)
_BLANK_LOOK = re.compile(r"\s*(null|n/a|#n/a|-+|—+|无|空|nan|none|\\N)?\s*", re.I)
_ISO_LOOK = re.compile(r"\s*\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?([T ].*)?\s*")


@dataclass(frozen=True, slots=True)
class _Candidate:
    field: str
    column: int
    score: float
    why: str


def guess(kind: str, header: Sequence[str], samples: Samples = ()) -> Mapping:
    """The likeliest column of each field, from the header's names, ties broken by the first rows.

    ``samples``: first rows, cells as text. Every column serves at most one field; confidence is 0–1.
    """
    cells = _columns_of(samples, len(header))
    found = sorted(_candidates(kind, header, cells), key=lambda c: (-c.score, c.column))
    columns: dict[str, tuple[int, ...]] = {}
    confidence: dict[str, float] = {}
    why: dict[str, str] = {}
    taken: set[int] = set()
    for candidate in found:
        if candidate.field in columns or candidate.column in taken or candidate.score < THRESHOLD:
            continue
        taken.add(candidate.column)
        columns[candidate.field] = (candidate.column,)
        confidence[candidate.field] = round(candidate.score, 3)
        why[candidate.field] = candidate.why
    mapping = Mapping(kind, tuple(header), columns, confidence, why)
    return _settled(_with_region(mapping, taken))


def check(mapping: Mapping, *, rate_given: bool = False) -> None:
    """Refused when the mapped columns cannot say what every row of the kind must say.

    ``rate_given``: a tax rate was stated for the whole file, so that amounts with tax suffice.
    """
    unmet = mapping.unmet(rate_given=rate_given)
    if unmet:
        raise Refused(unmet_sentence(mapping.kind, unmet, mapping.header), field="mapping")


def guess_kind(header: Sequence[str], samples: Samples = ()) -> list[tuple[str, float]]:
    """The kinds this file may be, likeliest first, each with a confidence of 0–1."""
    ranked = [(kind.name, _kind_score(kind, header, samples)) for kind in KINDS.values()]
    return sorted(ranked, key=lambda pair: -pair[1])


def _kind_score(kind: Kind, header: Sequence[str], samples: Samples) -> float:
    mapping = guess(kind.name, header, samples)
    named = [text for text in header if text and text.strip()]
    if not named:
        return 0.0
    told = sum(mapping.confidence[field] * len(mapping.columns[field]) for field in mapping.columns)
    squashed = " ".join(squash(text) for text in named)
    signs = sum(squash(sign) in squashed for sign in kind.signs)
    score = 0.75 * min(told / len(named), 1.0) + 0.25 * min(signs, 3) / 3
    if mapping.unmet():
        # what a stated tax rate would complete is nearly whole
        score *= 0.25 if mapping.unmet(rate_given=True) else 0.8
    return round(score, 3)


def _columns_of(samples: Samples, width: int) -> list[list[str]]:
    """The filled sample cells of each column."""
    filled: list[list[str]] = [[] for _ in range(width)]
    for row in samples:
        for index, cell in enumerate(row[:width]):
            if cell is not None and not _BLANK_LOOK.fullmatch(str(cell)):
                filled[index].append(str(cell))
    return filled


def _candidates(kind: str, header: Sequence[str], cells: list[list[str]]) -> Iterator[_Candidate]:
    for index, text in enumerate(header):
        read = heading(text or "")
        said = tuple(name[:_LONGEST] for name in read.names)
        for field in _LOOKUP[kind]:
            score, why = _likeness(kind, field, said)
            if score == 0:
                continue
            target = _BY_TAX.get((kind, field, read.tax), field)
            if read.tax and target in ("amount", "net_amount", "price") and read.tax == "net":
                score = min(1.0, score + 0.05)
            score *= _plausible(KINDS[kind].field(target).type, cells[index])
            yield _Candidate(target, index, score, why)


# the same headers come again: of one file for each kind that it may be, and from the same source each month
@lru_cache(maxsize=20_000)
def _likeness(kind: str, field: str, said: tuple[str, ...]) -> tuple[float, str]:
    """1 … .85 for a known name by its rank, less where the header was stripped; .75 or below if alike."""
    names = _LOOKUP[kind][field]
    for stripped, name in enumerate(said):
        if name in names:
            return 1.0 - 0.15 * names[name] / len(names) - 0.02 * stripped, "name"
    best = max((_fuzzy(name, known) for name in said for known in names), default=0.0)
    return (best, "alike") if best else (0.0, "")


def _fuzzy(name: str, known: str) -> float:
    """How much of the header a known name covers at its end (or, for long Latin names, its beginning)."""
    if len(known) < (2 if not known.isascii() else 4):
        return 0.0
    covered = len(known) / len(name)
    if name.endswith(known) and covered >= _COVERED:
        return 0.4 + 0.35 * covered
    if name.startswith(known) and covered >= 0.6:
        return 0.35 + 0.3 * covered
    return 0.0


def _plausible(type_: str, cells: list[str]) -> float:
    """A factor: 1 where the samples look like the type, small where they do not.

    Not so small that a column of the very name is dropped: then its cells are refused, and say why.
    """
    if not cells:
        return 1.0
    if type_ == "day":
        return 1.0 if _share(_DAY_LOOK, cells) >= 0.5 else 0.5
    if type_ in ("amount", "price", "quantity", "share"):
        looks = _share(_NUMBER_LOOK, cells) >= 0.5 and _share(_ISO_LOOK, cells) < 0.5
        return 1.0 if looks else 0.5
    return 0.5 if _share(_ISO_LOOK, cells) >= 0.5 else 1.0


def _share(pattern: re.Pattern[str], cells: list[str]) -> float:
    return sum(bool(pattern.fullmatch(cell)) for cell in cells) / len(cells)


def _with_region(mapping: Mapping, taken: set[int]) -> Mapping:
    """Accounts: the columns of a place, joined from the large to the small."""
    if mapping.kind != "accounts":
        return mapping
    parts: list[tuple[int, int]] = []
    for index, text in enumerate(mapping.header):
        read = heading(text or "")
        for size, names in enumerate(_REGION_LOOKUP):
            if index not in taken and any(name in names for name in read.names):
                parts.append((size, index))
                taken.add(index)
    if not parts:
        return mapping
    region = tuple(index for _, index in sorted(parts))
    return mapping.with_field("region", region, confidence=0.9, why="name")


def _settled(mapping: Mapping) -> Mapping:
    """What only the whole header tells: a plain 金额 beside 税额 on an invoice is the net amount."""
    columns = mapping.columns
    if mapping.kind != "invoices" or "net_amount" in columns or not {"tax", "tax_rate"} & set(columns):
        return mapping
    plain = [index for index in _plain_money(mapping) if (index,) not in columns.values()]
    if "amount" in columns and columns["amount"][0] in _plain_money(mapping):
        plain = [columns["amount"][0]]
        mapping = mapping.without("amount")
    if not plain:
        return mapping
    return mapping.with_field("net_amount", (plain[0],), confidence=0.8, why="beside_tax")


def _plain_money(mapping: Mapping) -> list[int]:
    """Columns headed just 金额 or Amount: neither net nor gross, nor an invoice's total by name."""
    plain = []
    for index, text in enumerate(mapping.header):
        read = heading(text or "")
        is_money = any(name in _LOOKUP["orders"]["amount"] for name in read.names)
        if is_money and not read.tax and not _is_invoice_total(text):
            plain.append(index)
    return plain


def _is_invoice_total(text: str) -> bool:
    return any(name in _INVOICE_TOTALS for name in heading(text).names)


def _lookup(names: dict[str, tuple[str, ...]]) -> dict[str, dict[str, int]]:
    return {
        field: {squash(name): rank for rank, name in reversed(list(enumerate(known)))}
        for field, known in names.items()
    }


_LOOKUP = {kind: _lookup(names) for kind, names in NAMES.items()}
# no known name covers enough of a header that is longer
_LONGEST = (
    int(
        max(len(name) for fields in _LOOKUP.values() for names in fields.values() for name in names)
        / _COVERED
    )
    + 1
)
_REGION_LOOKUP = [{squash(name) for name in part} for part in REGION_PARTS]
_INVOICE_TOTALS = {squash(name) for name in ("发票金额", "开票金额", "应收金额", "InvoiceTotal", "AmountDue")}
