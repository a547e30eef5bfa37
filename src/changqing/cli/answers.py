"""Ranking and the answers of reports, as JSON for machines and a few lines for people."""

from __future__ import annotations

import json
from argparse import Namespace
from typing import Any

from changqing.base.refused import Refused
from changqing.cli.book import opened, principal
from changqing.cli.words import gettext as _

HEADLINES = (
    "accounts",
    "buying_accounts",
    "orders",
    "lines",
    "revenue",
    "margin",
    "top20_share",
    "accounts_to_80",
    "loss_making",
    "whale_peak",
    "gini",
    "hhi",
    "as_of",
)


def rank(words: Namespace) -> int:
    with opened():
        from changqing.journeys.rank_book import rank_book

        rank_book(by=principal(words))
        print(_("排名已重新计算。"))
    return 0


def portfolio(words: Namespace) -> int:
    with opened():
        from changqing.reports.portfolio import portfolio as report
        from changqing.reports.worth import portfolio_json

        by = principal(words)
        found = report(by, words.period)
        more = portfolio_json(by) | ({"history": found.history_json()} if words.history else {})
        _show(found.as_json() | more, is_json=words.json)
    return 0


def account(words: Namespace) -> int:
    with opened():
        from changqing.people.permissions import Part
        from changqing.reports.account import account_page
        from changqing.reports.approach import approach_page
        from changqing.reports.receivables import receivables_of
        from changqing.reports.why import warnings_json
        from changqing.reports.worth import account_json, judged

        by = principal(words)
        page = account_page(by, words.key)
        if page is None:
            raise Refused(_("没有编号为 %(key)s 的客户，或您看不到它。") % {"key": words.key})
        owes = None if Part.REVENUE in page.hidden else receivables_of(by, words.key)
        more = account_json(judged(by, page.account)) | {"receivables": owes.as_json() if owes else None}
        more["warnings"] = warnings_json(by, page.account)
        grows = approach_page(by, words.key)
        more |= grows.as_json() if grows else {}
        _show(page.as_json() | more, is_json=words.json)
    return 0


def growth(words: Namespace) -> int:
    """What stays, what follows the first sale, cohorts, hands, and what effort brings."""
    with opened():
        from changqing.reports.growth import growth as report

        found = report(principal(words))
        _show(found.as_json() if found else {}, is_json=words.json)
    return 0


def book(words: Namespace) -> int:
    """What the book says of itself."""
    with opened():
        from changqing.reports.self_told import book_self

        found = book_self(principal(words))
        _show(found.as_json() if found else {}, is_json=words.json)
    return 0


def receivables(words: Namespace) -> int:
    """What is owed: by age, days outstanding, bills held, what the waiting costs."""
    with opened():
        from changqing.reports.receivables import receivables as report

        found = report(principal(words))
        if words.json:
            print(json.dumps(found.as_json(), ensure_ascii=False, indent=2))
            return 0
        for one in found.owed:
            print(
                _("%(currency)s：应收 %(open)s，其中逾期 %(overdue)s（%(items)s 笔）；未核销的回款 %(left)s")
                % {
                    "currency": one.currency,
                    "open": f"{one.open:,.2f}",
                    "overdue": f"{one.overdue:,.2f}",
                    "items": f"{one.late_items:,}",
                    "left": f"{one.left_over:,.2f}",
                }
            )
            for code, amount in one.buckets.items():
                print(f"  {found.bucket_name(code) or _('未到期'):<16} {amount:>20,.2f}")
        if found.dso is not None:
            print(_("周转天数 %(days)s 天") % {"days": found.dso})
        if not found.owed:
            print(_("账本里没有发票和回款，所以没有应收。"))
    return 0


def _show(said: dict[str, Any], *, is_json: bool) -> None:
    if is_json:
        print(json.dumps(said, ensure_ascii=False, indent=2))
        return
    for name, value in said.items():
        if name in HEADLINES or not isinstance(value, (dict, list)):
            print(f"{name:>24}  {value}")
