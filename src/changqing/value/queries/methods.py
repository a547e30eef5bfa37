"""The methods and the fit in force, read once and kept while they stand."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from django.conf import settings

from changqing.base.kept import Kept
from changqing.base.once import once
from changqing.base.packs import Method, Pack, parse
from changqing.records.queries import MethodVersion, methods_counting
from changqing.value.models import BookFit
from changqing.value.rules.approach import ApproachMethod
from changqing.value.rules.concentration import ConcentrationMethod
from changqing.value.rules.fits import Fitted
from changqing.value.rules.growth import GrowthMethod
from changqing.value.rules.schemes import TiersMethod
from changqing.value.rules.score import Methods
from changqing.value.rules.worth_method import WorthMethod

# The packs that this room judges by.
PACKS: dict[str, type[Method]] = {
    "concentration": ConcentrationMethod,
    "tiers": TiersMethod,
    "worth": WorthMethod,
    "approach": ApproachMethod,
    "growth": GrowthMethod,
}

MONTH_OF_FIT = 31
GROWN = 1.25
# A book of more accounts is fitted and scored in a transaction after the import's: its ranks need not wait.
MOST_JUDGED_AT_ONCE = 20_000


@lru_cache(maxsize=16)
def concentration_pack(version: int, text: str) -> Pack[ConcentrationMethod]:
    return parse("concentration", text, ConcentrationMethod, version=version)


@lru_cache(maxsize=16)
def tiers_pack(version: int, text: str) -> Pack[TiersMethod]:
    return parse("tiers", text, TiersMethod, version=version)


@lru_cache(maxsize=16)
def worth_pack(version: int, text: str) -> Pack[WorthMethod]:
    return parse("worth", text, WorthMethod, version=version)


@lru_cache(maxsize=16)
def _approach(version: int, text: str) -> Pack[ApproachMethod]:
    return parse("approach", text, ApproachMethod, version=version)


@lru_cache(maxsize=16)
def _growth(version: int, text: str) -> Pack[GrowthMethod]:
    return parse("growth", text, GrowthMethod, version=version)


def approach_pack() -> Pack[ApproachMethod]:
    """How to go about accounts, as it is in force."""
    row = methods_counting(*PACKS)["approach"]
    return _approach(row.version, row.text)


def growth_pack() -> Pack[GrowthMethod]:
    """Streams, claims and thresholds of growth, as they are in force."""
    row = methods_counting(*PACKS)["growth"]
    return _growth(row.version, row.text)


def methods_in_force() -> Methods:
    rows = methods_counting(*PACKS)
    tiers, worth = rows["tiers"], rows["worth"]
    return Methods(
        tiers=tiers_pack(tiers.version, tiers.text).method,
        worth=worth_pack(worth.version, worth.text).method,
        currency=settings.BOOK_CURRENCY,
        digests=(tiers.digest, worth.digest),
    )


def tiers_of(version: MethodVersion) -> TiersMethod:
    """What ``version`` says; most often it is the one in force, whose text is not read again."""
    counting = methods_counting("tiers").get("tiers")
    same = counting if counting is not None and counting.pk == version.pk else version
    return tiers_pack(same.version, same.text).method


@once
def fit_in_force() -> BookFit | None:
    return BookFit.objects.filter(in_force=True).first()


def needs_a_fit(*, accounts: int, last: date | None) -> bool:
    """Whether the fit in force is missing, of another age, or of a book that has grown since."""
    fit = fit_in_force()
    if last is None:
        return False
    if fit is None:
        return True
    return accounts > GROWN * fit.accounts or not 0 <= (last - fit.as_of).days <= 3 * MONTH_OF_FIT


def is_judged_later(*, accounts: int, last: date | None) -> bool:
    """Whether a book of ``accounts`` that bought has been ranked, and its new fit and scores are to come."""
    return accounts > MOST_JUDGED_AT_ONCE and needs_a_fit(accounts=accounts, last=last)


# A fit never changes, and all accounts are judged by the same one.
FITTED = Kept[Fitted](most=4)


def fitted_of(fit: BookFit) -> Fitted:
    """What ``fit`` found; read once a process."""
    return FITTED.get((fit.pk, fit.made_at), lambda: Fitted.of_json(fit.parameters))
