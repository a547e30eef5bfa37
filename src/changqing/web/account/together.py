"""Parts of the page that are read after it, several in one answer.

Each has an address of its own too, for when it alone is asked for again. Asked together they pay once for
session, reader, rights and whatever several of them read (``base.once``), and each takes its place by its id.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import date
from urllib.parse import urlencode

from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString

from changqing.accounts.queries import Part, account_by_key
from changqing.base.refused import Refused
from changqing.reports.account import AccountPage
from changqing.web.account.approach import approach_part
from changqing.web.account.history import history
from changqing.web.account.lines import lines_part
from changqing.web.account.owing import owing
from changqing.web.account.rhythm import rhythm_part
from changqing.web.account.value import value_part
from changqing.web.account.why import why_part
from changqing.web.groups.views import tree
from changqing.web.keeping.views import archive
from changqing.web.merging.views import record
from changqing.web.reader import reader
from changqing.web.team.views import team

PARTS: dict[str, Callable[[HttpRequest, str], HttpResponse]] = {
    "why": why_part,
    "value": value_part,
    "approach": approach_part,
    "track": rhythm_part,
    "lines": lines_part,
    "receivables": owing,
    "team": team,
    "history": history,
    "group": tree,
    "archive": archive,
    "record": record,
}
# What is asked for together: judgements; how to go about it; the ledger's files; what is owed and known; what
# people did. What fails, fails with those that read the same.
GROUPS = (
    ("why", "value"),
    ("approach",),
    ("track", "lines"),
    ("receivables", "group", "archive"),
    ("team", "history", "record"),
)
# those that this page answers; the others have a page of their own
OF_ITS_OWN = frozenset(PARTS) - {"team", "group", "archive", "record"}
OF_MONEY = ("value", "approach", "track", "lines")


def together(request: HttpRequest, key: str, names: Collection[str]) -> HttpResponse:
    """The parts ``names``; one that the reader may not see is left out, as its place is on the page."""
    if not set(names) <= set(PARTS):
        raise BadRequest("of")
    if account_by_key(reader(request), key) is None:
        raise Http404
    return render(request, "account/together.html", {"parts": _shown(request, key, names)})


def _shown(request: HttpRequest, key: str, names: Iterable[str]) -> list[tuple[str, SafeString]]:
    shown = []
    for name in names:
        try:
            answer = PARTS[name](request, key)
        except Refused:
            continue
        # a template made it
        shown.append((name, SafeString(answer.content.decode())))
    return shown


def addresses(found: AccountPage, day: date | None) -> list[str]:
    """Where the page asks for its parts: those it has a place for; the lines of ``day`` if it is told."""
    without = {"why"} if Part.SCORE in found.hidden else set()
    without |= {"receivables"} if Part.REVENUE in found.hidden else set()
    without |= set(OF_MONEY) if found.totals is None else set()
    groups = ([name for name in group if name not in without] for group in GROUPS)
    narrowed = {"day": day.isoformat()} if day else {}
    asked = ({"part": "together", "of": group, **narrowed} for group in groups if group)
    return [f"?{urlencode(each, doseq=True)}" for each in asked]
