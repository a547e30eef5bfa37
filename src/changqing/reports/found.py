"""What a few typed words may mean: accounts and persons that the reader may see."""

from __future__ import annotations

from dataclasses import dataclass

from changqing.accounts.queries import Account, Part, accounts, reads_anywhere, searched
from changqing.contacts.queries import Person, persons
from changqing.people.permissions import Principal

ACCOUNTS, PERSONS = 8, 5


@dataclass(frozen=True)
class Found:
    accounts: list[Account]
    persons: list[Person]


def found(to: Principal, words: str) -> Found:
    """The first accounts and persons whose name, pinyin, initials or key hold every one of ``words``."""
    if not words.strip():
        return Found([], [])
    rows = searched(accounts(to), words).filter(archived_at=None).order_by("pinyin", "pk")
    people: list[Person] = []
    if reads_anywhere(to, Part.NAMES):
        named = persons(to)
        for word in words.lower().split():
            named = named.filter(search__contains=word)
        people = list(named.order_by("pinyin", "pk")[:PERSONS])
    return Found(list(rows[:ACCOUNTS]), people)
