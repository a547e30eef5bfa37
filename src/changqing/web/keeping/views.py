"""Facts, notes and files of an account; a file is served as a thing to keep, never as a page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote

from django.core.exceptions import BadRequest
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from changqing.accounts.queries import Account, Part, account_by_key, sight
from changqing.base.refused import Refused
from changqing.dossier.actions.keeping import (
    at,
    end_fact,
    keep_file,
    remove_file,
    remove_note,
    tell_fact,
    write_note,
)
from changqing.dossier.queries.kept import (
    Dossier,
    archive_method,
    attachment_of,
    attachments_of,
    dossier_of,
    fact_of,
    note_of,
    notes_of,
)
from changqing.dossier.rules.facts import ArchiveMethod, FactKind, is_stale_on
from changqing.dossier.rules.sniff import KINDS, MOST_BYTES
from changqing.people.permissions import may
from changqing.web.reader import reader

NOTHING_RUNS = "default-src 'none'; sandbox"


@dataclass(frozen=True)
class Said:
    """One fact as people read it."""

    pk: int
    name: str
    words: str
    source: str
    day: date
    confidence: str
    is_stale: bool
    is_hearsay: bool


@dataclass(frozen=True)
class Tab:
    """One of the four elements: how much of it is known, and what."""

    name: str
    known: int
    expected: int
    facts: list[Said]


@require_http_methods(["GET", "POST"])
def archive(request: HttpRequest, key: str) -> HttpResponse:
    account = account_by_key(reader(request), key)
    if account is None:
        raise Http404
    if request.method == "POST":
        return _kept(request, account)
    if request.GET.get("part") == "form":
        method = archive_method()
        kind = method.kind(request.GET.get("kind", ""))
        told = {"account": account, "kind": kind, "method": method, "today": timezone.localdate()}
        return render(request, "keeping/form.html", told)
    return _page(request, account)


def _page(request: HttpRequest, account: Account, *, refused: Refused | None = None) -> HttpResponse:
    to, seen = reader(request), sight(reader(request), account)
    writes = may(to, "edit accounts")
    told: dict[str, Any] = {
        "account": account,
        "refused": refused,
        "sees_facts": seen.reads(Part.ACTIVITIES),
        "sees_files": seen.reads(Part.FILES),
        "may_write": writes and seen.edits(Part.ACTIVITIES),
        "may_keep": writes and seen.edits(Part.FILES),
        "most_mb": MOST_BYTES // 2**20,
    }
    if told["sees_facts"]:
        told |= _facts(dossier_of(to, account, today=timezone.localdate()))
        told["notes"] = [(note, note.author_id == to.pk) for note in notes_of(to, account)]
    if told["sees_files"]:
        told["files"] = attachments_of(to, account)
    return render(request, "keeping/archive.html", told, status=200)


def _facts(found: Dossier) -> dict[str, Any]:
    method, today = found.method, timezone.localdate()
    names = dict(zip(method.tabs.value, method.tabs.names, strict=True))
    tabs = [
        Tab(
            str(names[tab]),
            *found.tabs[tab],
            [_said(method, each, today) for each in found.facts if method.kind(each.kind).tab == tab],
        )
        for tab in method.tabs.value
    ]
    known = sum(tab.known for tab in tabs)
    expected = sum(tab.expected for tab in tabs)
    stale = sum(issue.what == "stale" for issue in found.issues)
    title = _("档案该知道的 %(expected)s 项，知道 %(known)s 项") % {"expected": expected, "known": known}
    if stale:
        title += _("，%(stale)s 条过时") % {"stale": stale}
    return {
        "tabs": tabs,
        "title": title,
        "issues": _issues(method, found),
        "quality": _quality(found),
        "replacement": found.replacement,
        "limit": method.replacement.value["act"],
        "budgeting": found.budgeting,
        "unserved": _("、").join(found.unserved),
        "kinds": [(kind.code, kind.name, names[kind.tab]) for kind in method.kinds],
    }


def _quality(found: Dossier) -> list[tuple[str, float | None]]:
    four = found.quality
    return [
        (_("准确"), four.accuracy),
        (_("及时"), four.timeliness),
        (_("完整"), four.completeness),
        (_("相关"), four.relevance),
    ]


def _issues(method: ArchiveMethod, found: Dossier) -> list[str]:
    """The linter's findings, gathered by what is wrong."""
    words = {
        "missing": _("还不知道"),
        "stale": _("过时"),
        "double": _("记了两遍"),
        "subjective": _("主观的话，请写看到的事"),
        "unsourced": _("没有来源"),
    }
    lines = []
    for what, told in words.items():
        kinds = dict.fromkeys(str(method.kind(each.kind).name) for each in found.issues if each.what == what)
        if kinds:
            lines.append(_("%(what)s：%(kinds)s") % {"what": told, "kinds": "、".join(kinds)})
    return lines


