"""What happened to an account: a fragment of its page."""

from __future__ import annotations

import re
from datetime import date

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from changqing.reports.timeline import Timeline, timeline
from changqing.web.reader import reader


def history(request: HttpRequest, key: str) -> HttpResponse:
    """One page of the timeline, narrowed to a kind, to words and to the days up to one."""
    asked = request.GET
    page = int(asked["page"]) if re.fullmatch(r"[0-9]{1,4}", asked.get("page", ""), re.ASCII) else 1
    words = asked.get("q", "").strip()[:80]
    found = timeline(
        reader(request),
        key,
        kind=asked.get("kind", ""),
        words=words,
        until=_day(asked.get("to", "")),
        page=page,
    )
    if found is None:
        raise Http404
    is_narrowed = bool(words or asked.get("kind") or asked.get("to"))
    return render(
        request,
        "account/history.html",
        {"found": found, "title": _title(found, is_narrowed), "asked": asked, "is_narrowed": is_narrowed},
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _title(found: Timeline, is_narrowed: bool) -> str:
    if not found.entries:
        return _("没有这样的变更") if is_narrowed else _("还没有人改过这家客户")
    last = found.entries[0]
    told = {"who": last.who, "day": f"{timezone.localtime(last.at):%Y-%m-%d}", "what": last.title}
    return _("最近一次是 %(who)s 在 %(day)s：%(what)s") % told
