"""Books to test on."""

from __future__ import annotations

import pytest

from changqing.base.packs import load, shipped
<<<<<<< HEAD
from changqing.journeys.prepare_book import SHIPPED
=======
from changqing.journeys.prepare_book import PACKS
>>>>>>> ab5cf95 (Test on the packs that a book is made ready with)
from changqing.people.permissions import Operator, operator
from changqing.records.actions import ship_method


@pytest.fixture
def by() -> Operator:
    """The operator of the machine."""
    return operator(because="a test")


@pytest.fixture
def book(db: None) -> None:
    """An empty book with the shipped methods in force."""
<<<<<<< HEAD
    for name, model in SHIPPED.items():
=======
    for name, model in PACKS.items():
>>>>>>> ab5cf95 (Test on the packs that a book is made ready with)
        ship_method(pack=name, text=shipped(name), digest=load(name, model).digest)
