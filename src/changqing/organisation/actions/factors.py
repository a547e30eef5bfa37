"""Second factors: added by their owner, used once a code, taken away by their owner or reset by who may."""

from __future__ import annotations

from typing import Any

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.mfa.utils import decrypt
from allauth.mfa.webauthn.internal.auth import WebAuthn
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from changqing.base.refused import Refused
from changqing.organisation.queries import (
    has_second_factor,
    has_totp,
    keys_of,
    locked_factor,
    needs_second_factor,
)
from changqing.people.models import User
from changqing.people.permissions import Principal
from changqing.records.actions import write_audit

MOST_KEYS = 10


@transaction.atomic
def add_totp(*, user: User, secret: str, code: str, door: str = "web") -> list[str]:
    """``user`` gives one-time codes from now on; the recovery codes if these are the first, else nothing."""
    User.objects.select_for_update().get(pk=user.pk)
    if has_totp(user):
        raise Refused(_("已经有一个验证器。先移除旧的，再加新的。"))
    counter = _counter_of(secret, code)
    if counter is None:
        raise Refused(_("验证码不对。请看验证器里现在显示的 6 位数字，并确认手机时间准确。"), field="code")
    made = TOTP.activate(user, secret).instance
    _remember(made, counter)
    return _added(user=user, kind=Authenticator.Type.TOTP, name="", door=door)


@transaction.atomic
def add_security_key(*, user: User, name: str, credential: dict[str, Any], door: str = "web") -> list[str]:
    """``user`` may use the key that answered ``credential``; the recovery codes if it is the first factor."""
    User.objects.select_for_update().get(pk=user.pk)
    if not name.strip() or len(name.strip()) > 60 or not name.isprintable():
        raise Refused(_("请给安全密钥起个名字，最多 60 个字。"), field="name")
    if keys_of(user).count() >= MOST_KEYS:
        raise Refused(_("最多 %(most)d 个安全密钥。请先移除一个。") % {"most": MOST_KEYS})
    WebAuthn.add(user, name.strip(), credential)
    return _added(user=user, kind=Authenticator.Type.WEBAUTHN, name=name.strip(), door=door)


def _added(*, user: User, kind: str, name: str, door: str) -> list[str]:
    write_audit(
        by=user, verb="add second factor", subject=("user", user.username), door=door, kind=kind, name=name
    )
    had_codes = locked_factor(user, Authenticator.Type.RECOVERY_CODES) is not None
    return [] if had_codes else RecoveryCodes.activate(user).generate_codes()


@transaction.atomic
def use_code(*, user: User, code: str) -> str:
    """The kind of factor that ``code`` proves, used up with it; empty when it proves nothing.

    A one-time code counts once, and so do those before it: the counter is kept in the locked row, so that
    neither a second process nor a second browser accepts it again.
    """
    totp = locked_factor(user, Authenticator.Type.TOTP)
    if totp is not None:
        counter = _counter_of(decrypt(totp.data["secret"]), code)
        if counter is not None:
            if counter <= totp.data.get("counter", -1):
                return ""
            _remember(totp, counter)
            return str(Authenticator.Type.TOTP)
    recovery = locked_factor(user, Authenticator.Type.RECOVERY_CODES)
    if recovery is not None and RecoveryCodes(recovery).validate_code(code):
        Authenticator.objects.filter(pk=recovery.pk).update(last_used_at=timezone.now())
        return str(Authenticator.Type.RECOVERY_CODES)
    return ""


def _counter_of(secret: str, code: str) -> int | None:
    matching = (
        counter
        for counter in yield_hotp_counters_from_time()
        if compare_user_code(actual=code, expected=format_hotp_value(hotp_value(secret, counter)))
    )
    return next(matching, None)


def _remember(totp: Authenticator, counter: int) -> None:
    totp.data["counter"] = counter
    totp.last_used_at = timezone.now()
    totp.save(update_fields=["data", "last_used_at"])


@transaction.atomic
def key_was_used(*, user: User, key: Authenticator) -> None:
    """``user`` came in with this security key just now."""
    keys_of(user).filter(pk=key.pk).update(last_used_at=timezone.now())


@transaction.atomic
def remove_factor(*, user: User, number: int, door: str = "web") -> None:
    """Take one of the own factors away; Refused for the last one where the organisation asks for one."""
    row = Authenticator.objects.select_for_update().filter(user=user, pk=number).first()
    if row is None or row.type == Authenticator.Type.RECOVERY_CODES:
        raise Refused(_("没有这个第二步验证，也许已在别处移除。"))
    name = row.data.get("name", "")
    row.delete()
    if needs_second_factor(user):
        raise Refused(_("您的角色必须有第二步验证，不能移除最后一个。请先加一个新的。"))
    if not has_second_factor(user):
        Authenticator.objects.filter(user=user).delete()
    write_audit(
        by=user,
        verb="remove second factor",
        subject=("user", user.username),
        door=door,
        kind=row.type,
        name=name,
    )


@transaction.atomic
def renew_recovery_codes(*, user: User, door: str = "web") -> list[str]:
    """Ten new recovery codes; the old ones are dead."""
    if not has_second_factor(user):
        raise Refused(_("先加一个验证器或安全密钥，恢复码随之生成。"))
    Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).delete()
    codes = RecoveryCodes.activate(user).generate_codes()
    write_audit(by=user, verb="renew recovery codes", subject=("user", user.username), door=door)
    return codes


@transaction.atomic
def clear_factors(*, by: Principal, user: User, because: str, door: str = "") -> int:
    """Take every factor of ``user`` away, as for a lost phone; how many there were."""
    kinds = sorted(Authenticator.objects.filter(user=user).values_list("type", flat=True))
    Authenticator.objects.filter(user=user).delete()
    write_audit(
        by=by,
        verb="reset second factors",
        subject=("user", user.username),
        door=door,
        kinds=kinds,
        reason=because,
    )
    return len(kinds)
