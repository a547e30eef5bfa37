"""Books to test on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test.utils import override_settings

from changqing.accounts.seen import SEEN
from changqing.base.packs import load, shipped
from changqing.journeys.prepare_book import SHIPPED
from changqing.people.permissions import Operator, operator
from changqing.records.actions import ship_method
from changqing.value.queries.places import ORDERS
from changqing.value.queries.views import VIEWS
from told_once import ToldOnce


@pytest.fixture(scope="session", autouse=True)
def assets_from_the_source() -> Iterator[None]:
    """Static files straight from the source folder, without collecting them first. Not for browsers alone:
    what a process keeps of a page bears the addresses that whoever asked first was given."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(
        STORAGES=settings.STORAGES | {"staticfiles": plain},
        WHITENOISE_AUTOREFRESH=True,
        WHITENOISE_USE_FINDERS=True,
    ):
        yield


@pytest.fixture
def by() -> Operator:
    """The operator of the machine."""
    return operator(because="a test")


def ship_methods() -> None:
    for name, model in SHIPPED.items():
        ship_method(pack=name, text=shipped(name), digest=load(name, model).digest)


@pytest.fixture
def book(db: None, told_once: ToldOnce) -> None:
    """An empty book with the shipped methods in force."""
    told_once(ship_methods)
    # rows put back bear the numbers they bore in the test before, by which a process remembers views of them
    for kept in (SEEN, VIEWS, ORDERS):
        kept._found.clear()
