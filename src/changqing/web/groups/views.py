"""The ranking of groups, and one group's tree."""

from __future__ import annotations

import re

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from changqing.reports.group import PER_PAGE, GroupTree, group_tree, ranked_groups
from changqing.web.components.lists import Choice, Column
from changqing.web.reader import reader


@require_GET
def groups(request: HttpRequest) -> HttpResponse:
    asked = request.GET.get("page", "1")
    page = max(1, int(asked)) if re.fullmatch(r"[0-9]{1,5}", asked, re.ASCII) else 1
    found, total = ranked_groups(reader(request), page=page)
    title = (
        ngettext("%(count)s 个集团，按收入排", "%(count)s 个集团，按收入排", total) % {"count": f"{total:,}"}
        if total
        else _("还没有集团")
    )
    told = {
        "title": title,
        "groups": list(enumerate(found, (page - 1) * PER_PAGE + 1)),
        "columns": [
            Column(label=_("名次"), number=True),
            Column(label=_("集团")),
            Column(label=_("公司数"), number=True),
            Column(label=_("收入"), number=True),
            Column(label=_("毛利"), number=True),
        ],
        "number": page,
        "pages": max(1, -(-total // PER_PAGE)),
        "total": total,
        "per_page": PER_PAGE,
        "currency": settings.BOOK_CURRENCY,
        "views": [
            Choice(label=_("按客户"), url=reverse("accounts")),
            Choice(label=_("按集团"), url=reverse("groups"), current=True),
        ],
    }
    return render(request, "groups/page.html", told)


@require_GET
def tree(request: HttpRequest, key: str) -> HttpResponse:
    found = group_tree(reader(request), key)
    if found is None:
        raise Http404
    told = {
        "found": found,
        "title": _title(found),
        "currency": settings.BOOK_CURRENCY,
        "columns": [
            Column(label=_("公司")),
            Column(label=_("自己的收入"), number=True, wide=True),
            Column(label=_("连同下属的收入"), number=True),
            Column(label=_("连同下属的毛利"), number=True, wide=True),
            Column(label=_("认识的人"), number=True, wide=True),
        ],
    }
    return render(request, "groups/tree.html", told)


def _title(found: GroupTree) -> str:
    count = {"count": f"{found.seen:,}"}
    if found.is_whole:
        return ngettext("集团里有 %(count)s 家公司", "集团里有 %(count)s 家公司", found.seen) % count
    # the same words whether there are none beside or few
    told = ngettext("您看到集团里的 %(count)s 家公司", "您看到集团里的 %(count)s 家公司", found.seen) % count
    if found.hidden:
        told += _("，另有 %(hidden)s 家不显示、也不计入") % {"hidden": f"{found.hidden:,}"}
    return told
