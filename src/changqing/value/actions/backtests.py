"""Back-tests are asked for, then found or refused, and kept."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils import timezone

from changqing.people.models import User
from changqing.people.permissions import Principal, check_may
from changqing.records.actions import write_audit
from changqing.records.queries import method_in_force
from changqing.value.models import BookTest
from changqing.value.rules.backtest import BackTest


@transaction.atomic
def ask_test(*, by: Principal, day: date) -> BookTest:
    """Note that the book is to be tested as of ``day``."""
    check_may(by, "rank the book")
    made = BookTest.objects.create(
        fitted_at=day,
        method=method_in_force("worth"),
        by=by if isinstance(by, User) else None,
        principal=by.username if isinstance(by, User) else by.name,
    )
    write_audit(by=by, verb="ask a back-test", subject=("back-test", made.pk), day=day.isoformat())
    return made


@transaction.atomic
def keep_test(*, by: Principal, asked: BookTest, found: BackTest) -> BookTest:
    """Keep what a test found."""
    check_may(by, "rank the book")
    asked.state, asked.found, asked.until = BookTest.State.FOUND, found.as_json(), found.until
    asked.done_at = timezone.now()
    asked.save(update_fields=["state", "found", "until", "done_at"])
    write_audit(
        by=by,
        verb="keep a back-test",
        subject=("back-test", asked.pk),
        next_order=found.next_order.as_json(),
        margin=found.margin.as_json(),
        calibration=found.calibration,
    )
    return asked


@transaction.atomic
def refuse_test(*, by: Principal, asked: BookTest, because: str) -> BookTest:
    """Keep why a test found nothing."""
    check_may(by, "rank the book")
    asked.state, asked.because, asked.done_at = BookTest.State.REFUSED, because[:400], timezone.now()
    asked.save(update_fields=["state", "because", "done_at"])
    return asked
