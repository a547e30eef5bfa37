"""The list of persons and the page of one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import BadRequest
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from changqing.base.refused import Refused
from changqing.contacts.actions import merge_persons, rename_person, unmerge_persons
from changqing.contacts.queries import (
    SORTS,
    AskedPersons,
    Contact,
    Person,
    contact_method,
    editable_posts,
    hidden_posts,
    likely_the_same,
    merges_of,
    person_by_pk,
    persons_asked,
    posts_of,
    readable_posts,
)
from changqing.journeys.know_people import forget_person, tell_subject
from changqing.people.permissions import READS_ARE_LOGGED, may
from changqing.records.actions import log_read
from changqing.web.components.lists import Choice, Column
from changqing.web.persons.export import export
from changqing.web.reader import reader

PER_PAGE = 50
STATES = ("", "in-post", "left", "overdue", "groundless")
KNOWN = frozenset({"q", "state", "sort", "page", "export"})


@dataclass(frozen=True)
class ShownPerson:
    """One row of the list: the person and the newest post that the reader sees."""

    person: Person
    post: Contact | None
    more: int


@require_GET
def persons(request: HttpRequest) -> HttpResponse:
    asked, today = _asked(request), timezone.localdate()
    rows = persons_asked(reader(request), asked, today=today)
    if request.GET.get("export"):
        return export(request, rows, asked)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    shown = list(page.object_list)
    newest: dict[int, Contact] = {}
    for post in posts_of(reader(request), shown):
        newest.setdefault(post.person_id, post)
    total = page.paginator.count
    return render(
        request,
        "persons/list.html",
        {
            "title": _title(asked, total),
            "asked": asked,
            "rows": [
                ShownPerson(each, newest.get(each.pk), each.posts - 1)  # type: ignore[attr-defined]
                for each in shown
            ],
            "columns": _columns(),
            "choices": _choices(asked),
            "page": page,
            "total": total,
            "per_page": PER_PAGE,
            "today": today,
            "may_add": may(reader(request), "edit accounts"),
        },
    )


def _asked(request: HttpRequest) -> AskedPersons:
    if unknown := set(request.GET) - KNOWN:
        raise BadRequest(f"unknown: {sorted(unknown)[0][:100]}")
    state, sort = request.GET.get("state", ""), request.GET.get("sort") or "name"
    if state not in STATES or sort.removeprefix("-") not in SORTS:
        raise BadRequest("state or sort")
    return AskedPersons(
        words=request.GET.get("q", "").replace("\0", "").strip()[:100], state=state, sort=sort
    )


def _title(asked: AskedPersons, total: int) -> str:
    told = {"count": f"{total:,}"}
    if asked.state == "overdue":
        return (
            ngettext("%(count)s 人已过保留期，请复核或抹去", "%(count)s 人已过保留期，请复核或抹去", total)
            % told
        )
    if asked.state == "groundless":
        return (
            ngettext("%(count)s 人没有写明依据、用途或来源", "%(count)s 人没有写明依据、用途或来源", total)
            % told
        )
    if asked.words or asked.state:
        return ngettext("找到 %(count)s 人", "找到 %(count)s 人", total) % told
    return ngettext("我们认识客户方的 %(count)s 人", "我们认识客户方的 %(count)s 人", total) % told


def _columns() -> list[Column]:
    return [
        Column(label=_("姓名"), key="name"),
        Column(label=_("最近的任职")),
        Column(label=_("客户")),
        Column(label=_("任职起"), key="since", wide=True),
        Column(label=_("任职数"), key="posts", number=True, wide=True),
    ]


def _choices(asked: AskedPersons) -> list[Choice]:
    names = {
        "": _("所有人"),
        "in-post": _("在任"),
        "left": _("已离任"),
        "overdue": _("已过保留期"),
        "groundless": _("依据不全"),
    }
    words = f"&q={asked.words}" if asked.words else ""
    return [
        Choice(label=label, url=f"?state={state}{words}", current=state == asked.state)
        for state, label in names.items()
    ]


@dataclass(frozen=True)
class ShownPost:
    post: Contact
    is_past: bool
    may_read: bool
    may_edit: bool
    grounds: list[tuple[str, str]]


def _found(request: HttpRequest, pk: int) -> Person:
    found = person_by_pk(reader(request), pk)
    if found is None:
        raise Http404
    return found


@require_GET
def person(request: HttpRequest, pk: int) -> HttpResponse:
    found = _found(request, pk)
    if found.pk != pk:
        return redirect("person", found.pk)
    if reader(request).role in READS_ARE_LOGGED:
        log_read(by=reader(request), what="contact", subject=("person", pk))
    return _page(request, found)


def _page(request: HttpRequest, found: Person, *, said: str = "", status: int = 200) -> HttpResponse:
    who, today, method = reader(request), timezone.localdate(), contact_method()
    posts = list(posts_of(who, [found]))
    pks = [post.pk for post in posts]
    readable, editable = readable_posts(who, pks), editable_posts(who, pks)
    shown = [
        ShownPost(
            post=post,
            is_past=bool(post.until and post.until < today),
            may_read=post.pk in readable,
            may_edit=post.pk in editable,
            grounds=_grounds(post, method),
        )
        for post in posts
    ]
    return render(
        request,
        "persons/person.html",
        {
            "person": found,
            "title": _person_title(found, shown, today),
            "posts": shown,
            "hidden": hidden_posts(who, found),
            "twins": [] if found.erased_at else likely_the_same(who, found),
            "merges": merges_of(found),
            "may_edit": bool(editable) and not found.erased_at,
            "answers_subjects": may(who, "answer subject requests"),
            "said": said,
            "today": today,
        },
        status=status,
    )


def _grounds(post: Contact, method: Any) -> list[tuple[str, str]]:
    told = [
        (
            str(getattr(Contact._meta.get_field(name), "verbose_name", name)),
            method.terms(name).get(getattr(post, name), getattr(post, name)),
        )
        for name in ("basis", "purpose", "source")
    ]
    return [*told, (_("保留至"), f"{post.retain_until or ''}")]


def _person_title(found: Person, posts: list[ShownPost], today: date) -> str:
    if found.erased_at:
        return _("这个人的信息已经抹去")
    running = [shown.post for shown in posts if not shown.is_past]
    if not running:
        return _("%(name)s 现在没有我们知道的任职") % {"name": found.name}
    newest = running[0]
    told = {"name": found.name, "account": newest.account.name, "title": newest.title or _("职务不明")}
    return _("%(name)s，%(account)s的%(title)s") % told


@require_POST
def rename(request: HttpRequest, pk: int) -> HttpResponse:
    found = _found(request, pk)
    version = request.POST.get("version", "")
    return _done(
        request,
        found,
        lambda: rename_person(
            by=reader(request),
            person=found,
            version=int(version) if version.isdecimal() and len(version) < 10 else 0,
            name=request.POST.get("name", ""),
        ),
    )


@require_POST
def merge(request: HttpRequest, pk: int) -> HttpResponse:
    found = _found(request, pk)
    gone = request.POST.get("gone", "")
    other = _found(request, int(gone)) if gone.isdecimal() and len(gone) < 19 else None
    if other is None:
        raise BadRequest("gone")
    return _done(request, found, lambda: merge_persons(by=reader(request), kept=found, gone=other))


@require_POST
def unmerge(request: HttpRequest, pk: int) -> HttpResponse:
    found = _found(request, pk)
    asked = request.POST.get("merge", "")
    if not asked.isdecimal() or int(asked) not in {each.pk for each in merges_of(found)}:
        raise Http404
    return _done(request, found, lambda: unmerge_persons(by=reader(request), merge=int(asked)))


@require_POST
def export_one(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything held about the person, for whoever answers subject requests."""
    found = _found(request, pk)
    told = json.dumps(tell_subject(by=reader(request), pk=found.pk), ensure_ascii=False, indent=2)
    answer = HttpResponse(told, content_type="application/json; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="person-{found.pk}.json"'
    return answer


@require_POST
def erase(request: HttpRequest, pk: int) -> HttpResponse:
    found = _found(request, pk)
    because = request.POST.get("because", "")
    return _done(request, found, lambda: forget_person(by=reader(request), pk=found.pk, because=because))


def _done(request: HttpRequest, found: Person, deed: Any) -> HttpResponse:
    """Do it and come back to the page; a refusal is a sentence on it."""
    try:
        deed()
    except Refused as refused:
        # beside a field something was written wrongly; without one, it is not this reader's to do
        status = 409 if refused.field == "version" else 400 if refused.field else 403
        return _page(request, found, said=refused.sentence, status=status)
    return redirect("person", found.pk)
