"""Questions about the organisation's settings, sessions, links and second factors."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator
from django.db.models import Q, QuerySet
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from changqing.base.compiled import Compiled
from changqing.base.once import once
from changqing.organisation.models import OneTimeLink, OrganisationSettings, SignedInSession
from changqing.organisation.rules import device_of
from changqing.people.models import User

SECOND = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


# the stand-in is one that its small column can hold
SETTINGS = Compiled(lambda number: OrganisationSettings.objects.filter(number=number), 32_767)


@once
def organisation_settings() -> OrganisationSettings:
    """What is decided now; the defaults of the table where nobody has decided anything yet."""
    return next(iter(SETTINGS(1)), None) or OrganisationSettings()


@dataclass(frozen=True)
class Factor:
    """A second factor as its owner sees it."""

    id: int
    kind: str
    name: str
    added_at: datetime
    used_at: datetime | None


def second_factors(user: User) -> list[Factor]:
    """The authenticators and security keys of ``user``, oldest first."""
    found = Authenticator.objects.filter(user=user, type__in=SECOND).order_by("created_at", "pk")
    return [
        Factor(row.pk, row.type, row.data.get("name", ""), row.created_at, row.last_used_at) for row in found
    ]


def has_second_factor(user: User) -> bool:
    return Authenticator.objects.filter(user=user, type__in=SECOND).exists()


def has_totp(user: User) -> bool:
    return Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists()


def has_security_key(user: User) -> bool:
    return Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN).exists()


def users_with_second_factor(users: Iterable[int]) -> set[int]:
    """Of the users with these ids, those who have one."""
    rows = Authenticator.objects.filter(user__in=list(users), type__in=SECOND)
    return set(rows.values_list("user_id", flat=True))


def recovery_codes_left(user: User) -> int:
    """How many recovery codes still open the door."""
    row = Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).first()
    return len(row.wrap().get_unused_codes()) if row else 0


def needs_second_factor(user: User) -> bool:
    """Whether the organisation asks this role for a second factor that ``user`` does not have yet."""
    return user.role in organisation_settings().second_factor_roles and not has_second_factor(user)


@dataclass(frozen=True)
class Session:
    """A signed-in browser; ``handle`` names it on pages, so that its key is never shown."""

    handle: str
    device: str
    address: str
    began_at: datetime | None
    seen_at: datetime | None
    is_this: bool


def sessions_of(user: User, *, now: datetime, this: str = "") -> list[Session]:
    """Where ``user`` is signed in, the newest first; ``this`` is the key of the session that asks."""
    rows = SignedInSession.objects.filter(user=user, expire_date__gt=now).order_by("-seen_at")
    return [
        Session(
            handle_of(row.session_key),
            device_of(row.agent),
            row.address,
            row.began_at,
            row.seen_at,
            row.session_key == this,
        )
        for row in rows
    ]


def handle_of(session_key: str) -> str:
    return salted_hmac("changqing.session", session_key).hexdigest()[:24]


def link_digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


def link_for(code: str, *, now: datetime) -> OneTimeLink | None:
    """The link that ``code`` opens now: neither used nor over, and its user is still here."""
    alive = Q(used_at=None, ends_at__gt=now, user__is_active=True)
    return OneTimeLink.objects.select_related("user").filter(alive, digest=link_digest(code)).first()


def waiting_links(users: Iterable[int], *, now: datetime) -> dict[int, datetime]:
    """Which of these users have a link that still works, and until when."""
    rows = OneTimeLink.objects.filter(user__in=list(users), used_at=None, ends_at__gt=now)
    return dict(rows.order_by("ends_at").values_list("user_id", "ends_at"))


def locked_settings() -> OrganisationSettings:
    """The row of settings, made when there is none, locked for who changes it."""
    OrganisationSettings.objects.get_or_create(number=1)
    return OrganisationSettings.objects.select_for_update().get(number=1)


def locked_factor(user: User, kind: str) -> Authenticator | None:
    """The one factor of ``kind``, locked, so that what it accepts once is not accepted twice at once."""
    return Authenticator.objects.select_for_update().filter(user=user, type=kind).first()


def keys_of(user: User) -> QuerySet[Authenticator]:
    return Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN)


def no_such_link() -> str:
    return _("这个链接已经用过、过期或被换掉了。请向系统管理员再要一个。")


def people_without_factor(roles: Iterable[str]) -> int:
    """How many people of these roles have no second factor yet."""
    wanted = User.objects.filter(role__in=list(roles), is_active=True)
    protected = Authenticator.objects.filter(type__in=SECOND).values("user")
    return wanted.exclude(pk__in=protected).count()
