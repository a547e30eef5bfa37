"""A list of contacts comes in as a file, with the ground, purpose and source for rows that do not say.

It can be tried first. Nothing is kept of a refused row but on the page that shows it: there it is mended, or
its file is handed back from the one that is still chosen.
"""

from __future__ import annotations

import json
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from changqing.base.refused import Refused
from changqing.contacts.actions import take_back
from changqing.contacts.queries import contact_method
from changqing.contacts.rules import COLUMNS
from changqing.journeys.bring_contacts import ContactsTold, SentBack, bring_in_contacts, bring_in_mended
from changqing.journeys.give_out import XLSX, write_contacts_template
from changqing.people.permissions import check_may
from changqing.web.components.lists import Column
from changqing.web.imports.giving import TYPES
from changqing.web.persons.words import field_names
from changqing.web.reader import reader

FIELDS = ("basis", "purpose", "source")
SHOWN = 200
ENDINGS = (".csv", ".txt", ".tsv", ".xlsx")
ROW = re.compile(r"row-(\d{1,9})", re.ASCII)
CELL = re.compile(r"cell-(\d{1,9})-([a-z_]{1,20})", re.ASCII)


@require_http_methods(["GET", "POST"])
def bring_in(request: HttpRequest) -> HttpResponseBase:
    """The form; or what came, changed and was refused, row by row, or would be."""
    check_may(reader(request), "edit accounts")
    if request.method == "GET":
        return render(request, "persons/import.html", _form(request))
    is_part = bool(request.headers.get("HX-Request"))
    try:
        if request.POST.get("hand_back"):
            return _handed_back(request)
        told = _told(request)
    except Refused as refused:
        if is_part:
            raise
        context = _form(request) | {"refusal": refused.sentence}
        return render(request, "persons/import.html", context, status=400)
    template = "persons/told.html" if is_part else "persons/import.html"
    return render(request, template, _form(request) | {"told": told})


@require_POST
def undo(request: HttpRequest) -> HttpResponseBase:
    """Take a list back that this person brought in."""
    check_may(reader(request), "edit accounts")
    try:
        deed = UUID(request.GET.get("deed", ""))
    except ValueError as wrong:
        raise Http404 from wrong
    told = take_back(by=reader(request), deed=deed)
    if told is None:
        raise Http404
    says = _("名单已撤销：移去 %(gone)s 条任职，改回 %(back)s 条；%(left)s 条后来有人改过，留着")
    messages.success(
        request,
        says % {"gone": f"{told.gone:,}", "back": f"{told.set_back:,}", "left": f"{told.left:,}"},
    )
    return redirect("contacts-import")


@require_GET
def template(request: HttpRequest) -> FileResponse:
    """A workbook to fill in, in the reader's language or the one asked for."""
    check_may(reader(request), "edit accounts")
    language = request.GET.get("lang", "")
    with tempfile.TemporaryDirectory(prefix="changqing-") as folder:
        to = Path(folder) / "template-contacts.xlsx"
        with translation.override(language if language in ("zh-hans", "en") else translation.get_language()):
            write_contacts_template(by=reader(request), to=to)
        return FileResponse(to.open("rb"), as_attachment=True, filename=to.name, content_type=TYPES[XLSX])


def _form(request: HttpRequest) -> dict[str, Any]:
    method, names = contact_method(), field_names()
    return {
        "fields": [
            (name, names[name], list(method.terms(name).items()), request.POST.get(name, ""))
            for name in FIELDS
        ]
    }


def _defaults(request: HttpRequest) -> dict[str, str]:
    return {name: request.POST.get(name, "") for name in FIELDS}


@dataclass(frozen=True)
class ShownRow:
    """A refused row with all it says, and the cells in which it can be mended."""

    sent: SentBack
    whole: str
    cells: list[tuple[str, str, str]]


@dataclass(frozen=True)
class ShownContacts:
    """What there is to tell of a list: done, or on trial."""

    title: str
    undo_url: str
    is_trial: bool
    is_mended: bool
    refused: int
    refused_title: str
    rows: list[ShownRow]
    bad: list[tuple[int, str, str]]
    left_out: str
    columns: list[Column]

    @property
    def more(self) -> int:
        return self.refused - len(self.rows) - len(self.bad)


