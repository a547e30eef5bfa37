"""A file on trial: handed over, looked at, corrected, written. Each belongs to who handed it over."""

from __future__ import annotations

import re
import tempfile
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from changqing.base.refused import Refused
from changqing.journeys import try_import
from changqing.journeys.hand_back import hand_back_draft
from changqing.ledger.drafts import Said, places
from changqing.people.permissions import check_may
from changqing.reports.drafts import DraftView, draft_view, field_choices
from changqing.reports.imports import import_list
from changqing.web.accounts.amounts import in_words, to_the_cent
from changqing.web.imports import words
from changqing.web.imports.uploads import most_bytes, too_large
from changqing.web.reader import reader

MOST_FILES = 20
CELL = re.compile(r"cell-(\d{1,12})-(\d{1,4})", re.ASCII)
WHOLE = re.compile(r"[0-9]{1,9}", re.ASCII)


@require_POST
def hand_over_files(request: HttpRequest) -> HttpResponse:
    """Take one or several files; a single one is opened, several are listed."""
    check_may(reader(request), "bring in files")
    files = request.FILES.getlist("files")
    if too_large(request):
        raise Refused(
            _("文件超过 %(most)s MB，没有收下。请拆成几个文件再传。") % {"most": f"{most_bytes() >> 20:,}"}
        )
    if not files:
        raise Refused(_("没有收到文件。请选一个 CSV 或 XLSX 文件。"))
    if len(files) > MOST_FILES:
        raise Refused(_("一次最多传 %(most)s 份文件。") % {"most": MOST_FILES})
    taken = []
    for file in files:
        assert isinstance(file, TemporaryUploadedFile)
        try:
            path = Path(file.temporary_file_path())
            taken.append(try_import.hand_over(by=reader(request), path=path, called=file.name or "file"))
        except Refused as refused:
            messages.error(request, refused.sentence)
    return _go(request, reverse("draft", args=[taken[0].pk]) if len(taken) == 1 else reverse("imports"))


def _go(request: HttpRequest, address: str) -> HttpResponse:
    if request.headers.get("HX-Request"):
        answer = HttpResponse(status=204)
        answer["HX-Redirect"] = address
        return answer
    return redirect(address)


@require_GET
def draft_page(request: HttpRequest, pk: int) -> HttpResponse:
    view = _view(request, pk)
    if view.draft.entry_id:
        return redirect(f"{reverse('imports')}#import-{view.draft.entry_id}")
    if view.draft.state == "dropped":
        raise Http404
    return _shown(request, view)


def _view(request: HttpRequest, pk: int) -> DraftView:
    asked = request.GET.get("group", "") or request.POST.get("group", "")
    view = draft_view(reader(request), pk, group=int(asked) if WHOLE.fullmatch(asked) else 0)
    if view is None:
        raise Http404
    return view


def _shown(request: HttpRequest, view: DraftView) -> HttpResponse:
    """The page; to htmx only what is inside it."""
    part = bool(request.headers.get("HX-Request"))
    template = "imports/draft-inside.html" if part else "imports/draft.html"
    return render(request, template, _context(request, view))


def _context(request: HttpRequest, view: DraftView) -> dict[str, Any]:
    draft = view.draft
    titles = dict(field_choices(draft.kind)) if draft.kind else {}
    money = view.money
    return {
        "view": view,
        "draft": draft,
        "told": view.told,
        "title": words.title(view),
        "caption": words.caption(view),
        "step": words.step_words(view),
        "mapping_title": words.mapping_title(view) if view.columns else "",
        "columns": [(column, *words.verdict(column, view)) for column in view.columns],
        "fields": list(titles.items()),
        "meanings": words.meaning_words(view),
        "groups": [(group, words.group_title(group), words.remedy(group)) for group in view.groups],
        "money": in_words(money, view.currency) if money is not None else "",
        "money_exactly": to_the_cent(money, view.currency) if money is not None else "",
        "money_sides": [
            to_the_cent(Decimal(view.told[name]), view.currency) for name in ("money_before", "money_after")
        ]
        if money is not None
        else [],
        "others": [
            to_the_cent(Decimal(amount), code)
            for code, amount in view.told.get("other_currencies", {}).items()
        ],
        "largest": [_largest(change, view, titles) for change in view.told.get("largest", [])],
        "history": import_list(reader(request)).deeds[:5],
        "bars": _bars(view),
        "meaning": view.told.get("meaning") or draft.meaning or "lines",
        "meaning_choices": _meanings(view),
        "days": _days(view),
        "lone_column": _lone_column(view),
        "has_guesses": any(cell.guess for line in view.lines for cell in line.cells),
    }


