"""Users: who comes in, as what and from which department; invited, changed, stopped and let in again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from changqing.base.refused import Refused
from changqing.journeys.keep_users import (
    Invited,
    charge_user,
    edit_user,
    invite_colleague,
    new_link,
    reset_factors,
    restore_user,
    stop_user,
)
from changqing.organisation.queries import second_factors, users_with_second_factor, waiting_links
from changqing.people.permissions import ROLES, SEES_THE_DEPARTMENT
from changqing.people.queries import (
    USER_SORTS,
    USERS_PER_PAGE,
    User,
    UsersAsked,
    charges_of,
    check_may_keep_users,
    department_tree,
    user_to_keep,
    users_asked,
)
from changqing.web.components.lists import Choice, Column
from changqing.web.reader import reader
from changqing.web.settings.forms import ChargeForm, InviteForm, UserForm, department_choices
from changqing.web.settings.sections import section_page
from changqing.web.settings.step_up import recently_proved

LIST, ONE = "settings-users", "settings-user"
STATES = ("active", "stopped", "all")
KNOWN = {"q", "role", "department", "state", "sort", "page"}


@dataclass(frozen=True)
class Row:
    user: User
    has_factor: bool
    link_until: datetime | None


@require_GET
def users(request: HttpRequest) -> HttpResponse:
    by, asked = reader(request), _asked(request)
    found, total = users_asked(by, asked)
    ids = [user.pk for user in found]
    protected, links = users_with_second_factor(ids), waiting_links(ids, now=timezone.now())
    return section_page(
        request,
        "settings/users.html",
        "users",
        title=_title(asked, total),
        rows=[Row(user, user.pk in protected, links.get(user.pk)) for user in found],
        asked=asked,
        columns=_columns(),
        roles=ROLES,
        departments=department_tree(),
        states=_states(request, asked),
        total=total,
        pages=max(1, -(-total // USERS_PER_PAGE)),
        per_page=USERS_PER_PAGE,
    )


def _asked(request: HttpRequest) -> UsersAsked:
    query = request.GET
    if unknown := set(query) - KNOWN:
        raise BadRequest(f"unknown: {sorted(unknown)[0][:60]}")
    sort, state, role = query.get("sort") or "name", query.get("state") or "active", query.get("role", "")
    numbers = [query.get(name, "") for name in ("department", "page")]
    fits = (
        sort.removeprefix("-") in USER_SORTS
        and state in STATES
        and (not role or role in dict(ROLES))
        and all(re.fullmatch(r"[0-9]{0,9}", number, re.ASCII) for number in numbers)
    )
    if not fits:
        raise BadRequest("no such filter")
    department, page = (int(number or 0) for number in numbers)
    words = query.get("q", "").replace("\0", "").strip()[:100]
    return UsersAsked(words, role, department or None, state, sort, max(page, 1))


def _title(asked: UsersAsked, total: int) -> str:
    if asked.words or asked.role or asked.department:
        told = ngettext("找到 %(count)d 位用户", "找到 %(count)d 位用户", total)
    elif asked.state == "stopped":
        told = ngettext("%(count)d 位用户已停用", "%(count)d 位用户已停用", total)
    else:
        told = ngettext("%(count)d 位同事可以登录", "%(count)d 位同事可以登录", total)
    return told % {"count": total}


def _columns() -> list[Column]:
    return [
        Column(label=_("姓名"), key="name"),
        Column(label=_("角色"), key="role"),
        Column(label=_("部门"), key="department", wide=True),
        Column(label=_("第二步验证"), wide=True),
        Column(label=_("最近登录"), key="seen", number=True, wide=True),
    ]


def _states(request: HttpRequest, asked: UsersAsked) -> list[Choice]:
    labels = {"active": _("在用"), "stopped": _("已停用"), "all": _("全部")}
    made = []
    for state in STATES:
        query = request.GET.copy()
        query.pop("page", None)
        query["state"] = state
        made.append(Choice(label=labels[state], url=f"?{query.urlencode()}", current=state == asked.state))
    return made


@recently_proved(back_to=LIST)
@require_http_methods(["GET", "POST"])
def invite(request: HttpRequest) -> HttpResponse:
    by = reader(request)
    check_may_keep_users(by)
    form = InviteForm(request.POST if request.method == "POST" else None, departments=department_choices())
    if form.is_valid():
        try:
            made = invite_colleague(by=by, now=timezone.now(), door="web", **form.cleaned_data)
            return _link_page(request, made, _("%(name)s 已被邀请，请把链接交给他"))
        except Refused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.sentence)
    return section_page(
        request, "settings/invite.html", "users", title=_("邀请一位同事，他用链接自己选密码"), form=form
    )


def _link_page(request: HttpRequest, made: Invited, words: str) -> HttpResponse:
    """The one time that the link is shown."""
    link = request.build_absolute_uri(reverse("join", args=[made.code]))
    title = words % {"name": made.user.full_name}
    return section_page(request, "settings/link.html", "users", title=title, link=link, person=made.user)


@require_http_methods(["GET", "POST"])
def user(request: HttpRequest, pk: int) -> HttpResponse:
    by = reader(request)
    person = user_to_keep(by, pk)
    if person is None:
        raise Http404
    if request.method == "POST":
        return change(request, pk=pk)
    return _user_page(request, person, _user_form(person))


def _user_form(person: User, given: Any = None) -> UserForm:
    now = {"role": person.role, "department": person.department_id, "version": person.version}
    return UserForm(given, initial=now, departments=department_choices())


@recently_proved(back_to=ONE)
def change(request: HttpRequest, pk: int) -> HttpResponse:
    person = user_to_keep(reader(request), pk)
    if person is None:
        raise Http404
    form = _user_form(person, request.POST)
    if form.is_valid():
        try:
            edit_user(by=reader(request), pk=person.pk, door="web", **form.cleaned_data)
            messages.success(request, _("已保存，下一次点击就生效。"))
            return redirect(ONE, pk=person.pk)
        except Refused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.sentence)
            form.data = {**request.POST.dict(), "version": str(person.version)}
    return _user_page(request, person, form)


@recently_proved(back_to=ONE)
@require_POST
def charge(request: HttpRequest, pk: int) -> HttpResponse:
    """The person answers for one more department, or for one no longer."""
    person = user_to_keep(reader(request), pk)
    if person is None:
        raise Http404
    form = ChargeForm(request.POST, departments=department_choices())
    if form.is_valid():
        try:
            charge_user(by=reader(request), pk=pk, door="web", **form.cleaned_data)
            messages.success(request, _("已保存，下一次点击就生效。"))
            return redirect(ONE, pk=pk)
        except Refused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.sentence)
    return _user_page(request, person, _user_form(person), form)


def _user_page(
    request: HttpRequest, person: User, form: UserForm, charging: ChargeForm | None = None
) -> HttpResponse:
    links = waiting_links([person.pk], now=timezone.now())
    return section_page(
        request,
        "settings/user.html",
        "users",
        title=person.full_name,
        caption=f"{person.username} · {person.get_role_display()}"
        + (f" · {person.department}" if person.department else ""),
        person=person,
        form=form,
        charging=charging or ChargeForm(departments=department_choices()),
        charges=charges_of(person),
        has_charges=person.role in SEES_THE_DEPARTMENT,
        factors=second_factors(person),
        link_until=links.get(person.pk),
        is_oneself=person.pk == reader(request).pk,
    )


@recently_proved(back_to=ONE)
@require_POST
def link(request: HttpRequest, pk: int) -> HttpResponse:
    made = new_link(by=reader(request), pk=pk, now=timezone.now(), door="web")
    return _link_page(request, made, _("%(name)s 的旧密码已作废，请把新链接交给他"))


@recently_proved(back_to=ONE)
@require_POST
def clear_factors(request: HttpRequest, pk: int) -> HttpResponse:
    reset_factors(by=reader(request), pk=pk, because=request.POST.get("because", ""), door="web")
    messages.success(request, _("第二步验证已重置，他的登录都已结束。"))
    return redirect(ONE, pk=pk)


@recently_proved(back_to=ONE)
@require_POST
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    stop_user(by=reader(request), pk=pk, now=timezone.now(), door="web")
    messages.success(request, _("已停用：他的登录和链接都已结束。可以随时恢复。"))
    return redirect(ONE, pk=pk)


@recently_proved(back_to=ONE)
@require_POST
def restore(request: HttpRequest, pk: int) -> HttpResponse:
    restore_user(by=reader(request), pk=pk, door="web")
    messages.success(request, _("已恢复，他可以用原来的密码登录。"))
    return redirect(ONE, pk=pk)
