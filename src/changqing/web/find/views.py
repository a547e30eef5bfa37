"""The palette's answers: accounts, persons, then pages and deeds, each a link."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from changqing.accounts.rules import spoken
from changqing.people.permissions import may
from changqing.reports.found import found
from changqing.web.reader import reader
from changqing.web.shell import Shell, page_address

LONGEST = 100
# name of the page, what is done there, icon, the verb one must be allowed, where on the page
DEEDS = (
    ("new_account", gettext_lazy("新建一家客户"), "plus", "edit accounts", ""),
    ("imports", gettext_lazy("导入文件"), "file-import", "bring in files", ""),
    ("learn", gettext_lazy("回测：预言准不准"), "school", "rank the book", "#tests"),
    ("methods", gettext_lazy("改分级方案"), "table", "change methods", ""),
)


@dataclass(frozen=True)
class Choice:
    """One line of the palette."""

    label: str
    note: str
    icon: str
    url: str


@require_GET
def find(request: HttpRequest) -> HttpResponse:
    words = request.GET.get("q", "").strip()[:LONGEST]
    seen = found(reader(request), words)
    accounts = [
        Choice(one.name, one.key, "building-factory-2", reverse("account", args=[one.key]))
        for one in seen.accounts
    ]
    persons = [Choice(one.name, "", "user", reverse("person", args=[one.pk])) for one in seen.persons]
    groups = [
        (_("客户"), accounts),
        (_("人"), persons),
        (_("页面"), _holding(_pages(request), words)),
        (_("做一件事"), _holding(_deeds(request), words)),
    ]
    return render(request, "find/list.html", {"groups": [each for each in groups if each[1]], "words": words})


def _pages(request: HttpRequest) -> list[Choice]:
    shell = Shell(request)
    return [Choice(str(place.label), "", place.icon, place.url) for place in [*shell.rail, *shell.menu]]


def _deeds(request: HttpRequest) -> list[Choice]:
    by = reader(request)
    return [
        Choice(str(label), "", icon, page_address(name) + where)
        for name, label, icon, verb, where in DEEDS
        if may(by, verb) and page_address(name)
    ]


def _holding(choices: list[Choice], words: str) -> list[Choice]:
    """Those whose label, as written or as it sounds, holds every one of ``words``."""
    parts = words.lower().split()
    return [one for one in choices if all(part in spoken(one.label).search for part in parts)]
