"""Someone comes in: a sign-in that slows down guessing, and the first user of an empty book.

Failures are audit lines, so every process counts the same ones and a restart forgets nothing. They are
counted per name and address: whoever guesses at a name from elsewhere does not keep its owner out.
"""

from __future__ import annotations

import hmac
import math
from datetime import datetime, timedelta

from django.contrib.auth import authenticate
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import connection, transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from changqing.base.refused import Refused
from changqing.people.actions import add_first_user
from changqing.people.permissions import operator
from changqing.records.actions import write_audit
from changqing.records.queries import audit_times

SUBJECT = "sign-in"
CAME_IN = "signed in"
FAILED = "failed to sign in"
FREE_TRIES = 5
LONGEST_WAIT = timedelta(minutes=15)
REMEMBERED = timedelta(hours=1)


def sign_in(*, username: str, password: str, address: str, now: datetime) -> AbstractBaseUser:
    """The user of that name and password; Refused with one sentence for every reason but haste."""
    name = username.strip().lower()
    key = salted_hmac("changqing.sign-in", f"{name}\n{address}").hexdigest()
    with transaction.atomic():
        _check_patience(key, now)
        user = authenticate(username=name, password=password)
        write_audit(
            by=user or operator(because="nobody has signed in yet"),
            verb=FAILED if user is None else CAME_IN,
            subject=(SUBJECT, key),
            door="web",
            address=address,
        )
    if user is None:
        raise Refused(_("用户名或密码不对。请检查大小写后再试；忘记密码请联系系统管理员。"))
    return user


def _check_patience(key: str, now: datetime) -> None:
    """Refused while a wait is on, or while another try with the same name from the same address runs."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [key])
        is_alone = cursor.fetchone()[0]
    if not is_alone:
        raise Refused(_("上一次登录还在核对，请稍等几秒再试。"))
    since = now - REMEMBERED
    successes = audit_times(SUBJECT, key, verb=CAME_IN, since=since)
    failures = audit_times(SUBJECT, key, verb=FAILED, since=max(successes, default=since))
    left = wait_after(len(failures)) - (now - max(failures, default=since))
    if left > timedelta(0):
        raise Refused(
            _("连续 %(tries)d 次没有登录成功，请等 %(seconds)d 秒再试。从别处登录不受影响。")
            % {"tries": len(failures), "seconds": math.ceil(left.total_seconds())}
        )


def wait_after(failures: int) -> timedelta:
    """Nothing up to the fifth failure, then 2, 4, 8 … seconds, a quarter of an hour at most."""
    if failures < FREE_TRIES:
        return timedelta(0)
    return min(timedelta(seconds=2 ** min(failures - FREE_TRIES + 1, 20)), LONGEST_WAIT)


def is_setup_code(given: str, *, expected: str) -> bool:
    """Compared in constant time."""
    return hmac.compare_digest(given.strip().encode(), expected.encode())


@transaction.atomic
def make_first_user(*, username: str, full_name: str, password: str, language: str) -> AbstractBaseUser:
    """The person who opens an empty book, as its operator; Refused once there is anyone."""
    user = add_first_user(username=username, full_name=full_name, password=password, language=language)
    write_audit(by=user, verb="opened the book", subject=("user", user.pk), door="web")
    return user
