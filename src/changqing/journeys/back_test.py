"""The book is asked what it would have said a year ago, and what came."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from changqing.base.refused import Refused
from changqing.ledger.queries import as_of
from changqing.people.permissions import Principal, check_may
from changqing.value.actions.scoring import read_book
from changqing.value.queries.worth import back_tested
from changqing.value.rules.backtest import BackTest


def back_test_book(*, by: Principal, day: date) -> BackTest:
    """Fit as of ``day`` without looking further, and compare with what the ledger says came after."""
    check_may(by, "rank the book")
    last = as_of()
    if last is None or day >= last:
        raise Refused(_("回测日应早于账本最后一天（%(last)s）。") % {"last": last or "–"})
    book = read_book(last)
    if not book.until(day).size:
        raise Refused(_("账本在 %(day)s 之前没有订单，无法回测。") % {"day": day})
    return back_tested(by, book, day=day)
