"""Questions about tiers, classes, lifetime profit and rhythm. Tiers and rhythm are judgements (part score);
lifetime profit and its money are margin: they are asked apart, so that each reader gets what is theirs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, TypeVar

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, F, Q, Sum
from django.utils import timezone

from changqing.accounts.models import Account
from changqing.accounts.queries import seen_rows, visible_to
from changqing.base.compiled import NUMBERS, Compiled
from changqing.base.once import once
from changqing.ledger.queries import as_of
from changqing.people.permissions import Principal, check_may, sees_the_whole_book
from changqing.value.models import AccountRhythm as AccountRhythm
from changqing.value.models import AccountStanding as AccountStanding
from changqing.value.models import AccountWorth as AccountWorth
from changqing.value.models import BookFit as BookFit
from changqing.value.models import BookTest as BookTest
from changqing.value.models import FactorRating as FactorRating
from changqing.value.models import Nomination as Nomination
from changqing.value.models import TierDecision as TierDecision
from changqing.value.queries.methods import methods_in_force
from changqing.value.rules.backtest import BackTest, back_test
from changqing.value.rules.facts import Histories

# A back-test that was asked for longer ago than this does not stand in the way of another.
PATIENCE = timedelta(hours=1)
# What a fit found and its method's text, some 50 KB: who needs them asks ``fitted_of``.
OF_FITS = ("fit__parameters", "fit__method__text")
MOST_STANDINGS = 24

# What is said of one account.
STANDING = Compiled(
    lambda account: (
        AccountStanding.objects.filter(account=account, is_current=True)
        .select_related("tiers_method", "worth_method", "fit__method")
        .defer(*OF_FITS, "tiers_method__text", "worth_method__text")
    )
)
STANDINGS = Compiled(
    lambda account: (
        AccountStanding.objects.filter(account=account)
        .select_related("tiers_method", "worth_method")
        .defer("tiers_method__text", "worth_method__text")
        .order_by("-since", "-pk")[:MOST_STANDINGS]
    )
)
WORTH = Compiled(
    lambda account: (
        AccountWorth.objects.filter(account=account, is_current=True)
        .select_related("fit__method")
        .defer(*OF_FITS)
    )
)
RHYTHM = Compiled(
    lambda account: (
        AccountRhythm.objects.filter(account=account).select_related("fit__method").defer(*OF_FITS)
    )
)
DECISIONS = Compiled(
    lambda account: TierDecision.objects.filter(account=account).select_related("by").order_by("-at", "-pk")
)
RATINGS = Compiled(
    lambda account: FactorRating.objects.filter(account=account).select_related("by").order_by("at", "pk")
)


@dataclass(frozen=True)
class Bubble:
    """One account on the matrix; ``profit`` None is unknown or not this reader's to see."""

    account: int
    key: str
    name: str
    value_rank: float | None
    potential: float | None
    matrix: str
    reason: str
    tier: str
    profit: float | None
    model: str


@dataclass(frozen=True)
class Mover:
    """An account whose tier or class is another one than a month ago."""

    account: int
    key: str
    name: str
    before_tier: str
    tier: str
    before_matrix: str
    matrix: str
    reason: list[dict[str, Any]]


@dataclass(frozen=True)
class Proposal:
    """A step down that waits: the tier settled by now, and the lower one."""

    account: int
    key: str
    name: str
    tier: str
    proposed: str
    reason: list[dict[str, Any]]


One = TypeVar("One", Bubble, Mover, Proposal)
OF_ACCOUNT = ("account_id", "account__key", "account__name")
NAMES: Compiled[tuple[int, str, str]] = Compiled(
    lambda ids: Account.objects.filter(pk__among=ids).values_list("pk", "key", "name"), NUMBERS
)


@dataclass(frozen=True)
class Totals:
    """Sums over the accounts that a reader may see: lifetime profit with its interval and what is at risk."""

    accounts: int
    unknown: int
    profit: float
    low: float
    high: float
    at_risk: float
    contribution: float
    know_cost: int
    know_financing: int


@dataclass(frozen=True)
class Counted:
    """How many accounts hold each tier ("" is unknown) and each class of the matrix, by reason."""

    tiers: dict[str, int]
    matrix: dict[str, dict[str, int]]
    moved: int

    @property
    def accounts(self) -> int:
        return sum(self.tiers.values())


@once
def standing_of(to: Principal, account: Account) -> AccountStanding | None:
    """The tier and class that hold now, with their methods and fit."""
    return next(iter(seen_rows(to, account, STANDING)), None)


def standings_before(to: Principal, account: Account) -> list[AccountStanding]:
    """The last judgements of an account, newest first, each with the method that made it."""
    return seen_rows(to, account, STANDINGS)


@once
def worth_of(to: Principal, account: Account) -> AccountWorth | None:
    """Lifetime profit now, for who may see margins."""
    return next(iter(seen_rows(to, account, WORTH)), None)


def worths_before(to: Principal, account: Account, *, limit: int = 36) -> list[AccountWorth]:
    """Lifetime profit as it was judged month by month, newest first."""
    rows = visible_to(to, AccountWorth.objects.filter(account=account.pk))
    return list(rows.order_by("-as_of", "-pk")[:limit])


