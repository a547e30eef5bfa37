"""Methods: read every pack; change one, see who would move, publish; bring an earlier version back."""

from __future__ import annotations

import re
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_GET, require_POST

from changqing.base.pack_edit import with_numbers
from changqing.base.refused import Refused
from changqing.journeys.change_method import Preview, preview, publish, restore
from changqing.people.permissions import check_may
from changqing.people.queries import User
from changqing.reports.methods import PackPage, pack_page, packs
from changqing.web.components.lists import Column
from changqing.web.methods.words import because_words, fact_name
from changqing.web.reader import reader

LONGEST = 200_000
GOVERNING = r'(?s)(\[governing\]\s*value\s*=\s*")[^"]*(")'


@require_GET
def methods_page(request: HttpRequest) -> HttpResponse:
    found = packs(reader(request))
    return render(request, "methods/page.html", {"packs": found, "title": _title(found)})


def _title(found: list[PackPage]) -> str:
    own = sum(1 for one in found if not one.versions[0].is_shipped)
    if not own:
        return _("%(n)s 份方法都是随产品提供的版本") % {"n": len(found)}
    return _("%(n)s 份方法，其中 %(own)s 份是自己改过的") % {"n": len(found), "own": own}


def _pack(request: HttpRequest, name: str) -> PackPage:
    try:
        return pack_page(reader(request), name)
    except KeyError:
        raise Http404 from None


@require_GET
def method_page(request: HttpRequest, name: str) -> HttpResponse:
    found = _pack(request, name)
    if request.GET.get("part") == "following":
        answer = render(request, "methods/following.html", {"found": found})
        if found.is_followed:
            answer["HX-Refresh"] = "true"
        return answer
    return render(request, "methods/pack.html", _page(found))


def _page(found: PackPage, **more: Any) -> dict[str, Any]:
    return {
        "found": found,
        "title": _("%(title)s：第 %(version)s 版起作用")
        % {"title": found.method.title, "version": found.version},
        "groups": _groups(found),
        "governing": _governing(found),
        "text": found.text,
        "toml_url": reverse("method_toml", args=[found.name]),
        "because": "",
        "version_columns": [
            Column(label=_("版本")),
            Column(label=_("时间")),
            Column(label=_("谁")),
            Column(label=_("为什么"), wide=True),
            Column(label=""),
        ],
        **more,
    }


def _groups(found: PackPage) -> list[tuple[str, list[dict[str, Any]]]]:
    """The numbers by scheme or as one group, each with its words."""
    words = {"share": _("占比"), "from": _("从"), "below": _("低于"), "value": "", "staff": _("配人")}
    rows = []
    for group, several in groupby(found.numbers, key=lambda one: one.group):
        rows.append(
            (
                group or str(found.method.title),
                [
                    {
                        "at": one.at,
                        "label": " · ".join(
                            part
                            for part in (one.label, fact_name(one.fact) if one.fact else "", words[one.key])
                            if part
                        ),
                        "value": one.written.replace("_", ""),
                    }
                    for one in several
                ],
            )
        )
    return rows


def _governing(found: PackPage) -> list[tuple[str, str, bool]]:
    """The schemes one may let govern: (code, name, does)."""
    schemes = getattr(found.method, "schemes", ())
    now = found.method.governing.value if schemes else ""  # type: ignore[attr-defined]
    return [(scheme.code, str(scheme.name), scheme.code == now) for scheme in schemes if scheme.is_rank]


def _text_asked(request: HttpRequest, found: PackPage) -> str:
    """The text that a form asks for: as written in its text field, or the one in force with its numbers."""
    if request.POST.get("mode") == "text":
        return request.POST.get("text", "")[:LONGEST].replace("\r\n", "\n")
    changes = {
        int(name[2:]): str(value)
        for name, value in request.POST.items()
        if re.fullmatch(r"n-[0-9]{1,4}", name, re.ASCII)
    }
    text = with_numbers(found.text, changes)
    governing = request.POST.get("governing", "")
    if re.fullmatch(r"[a-z][a-z0-9_]{0,18}", governing, re.ASCII):
        text = re.sub(
            r'(?s)(\[governing\]\s*value\s*=\s*")[^"]*(")', rf"\g<1>{governing}\g<2>", text, count=1
        )
    return text


@require_POST
def preview_page(request: HttpRequest, name: str) -> HttpResponse:
    found = _pack(request, name)
    text = _text_asked(request, found)
    try:
        seen = preview(by=reader(request), pack=name, text=text)
    except Refused as no:
        return _refused(request, found, text, no)
    more = {"text": text, "because": request.POST.get("because", ""), **_seen(seen, found, text)}
    return render(request, "methods/pack.html", _page(found, **more))


def _seen(seen: Preview, found: PackPage, text: str) -> dict[str, Any]:
    def name(code: str) -> str:
        return seen.names.get(code, code or _("未知"))

    if not seen.total:
        title = _("没有一家客户会换等级")
    else:
        title = ngettext("%(n)s 家客户会变动", "%(n)s 家客户会变动", seen.total) % {"n": f"{seen.total:,}"}
    return {
        "seen": seen,
        "is_same": text == found.text,
        "seen_title": title,
        "seen_counts": [
            (name(code), f"{seen.before.get(code, 0):,}", f"{seen.after.get(code, 0):,}")
            for code in [*seen.names, *(code for code in seen.before if code and code not in seen.names)]
        ],
        "seen_rows": [
            (
                one.name,
                one.key,
                name(one.tier),
                name(one.to) + (_("（待批准）") if one.waits else ""),
                because_words(one.reason),
            )
            for one in seen.moves
        ],
        "seen_columns": [
            Column(label=pgettext("kind of account", "客户")),
            Column(label=_("现在")),
            Column(label=_("变为")),
            Column(label=_("为什么"), wide=True),
        ],
    }


@require_POST
def publish_page(request: HttpRequest, name: str) -> HttpResponse:
    found, by = _pack(request, name), reader(request)
    check_may(by, "change methods")
    text = _text_asked(request, found)
    try:
        made = publish(by=by, pack=name, text=text, because=request.POST.get("because", ""), later=True)
    except Refused as no:
        return _refused(request, found, text, no)
    _say(request, by, made.version)
    return redirect("method", name=name)


def _refused(request: HttpRequest, found: PackPage, text: str, no: Refused) -> HttpResponse:
    """The page again with what was asked and why not; nothing is stored."""
    more = {"text": text, "because": request.POST.get("because", ""), "refused": no.sentence}
    return render(request, "methods/pack.html", _page(found, **more), status=400)


@require_POST
def restore_page(request: HttpRequest, name: str, version: int) -> HttpResponse:
    by = reader(request)
    made = restore(by=by, pack=name, version=version, later=True)
    _say(request, by, made.version)
    return redirect("method", name=name)


def _say(request: HttpRequest, by: User, version: int) -> None:
    messages.success(
        request,
        _("第 %(version)s 版已发布，全部客户正在按它评定。以前的评定留作历史。") % {"version": version},
    )


@require_GET
def toml(request: HttpRequest, name: str) -> HttpResponse:
    found = _pack(request, name)
    answer = HttpResponse(found.text, content_type="application/toml; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}-v{found.version}.toml"'
    return answer
