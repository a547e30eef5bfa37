"""The list of persons as a file: who is shown, with mail and phone where the reader may see them.

Brought in again it changes nothing.
"""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from changqing.base.refused import Refused
from changqing.contacts.queries import (
    AskedPersons,
    Contact,
    Person,
    contact_method,
    posts_of,
    readable_posts,
)
from changqing.contacts.rules import ContactMethod
from changqing.records.actions import log_read
from changqing.reports.take_away import most_rows
from changqing.web.accounts.export import CSV, XLSX, Cell, to_take_away
from changqing.web.persons.words import field_names
from changqing.web.reader import reader

CODES = ("basis", "purpose", "source")
# what is told only to whom the contacts of the account are told
OF_THE_PERSON = {"email", "phone", "retain_until", *CODES}


def export(request: HttpRequest, persons: QuerySet[Person], asked: AskedPersons) -> HttpResponse:
    """One row a post; Refused when there are more than this person may take away at once."""
    who = reader(request)
    shape = XLSX if request.GET["export"] == XLSX else CSV
    found = list(persons[: most_rows(who) + 1])
    posts = list(posts_of(who, found))
    if len(posts) > most_rows(who) or len(found) > most_rows(who):
        raise Refused(
            _("这份名单有 %(count)s 条，您一次最多导出 %(most)s 条。请先加筛选条件，或请运营同事代为导出。")
            % {"count": f"{max(len(posts), len(found)):,}", "most": f"{most_rows(who):,}"}
        )
    log_read(
        by=who,
        what="export",
        subject=("persons", shape),
        rows=len(posts),
        asked={"state": asked.state, "searched": bool(asked.words), "sort": asked.sort},
    )
    readable, method = readable_posts(who, [post.pk for post in posts]), contact_method()
    fields = _fields()
    rows: list[list[Cell]] = [list(fields.values())]
    for post in posts:
        rows.append([_cell(post, name, may_read=post.pk in readable, method=method) for name in fields])
    return to_take_away(rows, "people", shape)


def _fields() -> dict[str, str]:
    """The columns that a list brings in again, with the account's name beside its key."""
    names = field_names()
    first = {name: names.pop(name) for name in ("name", "account")}
    return {**first, "account_name": _("客户名称"), **names}


def _cell(post: Contact, name: str, *, may_read: bool, method: ContactMethod) -> Cell:
    told: dict[str, Cell] = {
        "name": post.person.name,
        "account": post.account.key,
        "account_name": post.account.name,
    }
    if name in told:
        return told[name]
    if not may_read and name in OF_THE_PERSON:
        return _("无权查看")
    value: Cell = getattr(post, name)
    return method.terms(name).get(str(value), "") if name in CODES else value
