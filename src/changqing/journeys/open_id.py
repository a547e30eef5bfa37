"""The organisation's own provider says who comes; only people whom this book knows get in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from changqing.base.refused import Refused
from changqing.people.queries import User, user_vouched_for
from changqing.records.actions import write_audit


def vouched_for(
    *, known: User | None, claims: Mapping[str, Any], connect: Callable[[User], object], match: str
) -> User:
    """Whom the provider means; connected at the first time, Refused where this book knows nobody like that.

    The first time a person is found by the address that the provider has verified, or, where the operator
    chose so, by the user name; later by the provider's own number, whatever became of name and address.
    """
    if known is not None:
        if not known.is_active:
            raise Refused(_nobody())
        return known
    told = claims.get("userinfo") or claims.get("id_token") or claims
    name, address = told.get("preferred_username", ""), told.get("email", "")
    is_verified = told.get("email_verified") is True
    if match == "username":
        user = user_vouched_for(username=str(name))
    else:
        user = user_vouched_for(email=str(address)) if is_verified else None
    if user is None:
        raise Refused(_nobody())
    connect(user)
    write_audit(by=user, verb="connect OpenID", subject=("user", user.username), door="web")
    return user


def _nobody() -> str:
    return _("身份已确认，但这本账里没有对应的在职用户。请系统管理员先邀请您，并填上同一个邮箱。")
