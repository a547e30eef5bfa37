"""Someone comes in: a sign-in that slows down guessing, a second factor, the first user of an empty book.

Failures are audit lines, so every process counts the same ones and a restart forgets nothing. They are
counted per name and address: whoever guesses at a name from elsewhere does not keep its owner out.
"""

from __future__ import annotations

import hmac
import math
from collections.abc import Callable
from datetime import datetime, timedelta

from django.contrib.auth import authenticate
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import connection, transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from changqing.base.refused import Refused
from changqing.organisation.actions.factors import use_code
from changqing.organisation.queries import organisation_settings
from changqing.organisation.rules import REMEMBERED, STRANGERS_STAY_OUT_AFTER, left_to_wait
from changqing.people.actions import add_first_user
from changqing.people.permissions import operator
from changqing.people.queries import User, known_user
from changqing.records.actions import write_audit
from changqing.records.queries import audit_count, audit_times, has_audit_detail

SUBJECT = "sign-in"
KNEW = "gave the right password"
FAILED = "failed to sign in"
CAME_IN = "signed in"
SECOND = "second factor"
PROVED = "gave the second factor"
NOT_PROVED = "failed the second factor"
KNOWN_PLACE = timedelta(days=90)


def sign_in(*, username: str, password: str, address: str, now: datetime) -> AbstractBaseUser:
    """The user of that name and password; Refused with one sentence for every reason but haste."""
    name = username.strip().lower()
    key = _key(SUBJECT, name, address)
    with transaction.atomic():
        _check_patience(SUBJECT, key, now, good=KNEW, bad=FAILED)
        user = authenticate(username=name, password=password)
        tried = user or known_user(name)
        write_audit(
            by=user or operator(because="nobody has signed in yet"),
            verb=FAILED if user is None else KNEW,
            subject=(SUBJECT, key),
            door="web",
            address=address,
            tried=tried.pk if tried else None,
        )
    if user is None:
        raise Refused(_("用户名或密码不对。请检查大小写后再试；忘记密码请联系系统管理员。"))
    return user


def prove(*, user: User, address: str, now: datetime, proof: Callable[[], str]) -> str:
    """The kind of second factor that ``proof`` finds right; Refused in a sentence where it is not.

    Who stands here knows the password, so guesses are counted for the person from this address; when many
    addresses guess at once, only those where the person has come in before may go on.
    """
    key = _key(SECOND, str(user.pk), address)
    with transaction.atomic():
        _check_patience(SECOND, key, now, good=PROVED, bad=NOT_PROVED)
        _check_known_place(user, address, now)
        kind = proof()
        write_audit(
            by=user,
            verb=PROVED if kind else NOT_PROVED,
            subject=(SECOND, key),
            door="web",
            address=address,
            kind=kind,
        )
    if not kind:
        raise Refused(
            _("验证码不对，或已经用过一次。请等验证器显示下一个，或用一个没用过的恢复码。"), field="code"
        )
    return kind


def prove_by_code(*, user: User, code: str, address: str, now: datetime) -> str:
    """The second factor as a code of the authenticator, or one of the recovery codes."""
    return prove(user=user, address=address, now=now, proof=lambda: use_code(user=user, code=code[:40]))


def prove_password(*, user: User, password: str, address: str, now: datetime) -> None:
    """Somebody signed in gives the password again; Refused, and counted, like a sign-in."""
    if sign_in(username=user.username, password=password, address=address, now=now).pk != user.pk:
        raise Refused(_("密码不对。"))


def came_in(*, user: User, address: str, device: str, by_way_of: str, factor: bool) -> None:
    """The audit line of a sign-in that passed every stage."""
    write_audit(
        by=user,
        verb=CAME_IN,
        subject=("user", user.username),
        door="web",
        address=address,
        device=device,
        by_way_of=by_way_of,
        second_factor=factor,
    )


def went_out(*, user: User) -> None:
    write_audit(by=user, verb="signed out", subject=("user", user.username), door="web")


def _key(subject: str, name: str, address: str) -> str:
    return salted_hmac(f"changqing.{subject}", f"{name}\n{address}").hexdigest()


def _check_patience(subject: str, key: str, now: datetime, *, good: str, bad: str) -> None:
    """Refused while a wait is on, or while another try with the same name from the same address runs."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [key])
        is_alone = cursor.fetchone()[0]
    if not is_alone:
        raise Refused(_("上一次登录还在核对，请稍等几秒再试。"))
    since = now - REMEMBERED
    successes = audit_times(subject, key, verb=good, since=since)
    failures = audit_times(subject, key, verb=bad, since=max(successes, default=since))
    left = left_to_wait(failures, now=now, tries=organisation_settings().tries)
    if left > timedelta(0):
        raise Refused(
            _("连续 %(tries)d 次没有登录成功，请等 %(seconds)d 秒再试。从别处登录不受影响。")
            % {"tries": len(failures), "seconds": math.ceil(left.total_seconds())}
        )


def _check_known_place(user: User, address: str, now: datetime) -> None:
    guesses = audit_count(user, verb=NOT_PROVED, since=now - REMEMBERED)
    if guesses < STRANGERS_STAY_OUT_AFTER:
        return
    if not has_audit_detail(user, verb=CAME_IN, since=now - KNOWN_PLACE, address=address):
        raise Refused(
            _("有人正从许多地方试您的验证码，一小时内只接受您以前登录过的地方。请换密码，或联系系统管理员。")
        )


def is_setup_code(given: str, *, expected: str) -> bool:
    """Compared in constant time."""
    return hmac.compare_digest(given.strip().encode(), expected.encode())


@transaction.atomic
def make_first_user(*, username: str, full_name: str, password: str, language: str) -> User:
    """The person who opens an empty book, as its operator; Refused once there is anyone."""
    user = add_first_user(username=username, full_name=full_name, password=password, language=language)
    write_audit(by=user, verb="opened the book", subject=("user", user.pk), door="web")
    return user