def _lone_column(view: DraftView) -> str:
    """The one column in which all cells shown are to be mended, if it is one."""
    headers = {cell.header for line in view.lines for cell in line.cells}
    return headers.pop() if len(headers) == 1 else ""


def _meanings(view: DraftView) -> list[tuple[str, tuple[str, str]]]:
    """The meanings this file can have, each with its consequence."""
    says = words.meaning_words(view)
    titles = {"lines": _("逐行更新"), "orders": _("整单更新"), "period": _("整段账期")}
    has_orders = any(column.field == "order_no" for column in view.columns)
    return [(name, (titles[name], says[name])) for name in titles if name != "orders" or has_orders]


def _days(view: DraftView) -> tuple[str, str]:
    """The days of a whole period: as said, else those that the file covers."""
    said = (view.draft.from_day, view.draft.to_day)
    found = (*view.told.get("days", []), "", "")[:2]
    return tuple(day.isoformat() if day else other for day, other in zip(said, found, strict=True))  # type: ignore[return-value]


def _largest(change: dict[str, Any], view: DraftView, titles: dict[str, str]) -> dict[str, Any]:
    """One of the largest changes as the page says it."""
    sides = [None if change[side] is None else Decimal(change[side]) for side in ("old", "new")]
    told = [words.changed_words(view.draft.kind, each, titles) for each in change["fields"]]
    return {
        **change,
        "old": "" if sides[0] is None else to_the_cent(sides[0], view.currency),
        "new": "" if sides[1] is None else to_the_cent(sides[1], view.currency),
        "told": _("；").join(told),
    }


def _bars(view: DraftView) -> list[tuple[str, int, int]]:
    """(tone, from, width) of the four counts as shares of the file, in thousandths."""
    if not view.is_tried or not view.rows:
        return []
    counts = [("came", view.told["came"]), ("changed", view.told["changed"])]
    counts += [("same", view.told["same"] + view.skipped), ("refused", view.refused)]
    bars, at = [], 0
    for tone, rows in counts:
        width = round(1000 * rows / view.rows)
        # what there is can be seen
        width = max(width, 6) if rows else 0
        width = min(width, 1000 - at)
        bars.append((tone, at, width))
        at += width
    return bars


@require_POST
def say(request: HttpRequest, pk: int) -> HttpResponse:
    """Take in what the owner says: kind, columns, meaning, answers, mended cells."""
    view = _view(request, pk)
    version = _version(request)
    said = _said(request.POST, view)
    if try_import.say(by=reader(request), pk=pk, version=version, said=said) is None:
        raise Http404
    if not request.headers.get("HX-Request"):
        return redirect("draft", pk)
    return _shown(request, _view(request, pk))


def _version(request: HttpRequest) -> int:
    asked = request.POST.get("version", "")
    return int(asked) if WHOLE.fullmatch(asked) else 0


def _said(posted: QueryDict, view: DraftView) -> Said:
    """What a posted form says of the draft; a form without columns speaks of mended cells alone."""
    if "columns" not in posted:
        return Said(mends=_mends(posted, view))
    kind = posted.get("kind", view.draft.kind)
    given, left_out = _columns(posted, view)
    meaning = posted.get("meaning", "")
    return Said(
        kind=kind,
        sheet=posted.get("sheet"),
        source_code=_source(posted),
        meaning=meaning if meaning in ("lines", "orders", "period") else "",
        from_day=_day(posted.get("from_day", "")),
        to_day=_day(posted.get("to_day", "")),
        unknown=posted.get("unknown") or None,
        given=given if kind == view.draft.kind else None,
        left_out=left_out if kind == view.draft.kind else None,
        wishes=_wishes(posted, view),
        mends=_mends(posted, view),
    )


def _columns(
    posted: QueryDict, view: DraftView
) -> tuple[dict[str, list[dict[str, Any]]], list[dict[str, Any]]]:
    known = dict(field_choices(view.draft.kind)) if view.draft.kind else {}
    given: dict[str, list[dict[str, Any]]] = {}
    left_out = []
    for column, place in zip(view.columns, places(view.draft.survey["header"]), strict=True):
        field = posted.get(f"column-{column.index}", "")
        if field in known:
            given.setdefault(field, []).append(place)
        else:
            left_out.append(place)
    for field, columns in given.items():
        if len(columns) > 1 and field != "region":
            raise Refused(
                _("有 %(count)s 列都对应“%(field)s”（%(columns)s）。一个字段只能取自一列。")
                % {
                    "count": len(columns),
                    "field": known[field],
                    "columns": _("、").join(place["header"] for place in columns),
                }
            )
    return given, left_out


