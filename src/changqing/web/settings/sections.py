"""The sections of the settings, and which of them a reader may open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from changqing.people.permissions import Principal, may
from changqing.people.queries import may_keep_users
from changqing.web.reader import reader
from changqing.web.shell import page_address


@dataclass(frozen=True)
class Section:
    name: str
    label: Any
    icon: str
    may: Callable[[Principal], bool]

    @property
    def url(self) -> str:
        return page_address(f"settings-{self.name}")


def _everybody(by: Principal) -> bool:
    return True


def _may(by: Principal, verb: str) -> bool:
    return may(by, verb)


SECTIONS = {
    section.name: section
    for section in (
        Section("account", _("我的账号"), "user", _everybody),
        Section("users", pgettext_lazy("settings", "用户"), "users", may_keep_users),
        Section("departments", pgettext_lazy("settings", "部门"), "sitemap", may_keep_users),
        Section("roles", pgettext_lazy("settings", "角色"), "table", _everybody),
        Section("security", _("安全"), "lock", partial(_may, verb="keep settings")),
        Section("organisation", _("组织"), "building", partial(_may, verb="keep settings")),
        Section("data", _("数据保护"), "user-x", partial(_may, verb="guard personal data")),
    )
}


def section_page(request: HttpRequest, template: str, name: str, **shown: Any) -> HttpResponse:
    """A page of section ``name`` with the ways to the others."""
    by = reader(request)
    sections = [one for one in SECTIONS.values() if one.url and one.may(by)]
    return render(request, template, {"section": SECTIONS[name], "sections": sections, "caption": ""} | shown)
