"""The methods and the fit in force, read once and kept while they stand."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings

from changqing.base.packs import Method, Pack, parse
from changqing.records.queries import method_in_force
from changqing.value.models import BookFit
from changqing.value.rules.concentration import ConcentrationMethod
from changqing.value.rules.fits import Fitted
from changqing.value.rules.schemes import TiersMethod
from changqing.value.rules.score import Methods
from changqing.value.rules.worth_method import WorthMethod

# The packs that this room judges by.
PACKS: dict[str, type[Method]] = {
    "concentration": ConcentrationMethod,
    "tiers": TiersMethod,
    "worth": WorthMethod,
}


@lru_cache(maxsize=16)
def tiers_pack(version: int, text: str) -> Pack[TiersMethod]:
    return parse("tiers", text, TiersMethod, version=version)


@lru_cache(maxsize=16)
def worth_pack(version: int, text: str) -> Pack[WorthMethod]:
    return parse("worth", text, WorthMethod, version=version)


def methods_in_force() -> Methods:
    tiers, worth = method_in_force("tiers"), method_in_force("worth")
    return Methods(
        tiers=tiers_pack(tiers.version, tiers.text).method,
        worth=worth_pack(worth.version, worth.text).method,
        currency=settings.BOOK_CURRENCY,
    )


def fit_in_force() -> BookFit | None:
    return BookFit.objects.filter(in_force=True).first()


def fitted_of(fit: BookFit) -> Fitted:
    return Fitted.of_json(fit.parameters)
