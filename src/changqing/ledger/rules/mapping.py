"""A mapping: field → columns, tied to a header, saved by the header's text."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from collections.abc import Mapping as Dict
from dataclasses import dataclass, field, replace
from typing import Any

from changqing.base.refused import Refused
from changqing.ledger.rules.headers import heading, squash
from changqing.ledger.rules.kinds import KINDS, Kind, Need
from changqing.ledger.rules.wording import unknown_column_sentence, unknown_field_sentence


@dataclass(frozen=True, slots=True)
class Mapping:
    """Which columns say which field. ``confidence`` 0–1 and ``why`` (name, alike, given …) per field."""

    kind: str
    header: tuple[str, ...]
    columns: dict[str, tuple[int, ...]]
    confidence: dict[str, float] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)

    def __contains__(self, name: str) -> bool:
        return name in self.columns

    @property
    def of(self) -> Kind:
        return KINDS[self.kind]

    def column(self, name: str) -> int:
        """The index of the field's first column; KeyError when unmapped."""
        return self.columns[name][0]

    def heading(self, name: str) -> str:
        """The header text of the field's first column."""
        return self.header[self.column(name)]

    def exponent(self, name: str) -> int:
        """Cells of this field count in units of ten to this power (万元 → 4)."""
        return heading(self.heading(name)).exponent

    def currency(self, name: str) -> str:
        """The currency its header names, or nothing."""
        return heading(self.heading(name)).currency

    def unmet(self, *, rate_given: bool = False) -> tuple[Need, ...]:
        """What a row of this kind must say and no mapped column says.

        ``rate_given``: the reader stated a tax rate for the whole file.
        """
        known = set(self.columns) | ({"tax_rate"} if rate_given else set())
        return tuple(need for need in self.of.needs if not any(known.issuperset(way) for way in need.ways))

    def with_field(self, name: str, columns: tuple[int, ...], *, confidence: float, why: str) -> Mapping:
        return replace(
            self,
            columns={**self.columns, name: columns},
            confidence={**self.confidence, name: confidence},
            why={**self.why, name: why},
        )

    def only(self, names: Collection[str]) -> Mapping:
        """The mapping of these fields alone."""
        return replace(self, columns={name: at for name, at in self.columns.items() if name in names})

    def without(self, name: str) -> Mapping:
        def rest(of: Dict[str, Any]) -> dict[str, Any]:
            return {key: value for key, value in of.items() if key != name}

        return replace(self, columns=rest(self.columns), confidence=rest(self.confidence), why=rest(self.why))

    def as_json(self) -> dict[str, Any]:
        """By header text, so that it survives reordered columns; ``nth`` tells equal headers apart."""
        return {
            "kind": self.kind,
            "columns": {
                name: [{"header": self.header[i], "nth": self._nth(i)} for i in indexes]
                for name, indexes in self.columns.items()
            },
        }

    def _nth(self, index: int) -> int:
        return [i for i, text in enumerate(self.header) if text == self.header[index]].index(index)


def from_json(saved: Dict[str, Any], header: Sequence[str]) -> Mapping:
    """The mapping that ``saved`` means under this header; Refused when a column or a field is not there.

    Also takes what a person types: ``{"kind": "accounts", "columns": {"name": "Shop", "region": ["City"]}}``.
    """
    kind = str(saved["kind"])
    columns: dict[str, tuple[int, ...]] = {}
    for name, wanted in saved["columns"].items():
        if name not in KINDS[kind].names:
            raise Refused(unknown_field_sentence(name, kind), field=name)
        asked = wanted if isinstance(wanted, list) else [wanted]
        columns[name] = tuple(_index(header, name, item) for item in asked)
    given = dict.fromkeys(columns, 1.0)
    return Mapping(kind, tuple(header), columns, given, dict.fromkeys(columns, "given"))


def overridden(guessed: Mapping, given: Mapping) -> Mapping:
    """The guess, with what a person gave laid over it; fields that had guessed a given column let it go."""
    taken = {index for indexes in given.columns.values() for index in indexes}
    result = guessed
    for name, indexes in guessed.columns.items():
        if name in given.columns or taken.intersection(indexes):
            result = result.without(name)
    for name, indexes in given.columns.items():
        result = result.with_field(name, indexes, confidence=1.0, why="given")
    return result


def _index(header: Sequence[str], name: str, item: Any) -> int:
    text, nth = (item["header"], int(item.get("nth", 0))) if isinstance(item, dict) else (str(item), 0)
    exact = [i for i, seen in enumerate(header) if seen == text]
    alike = exact or [i for i, seen in enumerate(header) if squash(seen) == squash(text)]
    if nth >= len(alike):
        raise Refused(unknown_column_sentence(name, text, header), field=name)
    return alike[nth]
