"""Departments: a tree to add to, rename, move about and take empty branches from."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from changqing.base.refused import Refused
from changqing.journeys.keep_departments import (
    add_department,
    delete_department,
    move_department,
    rename_department,
)
from changqing.people.queries import check_may_keep_users, department_tree
from changqing.web.reader import reader
from changqing.web.settings.forms import DepartmentForm, department_choices
from changqing.web.settings.sections import section_page

Made = TypeVar("Made")
HERE = "settings-departments"


@require_http_methods(["GET", "POST"])
def departments(request: HttpRequest) -> HttpResponse:
    by = reader(request)
    check_may_keep_users(by)
    given = request.POST if request.method == "POST" else None
    form = DepartmentForm(given, departments=department_choices())
    if form.is_valid():
        try:
            made = add_department(by=by, door="web", **form.cleaned_data)
            messages.success(request, _("已新建部门“%(name)s”。") % {"name": made.name})
            return redirect(HERE)
        except Refused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.sentence)
    tree = department_tree()
    told = ngettext("%(count)d 个部门", "%(count)d 个部门", len(tree)) % {"count": len(tree)}
    return section_page(
        request,
        "settings/departments.html",
        "departments",
        title=told if tree else _("还没有部门"),
        caption=_("部门负责人看得到本部门和下级部门的客户；移动部门，他看到的随之改变。"),
        form=form,
        tree=tree,
        choices=department_choices()[1:],
    )


@require_POST
def rename(request: HttpRequest, pk: int) -> HttpResponse:
    made = _or_told(
        request,
        lambda: rename_department(by=reader(request), pk=pk, name=request.POST.get("name", ""), door="web"),
    )
    if made:
        messages.success(request, _("部门现在叫“%(name)s”。") % {"name": made.name})
    return redirect(HERE)


@require_POST
def move(request: HttpRequest, pk: int) -> HttpResponse:
    wanted = request.POST.get("to", "")
    if not re.fullmatch(r"[0-9]{0,9}", wanted, re.ASCII):
        raise BadRequest("to")
    to = int(wanted) if wanted else None
    done = _or_told(request, lambda: move_department(by=reader(request), pk=pk, to=to, door="web"))
    if done:
        department, _was = done
        under = department.parent.name if department.parent else _("最上层")
        messages.success(
            request, _("“%(name)s”已移到“%(under)s”。") % {"name": department.name, "under": under}
        )
    return redirect(HERE)


@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    name = _or_told(request, lambda: delete_department(by=reader(request), pk=pk, door="web"))
    if name:
        messages.success(request, _("已删除空的部门“%(name)s”。") % {"name": name})
    return redirect(HERE)


def _or_told(request: HttpRequest, deed: Callable[[], Made]) -> Made | None:
    """What the deed made; a refusal is told over the tree, which is as it was."""
    try:
        return deed()
    except Refused as refusal:
        check_may_keep_users(reader(request))
        messages.error(request, refusal.sentence)
        return None
