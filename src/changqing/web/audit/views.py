"""Audit lines, narrowed by who, what and when; the same lines as a file."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Any

from django.core.exceptions import BadRequest
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from changqing.base.refused import Refused
from changqing.records.actions import log_read
from changqing.records.queries import anchor_of_the_chain, audit_lines, audit_verbs
from changqing.web.accounts.export import CSV, XLSX, Cell, to_take_away
from changqing.web.components.lists import Column
from changqing.web.reader import reader

PER_PAGE = 100
MOST_ROWS = 50_000
KNOWN = frozenset({"who", "verb", "subject", "from", "to", "page", "export"})


@require_GET
def audit(request: HttpRequest) -> HttpResponse:
    if unknown := set(request.GET) - KNOWN:
        raise BadRequest(f"unknown: {sorted(unknown)[0][:100]}")
    asked = {name: request.GET.get(name, "").replace("\0", "").strip()[:100] for name in KNOWN}
    lines = audit_lines(
        reader(request),
        who=asked["who"],
        verb=asked["verb"],
        subject=asked["subject"],
        since=_day(asked["from"]),
        until=_day(asked["to"]),
    )
    if asked["export"]:
        return _export(request, lines, asked)
    page = Paginator(lines, PER_PAGE).get_page(asked["page"])
    total = page.paginator.count
    return render(
        request,
        "audit/page.html",
        {
            "title": ngettext("%(count)s 条审计记录", "%(count)s 条审计记录", total)
            % {"count": f"{total:,}"},
            "caption": _("只增不改；已相连到第 %(place)s 环")
            % {"place": f"{anchor_of_the_chain()['sequence']:,}"},
            "lines": [(line, json.dumps(line.details, ensure_ascii=False)) for line in page.object_list],
            "asked": asked,
            "verbs": audit_verbs(),
            "columns": _columns(),
            "page": page,
            "total": total,
            "per_page": PER_PAGE,
        },
    )


def _day(text: str) -> date | None:
    if not text:
        return None
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
        raise BadRequest("from or to")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadRequest("from or to") from error


def _columns() -> list[Column]:
    return [
        Column(label=_("时间")),
        Column(label=_("谁")),
        Column(label=_("做了什么")),
        Column(label=_("对什么")),
        Column(label=_("入口"), wide=True),
        Column(label=_("原因与细节"), wide=True),
    ]


def _export(request: HttpRequest, lines: Any, asked: dict[str, str]) -> HttpResponse:
    shape = XLSX if asked["export"] == XLSX else CSV
    found = list(lines[: MOST_ROWS + 1])
    if len(found) > MOST_ROWS:
        raise Refused(_("审计记录超过 %(most)s 条，没有导出。请先按日期分段。") % {"most": f"{MOST_ROWS:,}"})
    log_read(
        by=reader(request),
        what="export",
        subject=("audit", shape),
        rows=len(found),
        asked={name: value for name, value in asked.items() if value},
    )
    rows: list[list[Cell]] = [
        [_("时间"), _("谁"), _("做了什么"), _("对什么"), _("入口"), _("为什么"), _("细节")]
    ]
    rows += [
        [
            f"{timezone.localtime(line.at):%Y-%m-%d %H:%M:%S}",
            line.principal,
            line.verb,
            f"{line.subject_kind} {line.subject_key}",
            line.door,
            line.because,
            json.dumps(line.details, ensure_ascii=False),
        ]
        for line in found
    ]
    return to_take_away(rows, "audit", shape)
