"""Books to test on."""

from __future__ import annotations

import pytest

from changqing.base.packs import load, shipped
from changqing.people.permissions import Operator, operator
from changqing.records.actions import ship_method
from changqing.retention.queries import PACKS as OF_WARNINGS
from changqing.value.queries.methods import PACKS as OF_VALUE


@pytest.fixture
def by() -> Operator:
    """The operator of the machine."""
    return operator(because="a test")


@pytest.fixture
def book(db: None) -> None:
    """An empty book with the shipped methods in force."""
    for name, model in (OF_VALUE | OF_WARNINGS).items():
        ship_method(pack=name, text=shipped(name), digest=load(name, model).digest)
