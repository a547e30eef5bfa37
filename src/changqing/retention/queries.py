"""Questions about warnings: the queue of a reader, the warnings of one account, how precise the rules are."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
import pyarrow as pa
from django.contrib.postgres.aggregates import ArrayAgg
from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, Case, Count, F, FloatField, Func, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Cast, Coalesce, Greatest
from numpy.typing import NDArray

from changqing.accounts.models import Account
from changqing.accounts.rights import seen_only, seen_rows, sight, sight_of, visible_to
from changqing.base.bulk import columns_from
from changqing.base.compiled import NUMBERS, Compiled
from changqing.base.packs import Method, Pack, parse
from changqing.ledger.columns import rows_of
from changqing.people.permissions import Part, Principal
from changqing.records.queries import method_in_force
from changqing.retention.models import AccountWarning as AccountWarning
from changqing.retention.models import WarningAnswer as WarningAnswer
from changqing.retention.rules import Judged, WarningsMethod
from changqing.value.models import AccountRhythm, AccountWorth

# The packs that this room judges by.
PACKS: dict[str, type[Method]] = {"warnings": WarningsMethod}
State = AccountWarning.State
FEW = 5_000
# what the row of a warning shows: neither the looks it rests on nor all that the archive says of its account
OF_A_ROW = (
    *("cause", "state", "first_seen", "last_seen", "until", "is_red", "version"),
    *("chance", "allowed", "seen", "usual", "samples", "at_stake"),
    *("account__key", "account__name", "method__pack", "method__version"),
    # by which one sees the account
    *(f"account__{name}" for name in ("withdrawn", "merged_into", "is_sealed", "department")),
    *("account__owner", "account__backup"),
)
ROWS = Compiled(
    lambda keys: (
        AccountWarning.objects.filter(pk__among=keys).select_related("account", "method").only(*OF_A_ROW)
    ),
    NUMBERS,
)
ACTIVE = (State.OPEN, State.SNOOZED, State.ANSWERED, State.UNREAL)


@lru_cache(maxsize=8)
def _pack(version: int, text: str) -> Pack[WarningsMethod]:
    return parse("warnings", text, WarningsMethod, version=version)


def warnings_method() -> WarningsMethod:
    """The thresholds in force."""
    version = method_in_force("warnings")
    return _pack(version.version, version.text).method


def known_of(accounts: NDArray[np.int64]) -> Judged:
    """What value judged of ``accounts``, in their order, for work without a person."""
    every, tail, at_risk = np.full((3, accounts.size), np.nan)
    few, named = "", []
    if accounts.size < FEW:
        # naming them costs more than reading all where they are most of the book
        few, named = " AND account_id = ANY(%s)", [accounts.tolist()]
    rhythms = columns_from(
        f"SELECT account_id, every, tail FROM {AccountRhythm._meta.db_table} WHERE true{few}",  # noqa: S608
        named,
        {"account_id": pa.int64(), "every": pa.float64(), "tail": pa.float64()},
    )
    worths = columns_from(
        f"SELECT account_id, at_risk FROM {AccountWorth._meta.db_table} WHERE is_current{few}",  # noqa: S608
        named,
        {"account_id": pa.int64(), "at_risk": pa.float64()},
    )
    for told, columns in ((rhythms, {"every": every, "tail": tail}), (worths, {"at_risk": at_risk})):
        rows, here = rows_of(told["account_id"].to_numpy(), accounts)
        for name, values in columns.items():
            # what is not known is null there and NaN here
            values[rows] = told[name].to_numpy()[here]
    return Judged(every=every, tail=tail, at_risk=at_risk)


def waiting(to: Principal, today: date) -> QuerySet[AccountWarning]:
    """What waits for an answer from ``to``'s accounts: open, snoozed till now, or promised and overdue."""
    due = Q(state=State.OPEN) | Q(state__in=[State.SNOOZED, State.ANSWERED], until__lte=today)
    return visible_to(to, AccountWarning.objects.filter(due)).filter(account__archived_at=None)


def stakes(to: Principal, rows: QuerySet[AccountWarning]) -> QuerySet[AccountWarning]:
    """``rows`` with ``stake``: what is at stake where ``to`` reads margins, None elsewhere."""
    return rows.annotate(stake=seen_only(to, Part.MARGIN, "at_stake", FloatField()))


@dataclass(frozen=True)
class Waiting:
    """How much waits: warnings, and the margin a year at stake that the reader may see; and the keys of the
    ``first`` few by money × urgency."""

    warnings: int
    at_stake: float
    first: Sequence[int]


