"""The method packs: which version is in force, who published it, what it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache

from procrastinate.contrib.django.models import ProcrastinateJob

from changqing.base.pack_edit import Number, numbers
from changqing.base.packs import Method, parse
from changqing.contacts.rules import ContactMethod
from changqing.dossier.rules.facts import ArchiveMethod
from changqing.ledger.dues import PACKS as OF_LEDGER
from changqing.ledger.self_told import PACKS as OF_BOOK
from changqing.people.permissions import Principal, check_may, may
from changqing.records.queries import MethodVersion, method_in_force, method_versions, publishers
from changqing.retention.queries import PACKS as OF_WARNINGS
from changqing.value.queries.methods import PACKS as OF_VALUE

# Every pack of this house that a person may read and change.
PACKS: dict[str, type[Method]] = {
    **OF_LEDGER,
    **OF_BOOK,
    **OF_VALUE,
    **OF_WARNINGS,
    "archive": ArchiveMethod,
    "contacts": ContactMethod,
}


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
    versions: list[Version]
    may_change: bool

    @cached_property
    def numbers(self) -> list[Number]:
        return numbers(self.text)

    @cached_property
    def is_followed(self) -> bool:
        """Whether the accounts follow the version in force; not while the queue is at it."""
        jobs = ProcrastinateJob.objects.filter(task_name="book:follow_method", args__pack=self.name)
        return not jobs.filter(status__in=["todo", "doing"]).exists()


def packs(to: Principal) -> list[PackPage]:
    """Every pack, by name."""
    return _pages(to, *PACKS)


def pack_page(to: Principal, name: str) -> PackPage:
    """The pack ``name``; KeyError when there is none."""
    return _pages(to, name)[0]


def _pages(to: Principal, *names: str) -> list[PackPage]:
    check_may(to, "read methods")
    if unknown := [name for name in names if name not in PACKS]:
        raise KeyError(unknown[0])
    versions, who = method_versions(*names), publishers(*names)
    return [_page(to, name, versions[name], who[name]) for name in names]


@lru_cache(maxsize=32)
def _method(name: str, version: int, text: str) -> Method:
    return parse(name, text, PACKS[name], version=version).method


def _page(to: Principal, name: str, versions: list[MethodVersion], who: Mapping[int, str]) -> PackPage:
    row = method_in_force(name)
    return PackPage(
        name=name,
        method=_method(name, row.version, row.text),
        text=row.text,
        version=row.version,
        versions=[
            Version(
                number=each.version,
                made_at=each.made_at,
                who=who.get(each.version, ""),
                because=each.because,
                in_force=each.in_force,
                is_shipped=each.version not in who,
            )
            for each in versions
        ],
        may_change=may(to, "change methods"),
    )
