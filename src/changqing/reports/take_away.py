"""Taking the list away as a file: how much one person may take at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from django.utils.translation import gettext as _

from changqing.base.refused import Refused
from changqing.people.permissions import SEES_THE_DEPARTMENT, Principal, User, sees_the_whole_book
from changqing.reports.accounts import AccountList, Asked, account_list

# Rows at once; a refusal says what to do, nothing is cut.
FOR_ONE, FOR_A_DEPARTMENT, FOR_THE_BOOK = 1_000, 5_000, 50_000


def most_rows(to: Principal) -> int:
    if sees_the_whole_book(to):
        return FOR_THE_BOOK
    return FOR_A_DEPARTMENT if isinstance(to, User) and to.role in SEES_THE_DEPARTMENT else FOR_ONE


def taken_away(to: Principal, asked: Asked, *, keys: Sequence[str] = ()) -> AccountList:
    """The whole list, or of it the accounts ``keys``, in order; Refused when it is too long for ``to``."""
    found = account_list(to, replace(asked, page=1), per_page=most_rows(to))
    if found.pages > 1:
        raise Refused(
            _("这份名单有 %(count)s 家，您一次最多导出 %(most)s 家。请先加筛选条件，或请运营同事代为导出。")
            % {"count": f"{found.total:,}", "most": f"{most_rows(to):,}"}
        )
    wanted = set(keys)
    return replace(found, rows=[row for row in found.rows if row.key in wanted]) if wanted else found
