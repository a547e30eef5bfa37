"""The book is asked what it would have said a year ago, and what came; the answer is kept as a version."""

from __future__ import annotations

import logging
from datetime import date
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app as queue

from changqing.base.days import months_back
from changqing.base.refused import Refused
from changqing.ledger.queries import as_of
from changqing.people.permissions import Principal, check_may, operator
from changqing.records.actions import acts_as
from changqing.value.actions.backtests import ask_test, keep_test, refuse_test
from changqing.value.actions.scoring import read_book
from changqing.value.queries.worth import asked_test, back_tested, waiting_test
from changqing.value.rules.backtest import BackTest

if TYPE_CHECKING:
    from changqing.value.models import BookTest

MONTHS = 12
log = logging.getLogger(__name__)


def back_test_book(*, by: Principal, day: date) -> BackTest:
    """Fit as of ``day`` without looking further, compare with what the ledger says came after, keep it."""
    found = _tested(by, day)
    with transaction.atomic():
        keep_test(by=by, asked=ask_test(by=by, day=day), found=found)
    return found


@transaction.atomic
def ask(*, by: Principal, day: date | None) -> BookTest:
    """Put a back-test into the queue, by default of a year before the book's last day; one at a time."""
    check_may(by, "rank the book")
    last = as_of()
    if last is None:
        raise Refused(_("还没有账本，也就没有可回测的。"))
    day = day or months_back(last, MONTHS)
    if day >= last:
        raise Refused(_("回测日应早于账本最后一天（%(last)s）。") % {"last": last}, field="day")
    if asked_test() is not None:
        raise Refused(_("已经有一次回测在等结果。"))
    made = ask_test(by=by, day=day)
    queue.configure_task("book:back_test").defer(asked=made.pk)
    return made


def run(asked: int) -> None:
    """The job behind the page's button; a refusal is kept as the test's result."""
    wanted = waiting_test(asked)
    if wanted is None:
        return
    by: Principal = wanted.by or operator(because="asked without a person")
    acts_as(by=by)
    try:
        keep_test(by=by, asked=wanted, found=_tested(by, wanted.fitted_at))
    except Refused as no:
        log.warning("back-test %s found nothing: %s", asked, no.sentence)
        refuse_test(by=operator(because="a back-test was refused"), asked=wanted, because=no.sentence)


def _tested(by: Principal, day: date) -> BackTest:
    check_may(by, "rank the book")
    last = as_of()
    if last is None or day >= last:
        raise Refused(_("回测日应早于账本最后一天（%(last)s）。") % {"last": last or "–"})
    book = read_book(last)
    if not book.until(day).size:
        raise Refused(_("账本在 %(day)s 之前没有订单，无法回测。") % {"day": day})
    return back_tested(by, book, day=day)
