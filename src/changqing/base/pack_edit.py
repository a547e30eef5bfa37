"""The numbers of a pack's text, to be changed one by one without touching its prose."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from django.utils.translation import get_language

KEYS = ("value", "share", "from", "below", "staff")
NUMBER = re.compile(rf"\b({'|'.join(KEYS)})(\s*=\s*)(-?\d[\d_]*(?:\.\d+)?)(?=\s*(?:[,}}\]#]|$))", re.M)
NAME = re.compile(r'name\s*=\s*\{\s*zh\s*=\s*"([^"]*)"\s*,\s*en\s*=\s*"([^"]*)"')
FACT = re.compile(r'fact\s*=\s*"([a-z_0-9]+)"[^{}]*$')


@dataclass(frozen=True)
class Number:
    """One number of a pack: ``at`` counts from 0 through the text, ``group`` is the scheme it is in."""

    at: int
    group: str
    label: str
    key: str
    fact: str
    written: str


def numbers(text: str) -> list[Number]:
    """The numbers that may be changed, in order; test vectors are not among them."""
    return [number for number, _start, _end in _found(text)]


def with_numbers(text: str, changes: Mapping[int, str]) -> str:
    """``text`` with the numbers at these places replaced; what is no number stays, for the pack to refuse."""
    parts, last = [], 0
    for number, start, end in _found(text):
        if number.at in changes:
            parts += [text[last:start], _plain(changes[number.at], number.written)]
            last = end
    return "".join([*parts, text[last:]])


def _plain(given: str, before: str) -> str:
    try:
        number = Decimal(given.strip().replace("−", "-").replace(",", ""))
    except InvalidOperation:
        return before
    return f"{number:f}" if number.is_finite() else before


def _found(text: str) -> Iterator[tuple[Number, int, int]]:
    at, group, offset = 0, "", 0
    blocks = re.split(r"(?m)^(?=\[)", text)
    for block in blocks:
        if block.startswith("[[vectors]]"):
            return
        name = _named(block)
        if block.startswith("[[schemes]]"):
            group = name
        for match in NUMBER.finditer(block):
            if "#" in block[block.rfind("\n", 0, match.start()) + 1 : match.start()]:
                continue
            line = block[block.rfind("\n", 0, match.start()) + 1 :].split("\n", 1)[0]
            fact = FACT.search(block[: match.start()].rsplit("\n", 1)[-1])
            own = _named(line) or name
            start = offset + match.start(3)
            yield (
                Number(at, group, own, match[1], fact[1] if fact else "", match[3]),
                start,
                offset + match.end(3),
            )
            at += 1
        offset += len(block)


def _named(text: str) -> str:
    found = NAME.search(text)
    if not found:
        return ""
    return found[2] if (get_language() or "zh").startswith("en") else found[1]
