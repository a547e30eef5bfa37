"""What is dear to work out over the accounts that somebody may see, kept while those are the same accounts.

The database itself notes every change of who sees an account and of what accounts are told apart by, whoever
makes it (``AccountStamp``). By the newest note and the reader's rule a process knows that what it worked out
is of now, without going through the accounts again.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from django.db import connection

from changqing.accounts.models import AccountStamp
from changqing.accounts.rights import rule_for
from changqing.base.kept import Kept
from changqing.base.once import once
from changqing.people.models import User
from changqing.people.permissions import Part, Principal

Found = TypeVar("Found")
# Counts and names: a few kilobytes each.
SEEN = Kept[Any](most=2_000, name="seen")


@once
def newest_stamp() -> Hashable:
    """Another one after every change of ``NOTED`` that was committed, and of those of this transaction."""
    # two that write at once do not commit in the order of their numbers, and old ones go: of as many rows the
    # sum is another one
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*), sum(id) FROM {AccountStamp._meta.db_table}")  # noqa: S608
        told: Hashable = cursor.fetchone()
    return told


def kept_of(
    to: Principal, name: str, make: Callable[[], Found], *asked: Hashable, parts: tuple[Part, ...] = ()
) -> Found:
    """``make()``, or what it said before of the same accounts as ``to`` may see them.

    It may depend on ``asked``, on who sees ``parts`` of which account, and on the columns that are ``NOTED``;
    on no others. Work without a person keeps nothing.
    """
    if not isinstance(to, User):
        return make()
    rules = tuple(rule_for(to, part) for part in parts or (Part.BASIC,))
    found: Found = SEEN.get((name, asked, rules, newest_stamp()), make)
    return found
