"""Rows of one account that a reader has been shown: the rule of who sees what is known of it already."""

from __future__ import annotations

from typing import Any, TypeVar

from changqing.accounts.models import Account
from changqing.accounts.rights import sight
from changqing.base.compiled import Compiled
from changqing.people.permissions import Part, Principal

Row = TypeVar("Row")


def seen_rows(to: Principal, account: Account, written: Compiled[Row], *parts: Part) -> list[Row]:
    """What ``written`` finds for ``account``, if ``to`` may read it; parts as for ``visible_to``.

    ``written`` asks by an account's number, of a model whose ``account_path`` is one step.
    """
    model: Any = written.model
    if not model.account_path or "__" in model.account_path:
        raise TypeError(f"{model.__name__} does not belong to one account")
    seen = sight(to, account)
    return written(account.pk) if all(map(seen.reads, parts or (Part(model.account_part),))) else []
