"""Books to test on."""

from __future__ import annotations

import pytest

from changqing.base.packs import load, shipped
from changqing.journeys.prepare_book import SHIPPED
from changqing.people.permissions import Operator, operator
from changqing.records.actions import ship_method


@pytest.fixture
def by() -> Operator:
    """The operator of the machine."""
    return operator(because="a test")


@pytest.fixture
def book(db: None) -> None:
    """An empty book with the shipped methods in force."""
    for name, model in SHIPPED.items():
        ship_method(pack=name, text=shipped(name), digest=load(name, model).digest)
