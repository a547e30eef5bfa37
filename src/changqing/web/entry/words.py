"""Values of an account's fields as people read them."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from changqing.accounts.queries import Account, names_of
from changqing.people.permissions import Principal
from changqing.people.queries import colleagues, department_choices


def in_words(to: Principal, field: str, value: Any) -> str:
    """``value`` of ``field`` in words; links by name, as far as ``to`` may see."""
    if value in (None, "", []):
        return ""
    if field == "tags":
        return "，".join(value)
    if field == "kind":
        return str(Account.Kind(value).label)
    if field in ("owner", "backup"):
        return dict(colleagues(everybody=True)).get(value, "?")
    if field == "department":
        return dict(department_choices()).get(value, "?")
    if field == "parent":
        return names_of(to, [value]).get(value, _("您看不到的客户"))
    return str(value)