def _told(request: HttpRequest) -> ShownContacts:
    by, defaults = reader(request), _defaults(request)
    if request.POST.get("mended"):
        told = bring_in_mended(by=by, rows=_mended(request), defaults=defaults)
        return _shown(told, is_mended=True)
    is_trial = bool(request.POST.get("trial"))
    with tempfile.TemporaryDirectory(prefix="contacts-", dir=settings.FOLDER.scratch) as folder:
        path = _given(request, Path(folder))
        return _shown(
            bring_in_contacts(by=by, path=path, defaults=defaults, is_trial=is_trial), is_trial=is_trial
        )


def _handed_back(request: HttpRequest) -> FileResponse:
    """The refused rows of the chosen file in the format it came in; what is in already stays as it is."""
    with tempfile.TemporaryDirectory(prefix="contacts-", dir=settings.FOLDER.scratch) as folder:
        path = _given(request, Path(folder))
        to = Path(folder) / f"refused{'.xlsx' if path.suffix.lower() == '.xlsx' else '.csv'}"
        bring_in_contacts(
            by=reader(request), path=path, defaults=_defaults(request), refused_to=to, is_trial=True
        )
        if not to.exists():
            raise Refused(_("这份文件没有退回的行。"))
        return FileResponse(to.open("rb"), as_attachment=True, filename=to.name)


def _given(request: HttpRequest, folder: Path) -> Path:
    given = request.FILES.get("file")
    if not isinstance(given, UploadedFile):
        raise Refused(_("请选一个文件。"), field="file")
    name = Path(given.name or "contacts.csv").name[-120:]
    if not name.lower().endswith(ENDINGS):
        raise Refused(_("只收 CSV 和 XLSX。"), field="file")
    path = folder / name
    with path.open("wb") as file:
        for chunk in given.chunks():
            file.write(chunk)
    return path


def _mended(request: HttpRequest) -> dict[int, dict[str, str]]:
    """Rows by their place as the page sent them: all that a row said, then what was written over it."""
    rows: dict[int, dict[str, str]] = {}
    for name, value in request.POST.items():
        if found := ROW.fullmatch(name):
            try:
                said = json.loads(str(value))
            except ValueError as wrong:
                raise BadRequest("row") from wrong
            if not isinstance(said, dict):
                raise BadRequest("row")
            rows[int(found[1])] = {key: str(said[key]) for key in COLUMNS if key in said}
    for name, value in request.POST.items():
        if (found := CELL.fullmatch(name)) and int(found[1]) in rows and found[2] in COLUMNS:
            rows[int(found[1])][found[2]] = str(value).strip()
    return rows


def _shown(told: ContactsTold, *, is_trial: bool = False, is_mended: bool = False) -> ShownContacts:
    done = told.entered
    says = (
        _("会新增 %(came)s 条任职，更改 %(changed)s 条，相同 %(same)s 条；什么都还没写入")
        if is_trial
        else _("新增 %(came)s 条任职，更改 %(changed)s 条，相同 %(same)s 条")
    )
    names, has_news = field_names(), bool(done.came + done.changed)
    return ShownContacts(
        title=says % {name: f"{getattr(done, name):,}" for name in ("came", "changed", "same")},
        undo_url=f"{reverse('contacts-undo')}?deed={done.deed}" if has_news and done.deed else "",
        is_trial=is_trial,
        is_mended=is_mended,
        refused=told.refused,
        refused_title=ngettext("退回 %(count)s 行", "退回 %(count)s 行", told.refused)
        % {"count": f"{told.refused:,}"},
        rows=[_row(sent, names) for sent in told.sent_back[:SHOWN]],
        bad=[(each.row, each.reason, each.text) for each in told.bad[:SHOWN]],
        left_out=_("没有读入这些列，工作用不到的个人信息不保存：%(columns)s")
        % {"columns": _("、").join(told.left_out)}
        if told.left_out
        else "",
        columns=[
            Column(label=pgettext("column", "行"), number=True),
            Column(label=_("改这一格")),
            Column(label=_("为什么")),
        ],
    )


def _row(sent: SentBack, names: dict[str, str]) -> ShownRow:
    """Whose row it is can be seen and changed too: the account and the name, beside the field at fault."""
    shown = dict.fromkeys(("account", "name", sent.field or "name"))
    return ShownRow(
        sent=sent,
        whole=json.dumps(dict(sent.said), ensure_ascii=False),
        cells=[(name, names[name], sent.said.get(name, "")) for name in shown],
    )