def how_much_waits(to: Principal, today: date, *, most: int) -> Waiting:
    """All of it in one reading; ``most`` is how many are told by their keys (``retention.rules.urgency``,
    in SQL)."""
    days = Func(F("until"), Value(today), arg_joiner=" - ", template="(%(expressions)s)")
    left = Greatest(Cast(days, FloatField()), Value(0.0))
    red = Case(When(is_red=True, then=Value(2.0)), default=Value(1.0))
    money = Greatest(Coalesce(F("stake"), Value(0.0)), Value(1.0))
    rows = stakes(to, waiting(to, today)).annotate(weight=money * (red / (1 + left)))
    # beside a count of distinct rows the database would sort these for each aggregate anew
    found = rows.aggregate(
        n=Count("pk"),
        money=Sum("stake"),
        first=_Beginning(ArrayAgg("pk", order_by=("-weight", "until", "pk")), most=most),
    )
    return Waiting(found["n"], float(found["money"] or 0), found["first"] or ())


class _Beginning(Func):
    """The first ``most`` of an array."""

    template = "(%(expressions)s)[1:%(most)s]"
    output_field = ArrayField(BigIntegerField())


def with_keys(to: Principal, keys: Sequence[int]) -> list[AccountWarning]:
    """The warnings ``keys`` that ``to`` may see, in that order, with what their rows show."""
    found = {row.pk: row for row in ROWS(keys)} if keys else {}
    sights = sight_of(to, [row.account for row in found.values()])
    for row in found.values():
        reads_margin = sights[row.account_id].reads(Part.MARGIN)
        row.stake = row.at_stake if reads_margin else None  # type: ignore[attr-defined]
    return [found[key] for key in keys if key in found and sights[found[key].account_id].reads(Part.SCORE)]


OF_ONE = Compiled(
    lambda account: (
        AccountWarning.objects.filter(account=account)
        .select_related("method")
        .defer("method__text")
        .prefetch_related("answers", "answers__who", "answers__by")
        .order_by(Case(When(state__in=ACTIVE, then=Value(0)), default=Value(1)), "-last_seen", "pk")[:50]
    )
)


def warnings_of(to: Principal, account: Account) -> list[AccountWarning]:
    """All warnings of one account, active ones first, with their answers and ``stake``."""
    rows, sees_margin = seen_rows(to, account, OF_ONE), sight(to, account).reads(Part.MARGIN)
    for row in rows:
        row.account = account
        row.stake = row.at_stake if sees_margin else None  # type: ignore[attr-defined]
    return rows


def warning_with_id(to: Principal, pk: int) -> AccountWarning | None:
    """The warning ``pk`` if ``to`` may see it."""
    rows = stakes(to, visible_to(to, AccountWarning.objects.filter(pk=pk)))
    return rows.select_related("account", "account__owner", "method").first()


def promised(to: Principal, today: date, *, limit: int = 20) -> list[AccountWarning]:
    """What people said they would do and has not come due yet, soonest first."""
    rows = visible_to(to, AccountWarning.objects.filter(state=State.ANSWERED, until__gt=today))
    return list(
        rows.select_related("account")
        .only("until", "account__key", "account__name")
        .prefetch_related("answers", "answers__who")
        .order_by("until", "pk")[:limit]
    )


def most_pressing(to: Principal, *, limit: int) -> dict[int, AccountWarning]:
    """The heaviest active warning of each of the most pressing accounts, red ones first."""
    rows = visible_to(to, AccountWarning.objects.filter(state__in=[State.OPEN, State.ANSWERED]))
    ordered = rows.order_by("-is_red", F("at_stake").desc(nulls_last=True), "pk")[: 2 * limit]
    found: dict[int, AccountWarning] = {}
    for row in ordered:
        found.setdefault(row.account_id, row)
    return dict(list(found.items())[:limit])


@dataclass(frozen=True)
class RulePrecision:
    """One rule over its life: raised, found unreal by people, answered, over by itself."""

    cause: str
    raised: int
    unreal: int
    answered: int
    over: int


def precision(to: Principal) -> list[RulePrecision]:
    """How each rule did on the accounts that ``to`` may see; "not real" counts against it."""
    rows = visible_to(to, AccountWarning.objects.all()).values_list("cause").order_by("cause")
    told = rows.annotate(
        n=Count("pk", distinct=True),
        unreal=Count("pk", filter=Q(answers__kind="unreal"), distinct=True),
        answered=Count("pk", filter=Q(answers__kind="do"), distinct=True),
        over=Count("pk", filter=Q(state=State.OVER), distinct=True),
    )
    return [RulePrecision(*row) for row in told]


def counts(to: Principal) -> dict[str, int]:
    """Active warnings by cause, for the whole of what ``to`` may see."""
    rows = visible_to(
        to, AccountWarning.objects.filter(state__in=[State.OPEN, State.SNOOZED, State.ANSWERED])
    )
    return dict(rows.values_list("cause").annotate(n=Count("pk")).order_by("cause"))


def active_of(accounts: Collection[int] | None) -> QuerySet[AccountWarning]:
    """Warnings that are not over, for work without a person."""
    rows = AccountWarning.objects.filter(state__in=ACTIVE)
    return rows if accounts is None else rows.filter(account__in=list(accounts))
