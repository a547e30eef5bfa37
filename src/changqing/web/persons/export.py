"""The list of persons as a file: who is shown, with mail and phone where the reader may see them."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from changqing.base.refused import Refused
from changqing.contacts.queries import AskedPersons, Person, contact_method, posts_of, readable_posts
from changqing.records.actions import log_read
from changqing.reports.take_away import most_rows
from changqing.web.accounts.export import CSV, XLSX, Cell, to_take_away
from changqing.web.reader import reader


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
    rows: list[list[Cell]] = [[*_headings()]]
    for post in posts:
        may_read = post.pk in readable
        rows.append(
            [
                post.person.name,
                post.account.key,
                post.account.name,
                post.title,
                post.department,
                post.since,
                post.until,
                post.email if may_read else _("无权查看"),
                post.phone if may_read else _("无权查看"),
                *(
                    method.terms(name).get(getattr(post, name), "") if may_read else _("无权查看")
                    for name in ("basis", "purpose", "source")
                ),
            ]
        )
    return to_take_away(rows, "people", shape)


def _headings() -> list[str]:
    return [
        _("姓名"),
        _("客户编码"),
        _("客户名称"),
        _("职务"),
        _("部门"),
        _("任职起"),
        _("任职止"),
        _("工作邮箱"),
        _("工作电话"),
        _("合法依据"),
        _("用途"),
        _("来源"),
    ]
