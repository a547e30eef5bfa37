"""People judge what no ledger knows, and the account is scored anew with it."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from changqing.accounts.queries import Account, account_by_key
from changqing.base.refused import Refused
from changqing.people.permissions import Principal, operator
from changqing.value.actions.scoring import score_the_book
from changqing.value.actions.tiers import rate


def account_named(by: Principal, key: str) -> Account:
    """The account known by ``key``; Refused when ``by`` sees none."""
    found = account_by_key(by, key)
    if found is None:
        raise Refused(_("没有编号为 %(key)s 的客户，或您看不到它。") % {"key": key})
    return found


@transaction.atomic
def rate_account(*, by: Principal, key: str, factor: str, rating: int, evidence: str = "") -> None:
    """Rate a trait of account ``key`` and let its verdict and score follow."""
    account = account_named(by, key)
    rate(by=by, account=account, factor=factor, rating=rating, evidence=evidence)
    score_the_book(by=operator(because=f"{factor} of {key} was rated"), only=[account.pk])