@once
def rhythm_row(to: Principal, account: Account) -> AccountRhythm | None:
    return next(iter(seen_rows(to, account, RHYTHM)), None)


def decisions_of(to: Principal, account: Account) -> list[TierDecision]:
    return seen_rows(to, account, DECISIONS)


@once
def ratings_of(to: Principal, account: Account) -> dict[str, FactorRating]:
    """The newest rating of each trait, with who gave it and when."""
    return {row.factor: row for row in seen_rows(to, account, RATINGS)}


def nominations(to: Principal, *, state: str = "") -> list[Nomination]:
    """Accounts put forward as key accounts, and the roster of those approved."""
    rows = visible_to(to, Nomination.objects.all()).select_related("account", "owner", "by", "decided_by")
    return list((rows.filter(state=state) if state else rows).order_by("-at", "-pk")[:500])


def standings_counted(to: Principal) -> Counted:
    """The judgements in view, counted in one pass; ``moved`` are in another tier than a month ago."""
    rows = visible_to(to, AccountStanding.objects.filter(is_current=True))
    counted = rows.values_list("tier", "matrix", "matrix_reason", "has_moved").annotate(n=Count("*"))
    tiers: Counter[str] = Counter()
    classes: dict[str, Counter[str]] = {}
    moved = 0
    for tier, name, reason, has_moved, n in counted.order_by():
        tiers[tier] += n
        classes.setdefault(name, Counter())[reason] += n
        moved += n * bool(has_moved)
    matrix = {name: dict(sorted(classes[name].items(), key=_most_first)) for name in sorted(classes)}
    return Counted(dict(sorted(tiers.items())), matrix, moved)


def _most_first(counted: tuple[str, int]) -> tuple[int, str]:
    return -counted[1], counted[0]


def model_counts(to: Principal) -> dict[str, int]:
    """By which model the rhythm of the accounts in view is told."""
    rows = visible_to(to, AccountRhythm.objects.all())
    return dict(rows.values_list("model").annotate(n=Count("*")).order_by("model"))


def clp_totals(to: Principal) -> Totals:
    """Over the accounts whose margins ``to`` may see, to the cent: in which order the database adds, and so
    the last digits, is its own affair. Intervals of many accounts do not add up; what is shown as low and
    high is the sum of variances of independent accounts."""
    rows = visible_to(to, AccountWorth.objects.filter(is_current=True))
    half = Sum((F("high") - F("low")) * (F("high") - F("low")) / 4.0)
    found = rows.aggregate(
        n=Count("*"),
        unknown=Count("account", filter=Q(profit__isnull=True)),
        profit=Sum("profit"),
        squares=half,
        at_risk=Sum("at_risk"),
        contribution=Sum("contribution"),
        know_cost=Count("account", filter=Q(has_cost=True)),
        know_financing=Count("account", filter=Q(has_financing=True)),
    )
    spread = float(found["squares"] or 0) ** 0.5
    point = float(found["profit"] or 0)
    return Totals(
        accounts=found["n"],
        unknown=found["unknown"],
        profit=round(point, 2),
        low=round(point - spread, 2),
        high=round(point + spread, 2),
        at_risk=round(float(found["at_risk"] or 0), 2),
        contribution=round(float(found["contribution"] or 0), 2),
        know_cost=found["know_cost"],
        know_financing=found["know_financing"],
    )


def bubbles(to: Principal, *, limit: int = 60) -> list[Bubble]:
    """The accounts to draw: core and high-potential ones first, then the most valuable of the others."""
    rows = visible_to(to, AccountStanding.objects.filter(is_current=True, value_rank__isnull=False))
    ordered = rows.order_by(F("value_rank").desc(nulls_last=True), "pk")
    drawn = ("value_rank", "potential", "matrix", "matrix_reason", "tier")
    chosen = list(ordered.values_list(*OF_ACCOUNT, *drawn)[:limit])
    worths = visible_to(
        to, AccountWorth.objects.filter(is_current=True, account__in=[account for account, *_ in chosen])
    )
    profits = {account: told for account, *told in worths.values_list("account_id", "profit", "model")}
    return [Bubble(*row, *profits.get(row[0], (None, ""))) for row in chosen]


def movers(to: Principal, *, limit: int = 12) -> list[Mover]:
    """Accounts in another tier than a month ago, the most valuable first."""
    rows = visible_to(to, AccountStanding.objects.filter(is_current=True, has_moved=True))
    ordered = rows.order_by(F("value_rank").desc(nulls_last=True), "pk")
    told = ("before__tier", "tier", "before__matrix", "matrix", "reason")
    return [Mover(*row) for row in ordered.values_list(*OF_ACCOUNT, *told)[:limit]]


def proposals(to: Principal, *, limit: int = 200) -> list[Proposal]:
    """Steps down that wait for approval, the most valuable first."""
    rows = visible_to(to, AccountStanding.objects.filter(is_current=True)).exclude(proposed="")
    ordered = rows.order_by(F("value_rank").desc(nulls_last=True), "pk")
    told = ("settled", "proposed", "reason")
    return [Proposal(*row) for row in ordered.values_list(*OF_ACCOUNT, *told)[:limit]]


