"""Warnings are raised and closed set by set; people answer them one at a time."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

import numpy as np
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from changqing.base.refused import Refused
from changqing.ledger.columns import family_columns, payment_columns
from changqing.ledger.queries import as_of
from changqing.people.models import User
from changqing.people.permissions import Principal, check_may
from changqing.records.actions import write_audit
from changqing.records.models import MethodVersion
from changqing.records.queries import method_in_force
from changqing.retention.models import AccountWarning, WarningAnswer
from changqing.retention.queries import active_of, known_of, warning_with_id, warnings_method
from changqing.retention.rules import (
    Families,
    Payments,
    Raised,
    WarningsMethod,
    answer_until,
    is_red,
    raised,
)
from changqing.value.actions.scoring import read_book
from changqing.value.queries.methods import methods_in_force
from changqing.value.rules.facts import Histories

State, Kind = AccountWarning.State, WarningAnswer.Kind
LOOKS_KEPT = 24
TOLD = ("chance", "allowed", "seen", "usual", "samples", "at_stake")
CHANGING = (*TOLD, "state", "last_seen", "until", "is_red", "looks", "version")


@transaction.atomic
def look_at_the_book(
    *, by: Principal, only: Collection[int] | None = None, book: Histories | None = None
) -> int:
    """Look at all accounts, or ``only`` those an import touched: raise what is new, add to what is there,
    close what has passed; how many warnings changed. Looking again at the same book changes nothing.

    ``book`` is ``read_book`` of the same accounts on the book's last day, where it has been read already.
    """
    check_may(by, "rank the book")
    last = as_of()
    if only is not None and not only:
        return 0
    active = {(row.account_id, row.cause): row for row in active_of(only).select_for_update()}
    if last is None:
        return _close(list(active.values()))
    book, method = book or read_book(last, only), warnings_method()
    version = method_in_force("warnings")
    families, payments = _families_of(book, last, only), _payments_of(book, last, only)
    told = raised(book, last, known_of(book.accounts), families, payments, method)
    made, changed = [], []
    for signal in told:
        account = int(book.accounts[signal.place])
        row = active.pop((account, signal.cause), None)
        if row is None:
            made.append(_new(account, signal, last, method, version))
        elif _goes_on(row, signal, last, method):
            changed.append(row)
    AccountWarning.objects.bulk_create(made, batch_size=2000)
    AccountWarning.objects.bulk_update(changed, CHANGING, batch_size=2000)
    return len(made) + len(changed) + _close(list(active.values()))


def _families_of(book: Histories, last: date, only: Collection[int] | None) -> Families:
    """What the ledger says of families, by place in ``book``."""
    told = family_columns(only, until=last)
    place = np.searchsorted(book.accounts, told.accounts)
    place = np.minimum(place, max(book.size - 1, 0))
    here = book.accounts[place] == told.accounts if book.size else np.zeros(told.accounts.size, bool)
    return Families(
        of=place[here],
        bought=told.bought[here],
        orders=told.orders[here],
        since=told.since[here],
        margin=told.margin[here],
    )


def _payments_of(book: Histories, last: date, only: Collection[int] | None) -> Payments:
    """What the ledger says of days to pay, by place in ``book``."""
    told = payment_columns(only, until=last)
    place = np.minimum(np.searchsorted(book.accounts, told.accounts), max(book.size - 1, 0))
    here = book.accounts[place] == told.accounts if book.size else np.zeros(told.accounts.size, bool)
    known = here & told.settles
    billed = np.zeros(book.size)
    np.add.at(billed, place[here & told.is_of_the_year], told.billed[here & told.is_of_the_year])
    rate = float(methods_in_force().worth.lifetime.capital.value)
    return Payments(of=place[known], days=told.days[known], a_day=np.maximum(billed, 0) / 365 * rate)


def _look(signal: Raised, last: date) -> dict[str, Any]:
    return {"as_of": last.isoformat()} | {name: getattr(signal, name) for name in TOLD if name != "at_stake"}


def _new(
    account: int, signal: Raised, last: date, method: WarningsMethod, version: MethodVersion
) -> AccountWarning:
    red = is_red(signal, method)
    return AccountWarning(
        account_id=account,
        cause=signal.cause,
        first_seen=last,
        last_seen=last,
        until=answer_until(last, red=red, method=method),
        is_red=red,
        looks=[_look(signal, last)],
        method=version,
        **{name: getattr(signal, name) for name in TOLD},
    )


def _goes_on(row: AccountWarning, signal: Raised, last: date, method: WarningsMethod) -> bool:
    """Bring ``row`` up to what is seen now; whether anything changed. What somebody has answered keeps its
    date; what was open and has turned red is due sooner."""
    before = {name: getattr(row, name) for name in CHANGING}
    for name in TOLD:
        setattr(row, name, getattr(signal, name))
    if last != row.last_seen:
        row.looks = [*row.looks, _look(signal, last)][-LOOKS_KEPT:]
        row.last_seen = last
    elif row.looks:
        row.looks = [*row.looks[:-1], _look(signal, last)]
    turned, row.is_red = is_red(signal, method) and not row.is_red, is_red(signal, method)
    if turned and row.state == State.OPEN:
        row.until = min(row.until, answer_until(last, red=True, method=method))
    if all(getattr(row, name) == value for name, value in before.items()):
        return False
    row.version += 1
    return True


def _close(rows: list[AccountWarning]) -> int:
    for row in rows:
        row.state, row.version = State.OVER, row.version + 1
    AccountWarning.objects.bulk_update(rows, ["state", "version"], batch_size=2000)
    return len(rows)


@transaction.atomic
def answer_warning(
    *,
    by: Principal,
    pk: int,
    kind: str,
    version: int,
    today: date,
    words: str = "",
    who: User | None = None,
    until: date | None = None,
) -> AccountWarning:
    """Say what will be done by whom until when (do), that it can wait (snooze), that it is not so (unreal),
    or that it is done. Refused for what is not there, was answered meanwhile, or says nothing."""
    check_may(by, "answer warnings")
    row = _taken(by, pk, version)
    words = words.strip()
    if kind in (Kind.DO, Kind.UNREAL) and not words:
        raise Refused(str(_WANTED[Kind(kind)]), field="words")
    if len(words) > 400:
        raise Refused(_("最多 400 个字，现在是 %(n)s 个。") % {"n": len(words)}, field="words")
    if kind == Kind.DO and (until is None or until < today):
        raise Refused(_("请写一个今天或以后的日期。"), field="until")
    if kind == Kind.SNOOZE:
        until = today + timedelta(days=int(warnings_method().today.snooze_days.value))
    given = WarningAnswer(
        warning=row,
        kind=kind,
        words=words,
        who=who or (by if kind == Kind.DO and isinstance(by, User) else None),
        until=until,
        state_before=row.state,
        until_before=row.until,
        by=by if isinstance(by, User) else None,
        principal=by.username if isinstance(by, User) else by.name,
    )
    row.state = _STATE_AFTER[Kind(kind)]
    row.until = until or row.until
    return _answered(by, row, given)


@transaction.atomic
def take_back(*, by: Principal, pk: int, version: int) -> AccountWarning:
    """Undo the last answer: the warning waits again as it did."""
    check_may(by, "answer warnings")
    row = _taken(by, pk, version)
    last = row.answers.exclude(kind=Kind.REOPEN).order_by("-pk").first()
    if last is None or row.state == State.OPEN:
        raise Refused(_("这条预警没有可以撤销的处理。"))
    given = WarningAnswer(
        warning=row,
        kind=Kind.REOPEN,
        state_before=row.state,
        until_before=row.until,
        by=by if isinstance(by, User) else None,
        principal=by.username if isinstance(by, User) else by.name,
    )
    row.state, row.until = last.state_before, last.until_before
    return _answered(by, row, given)


_WANTED = {
    Kind.DO: gettext_lazy("请写一句要做什么。"),
    Kind.UNREAL: gettext_lazy("请写一句为什么不属实：规则靠这个学。"),
}
_STATE_AFTER = {
    Kind.DO: State.ANSWERED,
    Kind.SNOOZE: State.SNOOZED,
    Kind.UNREAL: State.UNREAL,
    Kind.DONE: State.OVER,
}


def _taken(by: Principal, pk: int, version: int) -> AccountWarning:
    """The warning, locked; Refused when ``by`` cannot see it or somebody was faster."""
    if warning_with_id(by, pk) is None:
        raise Refused(_("没有这条预警，或者您看不到它。"))
    row = AccountWarning.objects.select_for_update(of=("self",)).select_related("account").get(pk=pk)
    if row.version != version:
        raise Refused(_("这条预警刚刚有了变化，没有改动它。请看一眼现在的内容再处理。"))
    if row.state == State.OVER:
        raise Refused(_("这条预警已经过去，不用再处理。"))
    return row


def _answered(by: Principal, row: AccountWarning, given: WarningAnswer) -> AccountWarning:
    row.version += 1
    row.save(update_fields=["state", "until", "version"])
    given.save()
    write_audit(
        by=by,
        verb=f"warning: {given.kind}",
        subject=("account", row.account.key),
        cause=row.cause,
        words=given.words,
        until=given.until.isoformat() if given.until else None,
    )
    return row
