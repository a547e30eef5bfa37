"""Every unit is charged, settled, open or left over, whatever came and in whatever order it is told."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from changqing.engine.computable import NotComputable
from changqing.engine.receivables import Settled, allocate, bucket_of, days_outstanding, matched

Rows = list[tuple[int, int]]
side = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 50)), max_size=12)


def links(found: Settled) -> list[tuple[int, int, int]]:
    return sorted(zip(found.charge.tolist(), found.credit.tolist(), found.amount.tolist(), strict=True))


def columns(rows: Rows) -> tuple[np.ndarray, np.ndarray]:
    return np.array([row[0] for row in rows], np.int64), np.array([row[1] for row in rows], np.int64)


def by_hand(
    charges: Rows, credits: Rows, named: list[int]
) -> tuple[list[tuple[int, int, int]], list[int], list[int]]:
    """As a book-keeper does it: credit after credit, first what it names, then the oldest."""
    owed, left = [amount for _group, amount in charges], [amount for _group, amount in credits]
    told: dict[tuple[int, int], int] = {}

    def pay(charge: int, credit: int) -> None:
        amount = min(owed[charge], left[credit])
        if amount:
            owed[charge] -= amount
            left[credit] -= amount
            told[charge, credit] = told.get((charge, credit), 0) + amount

    for credit, charge in enumerate(named):
        if charge >= 0:
            pay(charge, credit)
    for credit, (group, _amount) in enumerate(credits):
        for charge, (owner, _owed) in enumerate(charges):
            if owner == group:
                pay(charge, credit)
    return sorted((*pair, amount) for pair, amount in told.items()), owed, left


def test_named_first_then_the_oldest() -> None:
    """Three invoices of 1,000, 500 and 800; 600 names the second, then 900 names none.

    The 600 pays the second (500) and 100 of the first; the 900 pays the other 900 of the first.
    """
    found = allocate([7, 7, 7], [1000, 500, 800], [7, 7], [600, 900], refers_to=[1, -1])
    assert links(found) == [(0, 0, 100), (0, 1, 900), (1, 0, 500)]
    assert found.open.tolist() == [0, 0, 800]
    assert found.left.tolist() == [0, 0]


def test_what_is_left_over_is_kept_and_another_groups_charges_stay() -> None:
    found = allocate([1, 2], [100, 40], [1], [130], refers_to=[-1])
    assert (links(found), found.open.tolist(), found.left.tolist()) == ([(0, 0, 100)], [0, 40], [30])


@pytest.mark.parametrize(("charges", "credits"), [([], []), ([(0, 5)], []), ([], [(0, 5)])])
def test_one_side_may_be_empty(charges: Rows, credits: Rows) -> None:
    found = matched(*columns(charges), *columns(credits))
    assert links(found) == []
    assert found.open.tolist() == [amount for _group, amount in charges]
    assert found.left.tolist() == [amount for _group, amount in credits]


@settings(max_examples=300, deadline=None)
@given(st.data(), side, side)
def test_it_is_what_a_book_keeper_does(data: st.DataObject, charges: Rows, credits: Rows) -> None:
    named = []
    for group, _amount in credits:
        own = [at for at, (owner, _owed) in enumerate(charges) if owner == group]
        named.append(data.draw(st.sampled_from([-1, *own])))
    found = allocate(*columns(charges), *columns(credits), refers_to=np.array(named, np.int64))
    summed: dict[tuple[int, int], int] = {}
    for charge, credit, amount in links(found):
        summed[charge, credit] = summed.get((charge, credit), 0) + amount
    expected, owed, left = by_hand(charges, credits, named)
    assert sorted((*pair, amount) for pair, amount in summed.items()) == expected
    assert (found.open.tolist(), found.left.tolist()) == (owed, left)
    # conservation, to the unit
    assert sum(amount for _g, amount in charges) == found.amount.sum() + found.open.sum()
    assert sum(amount for _g, amount in credits) == found.amount.sum() + found.left.sum()


@settings(max_examples=100, deadline=None)
@given(side, side, st.randoms())
def test_the_order_in_which_accounts_are_told_does_not_matter(
    charges: Rows, credits: Rows, shuffled: object
) -> None:
    """Accounts come in any order; each account's own rows stay oldest first."""
    groups = list(range(4))
    shuffled.shuffle(groups)  # type: ignore[attr-defined]
    rank = {group: at for at, group in enumerate(groups)}

    def moved(rows: Rows) -> list[int]:
        return sorted(range(len(rows)), key=lambda at: rank[rows[at][0]])

    first, second = moved(charges), moved(credits)
    plain = matched(*columns(charges), *columns(credits))
    other = matched(*columns([charges[at] for at in first]), *columns([credits[at] for at in second]))
    told = sorted((first[a], second[b], c) for a, b, c in links(other))
    assert told == links(plain)
    assert [int(other.open[first.index(at)]) for at in range(len(charges))] == plain.open.tolist()


def test_a_hundred_thousand_accounts_at_once() -> None:
    """A million charges and as many credits in a few seconds, and not a unit is lost."""
    rng = np.random.default_rng(3)
    owner, owed = rng.integers(0, 100_000, 300_000), rng.integers(0, 10**9, 300_000)
    payer, paid = rng.integers(0, 100_000, 300_000), rng.integers(0, 10**9, 300_000)
    found = matched(owner, owed, payer, paid)
    assert owed.sum() == found.amount.sum() + found.open.sum()
    assert paid.sum() == found.amount.sum() + found.left.sum()
    open_of = np.bincount(owner, found.open, 100_000)
    left_of = np.bincount(payer, found.left, 100_000)
    # nobody owes while money of theirs lies unused
    assert not ((open_of > 0) & (left_of > 0)).any()


def test_nothing_loops_over_accounts() -> None:
    text = (Path(__file__).parent / "receivables.py").read_text(encoding="utf-8")
    assert re.findall(r"^\s*(?:for|while) ", text, re.M) == []


@pytest.mark.parametrize(
    ("code", "charges", "credits", "named"),
    [
        ("negative_value", ([0], [-1]), ([0], [1]), [-1]),
        ("unequal_lengths", ([0, 1], [1]), ([0], [1]), [-1]),
        ("unequal_lengths", ([0], [1]), ([0], [1]), [-1, -1]),
        ("inconsistent", ([0], [1.5]), ([0], [1]), [-1]),
        ("inconsistent", ([0], [1]), ([0], [1]), [4]),
        ("inconsistent", ([0], [1]), ([1], [1]), [0]),
        ("out_of_range", ([0, 0], [sys.maxsize, sys.maxsize]), ([0], [1]), [-1]),
    ],
)
def test_what_cannot_be_told_is_refused(
    code: str, charges: tuple[list[int], list[int]], credits: tuple[list[int], list[int]], named: list[int]
) -> None:
    with pytest.raises(NotComputable) as refused:
        allocate(*charges, *credits, refers_to=named)
    assert refused.value.code == code


def test_ages_fall_into_their_buckets() -> None:
    assert bucket_of([-1, 0, 1, 30, 31, 60, 61, 90, 91], [0, 30, 60, 90]).tolist() == [
        0,
        0,
        1,
        1,
        2,
        2,
        3,
        3,
        4,
    ]
    with pytest.raises(NotComputable):
        bucket_of([1], [30, 0])


def test_days_outstanding_by_hand() -> None:
    """180 owed of 720 charged in a year is a quarter of a year: 91.25 days; unknown without charges."""
    found = days_outstanding([180, 10], [720, 0], days=365)
    assert found[0] == 91.25
    assert np.isnan(found[1])