def named_now(
    bubbles: list[Bubble], movers: list[Mover], proposals: list[Proposal]
) -> tuple[list[Bubble], list[Mover], list[Proposal]]:
    """What was kept of a reader's view, with the keys and names that its accounts have now."""
    ids = {one.account for rows in (bubbles, movers, proposals) for one in rows}
    now = {pk: (key, name) for pk, key, name in NAMES(sorted(ids))} if ids else {}

    def named(rows: list[One]) -> list[One]:
        return [
            one
            if now[one.account] == (one.key, one.name)
            else replace(one, key=now[one.account][0], name=now[one.account][1])
            for one in rows
        ]

    return named(bubbles), named(movers), named(proposals)


def losing_most(to: Principal, *, limit: int) -> list[int]:
    """The accounts that cost the most contribution a year, of those whose margins ``to`` may see."""
    rows = visible_to(to, AccountWorth.objects.filter(is_current=True, contribution__lt=0))
    return list(rows.order_by("contribution", "pk").values_list("account_id", flat=True)[:limit])


def standings_to_review(to: Principal, also: Collection[int], *, limit: int) -> list[AccountStanding]:
    """Accounts for a review: those of ``also``, steps down that wait, then the most valuable."""
    rows = visible_to(to, AccountStanding.objects.filter(is_current=True, account__archived_at=None))
    ordered = rows.order_by(F("value_rank").desc(nulls_last=True), "pk")
    told = ordered.select_related("account", "account__owner", "account__department")
    others = told.exclude(account__in=list(also))
    # one after the other: in one order by urgency the database would sort the whole book
    found = list(told.filter(account__in=list(also))[:limit])
    for more in (others.exclude(proposed=""), others.filter(proposed="")):
        found += more[: limit - len(found)]
    return found


def profits_of(to: Principal, accounts: Collection[int]) -> dict[int, AccountWorth]:
    """Current lifetime profit of ``accounts`` whose margins ``to`` may see."""
    rows = visible_to(to, AccountWorth.objects.filter(is_current=True, account__in=accounts))
    return {row.account_id: row for row in rows}


def fits(to: Principal, *, limit: int = 12) -> list[BookFit]:
    """Versions of what the book taught, newest first, for readers of the whole book."""
    check_may(to, "read methods")
    return list(BookFit.objects.select_related("method").order_by("-made_at")[:limit])


def back_tested(by: Principal, book: Histories, *, day: date) -> BackTest:
    """What a fit of ``day`` would have said of the year after it."""
    check_may(by, "rank the book")
    return back_test(book, day, as_of() or day, methods_in_force().worth.lifetime)


def contributions(to: Principal) -> list[float]:
    """Contribution after cost to serve, last twelve months, of each account whose margins ``to`` may see."""
    rows = visible_to(to, AccountWorth.objects.filter(is_current=True, contribution__isnull=False))
    # as one array: a row for each account would cost more than all else on the page
    found: list[float] = rows.aggregate(all=ArrayAgg("contribution", default=[]))["all"]
    return found


def tiers_held() -> dict[int, tuple[str, str, str, str]]:
    """Key, name, tier and proposed tier of every account, for work on the whole book."""
    rows = AccountStanding.objects.filter(is_current=True)
    found = rows.values_list("account_id", "account__key", "account__name", "tier", "proposed")
    return {row[0]: row[1:] for row in found}


def book_tests(to: Principal, *, limit: int = 12) -> list[BookTest]:
    """Back-tests, newest first, for readers of the whole book: their figures are over all accounts."""
    if not sees_the_whole_book(to):
        return []
    return list(BookTest.objects.select_related("method", "by").order_by("-asked_at", "-pk")[:limit])


def waiting_test(pk: int) -> BookTest | None:
    """The back-test ``pk`` that waits for its turn, for work without a person."""
    return BookTest.objects.filter(pk=pk, state=BookTest.State.ASKED).select_related("by").first()


def asked_test() -> BookTest | None:
    """The back-test that waits for its turn, if one does; one that waits for hours was forgotten."""
    since = timezone.now() - PATIENCE
    return BookTest.objects.filter(state=BookTest.State.ASKED, asked_at__gte=since).order_by("pk").first()


def unclear_count(to: Principal) -> int:
    """Accounts in view without a class of the matrix, or whose rhythm is told by the prior alone."""
    rows = visible_to(to, AccountStanding.objects.filter(is_current=True))
    prior = AccountRhythm.objects.filter(model="prior").values("account")
    return rows.filter(Q(matrix="unclassified") | Q(account__in=prior)).count()


def worth_reasons(to: Principal) -> dict[str, int]:
    """Why lifetime profit is not known, by reason, of the accounts whose margins ``to`` may see."""
    rows = visible_to(to, AccountWorth.objects.filter(is_current=True, profit__isnull=True))
    return dict(rows.values_list("because").annotate(n=Count("*")).order_by("because"))
