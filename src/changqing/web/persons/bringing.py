"""A list of contacts comes in as a file, with the ground, purpose and source for rows that do not say."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from changqing.base.refused import Refused
from changqing.contacts.queries import contact_method
from changqing.journeys.know_people import bring_in_contacts
from changqing.people.permissions import check_may
from changqing.web.components.lists import Column
from changqing.web.reader import reader

FIELDS = ("basis", "purpose", "source")
SHOWN = 200
ENDINGS = (".csv", ".txt", ".tsv", ".xlsx")


@require_http_methods(["GET", "POST"])
def bring_in(request: HttpRequest) -> HttpResponse:
    """The form; or what came, changed and was refused, row by row, since nothing is kept of a refused one."""
    check_may(reader(request), "edit accounts")
    if request.method == "GET":
        return render(request, "persons/import.html", _form(request))
    given = request.FILES.get("file")
    try:
        if not isinstance(given, UploadedFile):
            raise Refused(_("请选一个文件。"), field="file")
        return render(request, "persons/import.html", _form(request) | _entered(request, given))
    except Refused as refused:
        context = _form(request) | {"refusal": refused.sentence}
        return render(request, "persons/import.html", context, status=400)


def _form(request: HttpRequest) -> dict[str, Any]:
    method = contact_method()
    names = {"basis": _("合法依据"), "purpose": _("用途"), "source": _("来源")}
    return {
        "fields": [
            (name, names[name], list(method.terms(name).items()), request.POST.get(name, ""))
            for name in FIELDS
        ]
    }


def _entered(request: HttpRequest, given: UploadedFile) -> dict[str, Any]:
    name = Path(given.name or "contacts.csv").name[-120:]
    if not name.lower().endswith(ENDINGS):
        raise Refused(_("只收 CSV 和 XLSX。"), field="file")
    with tempfile.TemporaryDirectory(prefix="contacts-", dir=settings.FOLDER.scratch) as folder:
        path = Path(folder) / name
        with path.open("wb") as file:
            for chunk in given.chunks():
                file.write(chunk)
        defaults = {each: request.POST.get(each, "") for each in FIELDS}
        told, left_out = bring_in_contacts(by=reader(request), path=path, defaults=defaults)
    refused = sorted(told.refused.items())
    title = _("新增 %(came)s 条任职，更改 %(changed)s 条，相同 %(same)s 条") % {
        "came": f"{told.came:,}",
        "changed": f"{told.changed:,}",
        "same": f"{told.same:,}",
    }
    return {
        "title": title,
        "refused": refused[:SHOWN],
        "refused_title": ngettext("退回 %(count)s 行", "退回 %(count)s 行", len(refused))
        % {"count": f"{len(refused):,}"},
        "columns": [Column(label=_("行")), Column(label=_("为什么"))],
        "left_out": "、".join(left_out),
    }
