"""Files to take along: a sheet to fill in of each kind, and the book as files that come in again."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from django.http import FileResponse, Http404, HttpRequest
from django.utils import translation
from django.views.decorators.http import require_GET

from changqing.journeys.give_out import CSV, XLSX, write_book, write_template
from changqing.ledger.drafts import sources
from changqing.ledger.rules.kinds import KINDS
from changqing.ledger.rules.wording import kind_title
from changqing.people.permissions import check_may
from changqing.web.reader import reader

TYPES = {
    CSV: "text/csv; charset=utf-8",
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def give_out(request: HttpRequest) -> list[dict[str, Any]]:
    """What the page offers of each kind."""
    known = [source.code for source in sources()]
    return [{"kind": kind, "title": kind_title(kind), "sources": known} for kind in KINDS]


@require_GET
def template(request: HttpRequest, kind: str) -> FileResponse:
    """A workbook to fill in, in the reader's language or the one asked for."""
    check_may(reader(request), "bring in files")
    if kind not in KINDS:
        raise Http404
    language = request.GET.get("lang", "")
    with tempfile.TemporaryDirectory(prefix="changqing-") as folder:
        to = Path(folder) / f"template-{kind}.xlsx"
        with translation.override(language if language in ("zh-hans", "en") else translation.get_language()):
            write_template(by=reader(request), kind=kind, to=to)
        return _file(to, XLSX)


@require_GET
def book(request: HttpRequest, kind: str, shape: str) -> FileResponse:
    """All that counts of a kind from one source."""
    check_may(reader(request), "bring in files")
    if kind not in KINDS or shape not in TYPES:
        raise Http404
    source = request.GET.get("source", "erp")
    with tempfile.TemporaryDirectory(prefix="changqing-") as folder:
        to = Path(folder) / f"{kind}.{shape}"
        write_book(by=reader(request), kind=kind, source=source, shape=shape, to=to)
        return _file(to, shape)


def _file(path: Path, shape: str) -> FileResponse:
    """The file as a download; it is open before its folder goes, and read as it is sent."""
    return FileResponse(path.open("rb"), as_attachment=True, filename=path.name, content_type=TYPES[shape])