def _said(method: ArchiveMethod, fact: Any, today: date) -> Said:
    kind = method.kind(fact.kind)
    return Said(
        pk=fact.pk,
        name=str(kind.name),
        words=" · ".join(_part_words(kind, fact.values)),
        source=fact.source,
        day=fact.day,
        confidence=str(method.confidence.names.get(fact.confidence, fact.confidence)),
        is_stale=is_stale_on(method, day=fact.day, expires=fact.expires, today=today),
        is_hearsay=fact.confidence == "hearsay",
    )


def _part_words(kind: FactKind, values: dict[str, Any]) -> list[str]:
    words = []
    for part in kind.parts:
        value = values.get(part.code)
        if value is None:
            continue
        shown = str(part.choices[value]) if part.type == "choice" else str(value)
        words.append(f"{shown}%" if part.type == "share" else shown)
    return words


def _kept(request: HttpRequest, account: Account) -> HttpResponse:
    """A fact, a note or a file is handed in; the fragment comes back, with the refusal where there is one."""
    said, by = request.POST, reader(request)
    try:
        match said.get("deed"):
            case "fact":
                tell_fact(
                    by=by,
                    account=account.key,
                    kind=said.get("kind", ""),
                    values={name[6:]: said.get(name, "") for name in said if name.startswith("value-")},
                    day=_day(said.get("day", "")) or timezone.localdate(),
                    source=said.get("source", ""),
                    licence=said.get("licence", ""),
                    confidence=said.get("confidence", ""),
                    expires=_day(said.get("expires", "")),
                    door="web",
                )
            case "note":
                private = said.get("private") == "1"
                write_note(
                    by=by, account=account.key, text=said.get("text", ""), is_private=private, door="web"
                )
            case "file":
                _keep_handed_in(request, account)
            case _:
                raise BadRequest("deed")
    except Refused as refused:
        return _page(request, account, refused=refused)
    return _page(request, account)


def _keep_handed_in(request: HttpRequest, account: Account) -> None:
    handed = request.FILES.get("file")
    if handed is None:
        raise Refused(_("请先选一个文件。"), field="file")
    size = handed.size or 0
    if size > MOST_BYTES:
        raise Refused(
            _("文件太大：最多 %(most)s MB。没有保存。") % {"most": MOST_BYTES // 2**20}, field="file"
        )
    keep_file(by=reader(request), account=account.key, name=handed.name or "", data=handed.read(), door="web")


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Refused(_("日期请写成 2026-01-31。"), field="day") from error


@require_POST
def end(request: HttpRequest, pk: int) -> HttpResponse:
    fact = fact_of(reader(request), pk)
    if fact is None:
        raise Http404
    end_fact(by=reader(request), pk=pk, door="web")
    return _back(request, fact.account)


@require_POST
def remove_a_note(request: HttpRequest, pk: int) -> HttpResponse:
    note = note_of(reader(request), pk)
    if note is None:
        raise Http404
    remove_note(by=reader(request), pk=pk, door="web")
    return _back(request, note.account)


@require_POST
def remove_a_file(request: HttpRequest, pk: int) -> HttpResponse:
    kept = attachment_of(reader(request), pk)
    if kept is None:
        raise Http404
    remove_file(by=reader(request), pk=pk, door="web")
    return _back(request, kept.account)


def _back(request: HttpRequest, account: Account) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return _page(request, account)
    return redirect("account", key=account.key)


@require_GET
def download(request: HttpRequest, pk: int) -> HttpResponse | FileResponse:
    """The file as something to save: no browser shows it, sniffs it or runs what is in it."""
    kept = attachment_of(reader(request), pk)
    if kept is None or kept.removed_at or not at(kept.digest).is_file():
        raise Http404
    answer = FileResponse(at(kept.digest).open("rb"), content_type=KINDS[kept.kind][0])
    answer["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(kept.name, safe='')}"
    answer["Content-Length"] = str(kept.size)
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = NOTHING_RUNS
    answer["Cross-Origin-Resource-Policy"] = "same-origin"
    return answer
