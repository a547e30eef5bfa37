"""The method packs: which version is in force, who published it, what it says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from changqing.base.pack_edit import Number, numbers
from changqing.base.packs import Method, parse
from changqing.people.permissions import Principal, check_may, may
from changqing.records.queries import method_in_force, method_versions, publishers
from changqing.value.queries.methods import PACKS


@dataclass(frozen=True)
class Version:
    number: int
    made_at: datetime
    who: str
    because: str
    in_force: bool
    is_shipped: bool


@dataclass(frozen=True, kw_only=True)
class PackPage:
    """One pack as it is in force; ``numbers`` are those a person may change one by one."""

    name: str
    method: Method
    text: str
    version: int
    numbers: list[Number]
    versions: list[Version]
    may_change: bool


def packs(to: Principal) -> list[PackPage]:
    """Every pack, by name."""
    return [pack_page(to, name) for name in PACKS]


def pack_page(to: Principal, name: str) -> PackPage:
    """The pack ``name``; KeyError when there is none."""
    check_may(to, "read methods")
    model, row, who = PACKS[name], method_in_force(name), publishers(name)
    return PackPage(
        name=name,
        method=parse(name, row.text, model, version=row.version).method,
        text=row.text,
        version=row.version,
        numbers=numbers(row.text),
        versions=[
            Version(
                number=each.version,
                made_at=each.made_at,
                who=who.get(each.version, ""),
                because=each.because,
                in_force=each.in_force,
                is_shipped=each.version not in who,
            )
            for each in method_versions(name)
        ],
        may_change=may(to, "change methods"),
    )
