"""The people at the customers of the demo: who holds which post since when, and who has left."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from pypinyin import lazy_pinyin

from changqing.base.days import months_back
from changqing.demo.customers import CUSTOMERS, Customer
from changqing.demo.staff import GIVEN, POSTS, SURNAMES
from changqing.demo.trade import Span

# At the account that cools, the deputy in charge went, and nobody of ours has met the new one.
LOST_ITS_DEPUTY = "K1001"
DEPUTY = 2
KEPT_YEARS = 3


@dataclass(frozen=True)
class Post:
    """One person's post at one account; ``until`` is the day they left it."""

    account: str
    name: str
    title: str
    department: str
    email: str
    phone: str
    since: date
    until: date | None

    @property
    def retain_until(self) -> date:
        """Work data are kept three years after a post ended, or are looked at again after five."""
        if self.until:
            return months_back(self.until, -12 * KEPT_YEARS)
        return months_back(self.since, -12 * 20)


def posts(rng: np.random.Generator, span: Span) -> list[Post]:
    """Everybody's post, each name once."""
    names = _names(rng)
    return [
        post
        for customer in CUSTOMERS
        for place in range(customer.people)
        for post in _held(rng, span, (customer, place), names)
    ]


def _names(rng: np.random.Generator) -> Iterator[str]:
    pairs = [surname + given for surname in SURNAMES for given in GIVEN]
    return iter([pairs[place] for place in rng.permutation(len(pairs))])


def _held(
    rng: np.random.Generator, span: Span, at: tuple[Customer, int], names: Iterator[str]
) -> Iterator[Post]:
    """One post's holder, after a predecessor in one large account's post out of seven."""
    customer, place = at
    since = span.first - timedelta(days=int(rng.integers(30, 900)))
    changed = customer.people >= 3 and rng.random() < 1 / 7
    days_ago = int(rng.integers(70, 1200))
    if (customer.key, place) == (LOST_ITS_DEPUTY, DEPUTY):
        changed, days_ago = True, 41
    if changed:
        left = span.last - timedelta(days=days_ago)
        yield _post(rng, at, next(names), (since, left))
        since = left + timedelta(days=30)
    yield _post(rng, at, next(names), (since, None))


def _post(
    rng: np.random.Generator, at: tuple[Customer, int], name: str, term: tuple[date, date | None]
) -> Post:
    customer, place = at
    department, title = POSTS[place]
    mailbox = "".join(lazy_pinyin(name))
    # Numbers that no exchange gives out, at a domain that cannot be registered.
    phone = f"0000-5550{int(rng.integers(0, 10_000)):04d}"
    return Post(
        customer.key, name, title, department, f"{mailbox}@{customer.slug}.example", phone, term[0], term[1]
    )