def _source(posted: QueryDict) -> str:
    """The code of the source chosen, or of a new one."""
    new = posted.get("new_source", "").strip().lower()
    if posted.get("source") == "" and new:
        if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,39}", new):
            raise Refused(_("来源的代号用小写字母、数字和短横，例如 erp-east。"), field="new_source")
        return new
    chosen = posted.get("source", "")
    return chosen if re.fullmatch(r"[a-zA-Z0-9_-]{1,40}", chosen) else ""


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _wishes(posted: QueryDict, view: DraftView) -> dict[str, Any]:
    wishes = dict(view.wishes)
    if "tax_rate" in posted:
        wishes["tax_rate"] = _rate(posted.get("tax_rate", ""))
    if "first" in posted:
        wishes["first"] = posted["first"] if posted["first"] in ("day", "month") else ""
    if "decimal_comma" in posted:
        wishes["decimal_comma"] = {"comma": True, "point": False}.get(posted.get("decimal_comma", ""))
    if "currency" in posted:
        code = posted.get("currency", "").strip().upper()
        wishes["currency"] = code if re.fullmatch(r"[A-Z]{3}", code) else ""
    return wishes


def _rate(text: str) -> str | None:
    """A share as text: 13, 13% and 0.13 are .13."""
    told = text.strip().removesuffix("%").strip()
    if not told:
        return None
    try:
        rate = Decimal(told)
    except InvalidOperation:
        rate = Decimal(-1)
    if text.strip().endswith("%") or rate >= 1:
        rate /= 100
    if not rate.is_finite() or not 0 <= rate < 1:
        raise Refused(_("税率写成 13% 或 0.13。"), field="tax_rate")
    return str(rate.normalize())


def _mends(posted: QueryDict, view: DraftView) -> dict[str, dict[str, str]]:
    """The cells that were written anew; with ``accept`` the best guesses of the group shown."""
    if "accept" in posted:
        return {
            str(line.file_row): {str(cell.column): cell.guess.text for cell in line.cells if cell.guess}
            for line in view.lines
        }
    shown = {(line.file_row, cell.column): cell.value for line in view.lines for cell in line.cells}
    mends: dict[str, dict[str, str]] = {}
    for name, text in posted.items():
        found = CELL.fullmatch(name)
        if not found:
            continue
        place = (int(found[1]), int(found[2]))
        # only what this page showed, and only what is other than it was
        if place in shown and str(text) != shown[place]:
            mends.setdefault(str(place[0]), {})[str(place[1])] = str(text)
    return mends


@require_POST
def start(request: HttpRequest, pk: int) -> HttpResponse:
    """Write the file into the book; a second click finds it on its way."""
    entry = try_import.start(by=reader(request), pk=pk, version=_version(request))
    if entry is None:
        raise Http404
    return redirect(f"{reverse('imports')}#import-{entry.pk}")


@require_POST
def start_all(request: HttpRequest) -> HttpResponse:
    """Write all files that are ready, accounts before the orders that name them."""
    check_may(reader(request), "bring in files")
    pairs = [text.split(":") for text in request.POST.getlist("draft")[:MOST_FILES]]
    versions = [
        (int(pair[0]), int(pair[1]))
        for pair in pairs
        if len(pair) == 2 and all(WHOLE.fullmatch(part) for part in pair)
    ]
    begun = try_import.start_all(by=reader(request), versions=versions)
    messages.success(
        request,
        ngettext("%(count)s 份文件已交去写入。", "%(count)s 份文件已交去写入。", len(begun))
        % {"count": len(begun)},
    )
    return redirect("imports")


@require_POST
def drop(request: HttpRequest, pk: int) -> HttpResponse:
    if not try_import.let_go(by=reader(request), pk=pk):
        raise Http404
    return redirect("imports")


@require_GET
def refused_rows(request: HttpRequest, pk: int) -> HttpResponse:
    """The rows that would be refused, as a file of the format they came in."""
    view = _view(request, pk)
    shape = ".xlsx" if view.draft.survey.get("format") == "xlsx" else ".csv"
    with tempfile.TemporaryDirectory(prefix="changqing-") as folder:
        to = Path(folder) / f"refused{shape}"
        hand_back_draft(by=reader(request), pk=pk, to=to)
        answer = HttpResponse(to.read_bytes(), content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="refused-file-{pk}{shape}"'
    return answer
