"""Pairs that look alike, the page on which two become one, and what was done to an account."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from changqing.accounts.queries import Account, Part, account_by_key, may_edit
from changqing.dossier.actions.merging import say_apart
from changqing.dossier.queries.deeds import deeds_on
from changqing.dossier.queries.likeness import Alike, alike_pairs, like, side_by_side
from changqing.dossier.queries.merges import merges_into
from changqing.dossier.rules.fields import EDITABLE
from changqing.journeys.merge_accounts import merge_accounts, unmerge_accounts
from changqing.people.permissions import check_may, may
from changqing.web.entry.forms import LABELS
from changqing.web.entry.views import onward
from changqing.web.entry.words import in_words
from changqing.web.reader import reader

PER_PAGE = 30


@dataclass(frozen=True)
class Pair:
    """Two accounts side by side with why they are thought to be one."""

    one: Account
    other: Account
    signs: list[str]
    weight: int


def _pairs(request: HttpRequest, found: list[Alike]) -> list[Pair]:
    names = {"tax": _("税号相同"), "name": _("名称相同"), "domain": _("域名相同"), "pinyin": _("读音相同")}
    rows = side_by_side(reader(request), found)
    return [
        Pair(rows[pair.one], rows[pair.other], [names[sign] for sign in pair.signs], pair.weight)
        for pair in found
        if pair.one in rows and pair.other in rows
    ]


@require_GET
def duplicates(request: HttpRequest) -> HttpResponse:
    check_may(reader(request), "edit accounts")
    if request.GET.get("part") != "pairs":
        return render(request, "merging/page.html", {"page": _number(request)})
    page = _number(request)
    found, total = alike_pairs(reader(request), limit=PER_PAGE, offset=(page - 1) * PER_PAGE)
    title = (
        ngettext("%(count)s 对客户可能是同一家", "%(count)s 对客户可能是同一家", total)
        % {"count": f"{total:,}"}
        if total
        else _("没有看起来重复的客户")
    )
    told = {
        "title": title,
        "pairs": _pairs(request, found),
        "page": page,
        "pages": max(1, -(-total // PER_PAGE)),
    }
    return render(request, "merging/pairs.html", told)


def _number(request: HttpRequest) -> int:
    asked = request.GET.get("page", "1")
    return max(1, int(asked)) if re.fullmatch(r"[0-9]{1,5}", asked, re.ASCII) else 1


@dataclass(frozen=True)
class Field:
    """One field of both accounts as people read it, and which of the two is proposed."""

    name: str
    label: str
    kept: str
    lost: str
    takes_lost: bool


@require_http_methods(["GET", "POST"])
def merge(request: HttpRequest) -> HttpResponse:
    check_may(reader(request), "edit accounts")
    said = request.POST if request.method == "POST" else request.GET
    kept = account_by_key(reader(request), said.get("kept", "")[:160])
    lost = account_by_key(reader(request), said.get("lost", "")[:160])
    if kept is None or lost is None or kept == lost:
        raise Http404
    if request.method == "GET":
        told = {"kept": kept, "lost": lost, "fields": _fields(request, kept, lost)}
        return render(request, "merging/merge.html", told)
    take = [name for name in EDITABLE if said.get(f"take-{name}") == "lost"]
    done = merge_accounts(by=reader(request), kept=kept.key, lost=lost.key, take=take, door="web")
    messages.success(
        request,
        _("%(lost)s 已并入 %(kept)s，数字、联系人和文件都在这里。") % {"lost": lost, "kept": kept},
        extra_tags=f"merge:{done.pk}",
    )
    return redirect("account", key=kept.key)


def _fields(request: HttpRequest, kept: Account, lost: Account) -> list[Field]:
    """The fields in which the two differ; an empty one is filled from the other."""
    fields = []
    for name in EDITABLE:
        if name in ("pinyin", "tags"):
            continue
        values = [
            getattr(each, f"{name}_id" if hasattr(each, f"{name}_id") else name) for each in (kept, lost)
        ]
        if values[0] != values[1]:
            words = [in_words(reader(request), name, value) for value in values]
            fields.append(Field(name, str(LABELS[name]), words[0], words[1], not words[0]))
    return fields


@require_POST
def apart(request: HttpRequest) -> HttpResponse:
    check_may(reader(request), "edit accounts")
    keys = request.POST.getlist("key")
    if len(keys) != 2:
        raise BadRequest("key")
    if any(account_by_key(reader(request), key[:160]) is None for key in keys):
        raise Http404
    say_apart(by=reader(request), one=keys[0], other=keys[1])
    if request.headers.get("HX-Request"):
        return HttpResponse()
    return redirect("duplicates")


@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    done = unmerge_accounts(by=reader(request), pk=pk, door="web")
    messages.success(
        request,
        _("已拆回：%(lost)s 和 %(kept)s 各归各，数字、联系人和文件同合并以前一样。")
        % {"lost": done.lost, "kept": done.kept},
    )
    return redirect(onward(request) or "accounts")


@require_GET
def record(request: HttpRequest, key: str) -> HttpResponse:
    """What people did to the account: steps to take back, merges to take apart, accounts like it."""
    account = account_by_key(reader(request), key)
    if account is None:
        raise Http404
    told: dict[str, Any] = {
        "account": account,
        "steps": [
            (step, "、".join(str(LABELS.get(name, _("归档"))) for name in step.after))
            for step in deeds_on(reader(request), account)
        ],
        "merges": merges_into(reader(request), account),
        "pairs": _pairs(request, like(reader(request), account)),
        "may_edit": may(reader(request), "edit accounts") and may_edit(reader(request), account, Part.BASIC),
    }
    return render(request, "merging/record.html", told)
