"""The method packs: which version is in force, who published it, what it says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from procrastinate.contrib.django.models import ProcrastinateJob

from changqing.base.pack_edit import Number, numbers
from changqing.base.packs import Method, parse
from changqing.contacts.rules import ContactMethod
from changqing.dossier.rules.facts import ArchiveMethod
from changqing.ledger.dues import PACKS as OF_LEDGER
from changqing.ledger.self_told import PACKS as OF_BOOK
from changqing.people.permissions import Principal, check_may, may
from changqing.records.queries import method_in_force, method_versions, publishers
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
    numbers: list[Number]
    versions: list[Version]
    may_change: bool
    is_followed: bool = True


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
        is_followed=not _is_on_its_way(name),
    )


def _is_on_its_way(pack: str) -> bool:
    """Whether the accounts do not yet follow the version in force: the queue is at it."""
    jobs = ProcrastinateJob.objects.filter(task_name="book:follow_method", args__pack=pack)
    return jobs.filter(status__in=["todo", "doing"]).exists()
