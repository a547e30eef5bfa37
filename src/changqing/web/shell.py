"""What the frame around every page needs."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.http import RFC3986_SUBDELIMS
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from changqing.people.permissions import may
from changqing.people.queries import User
from changqing.reports.imports import UnderWay, under_way
from changqing.value.queries import book_as_of
from changqing.web.components.kept import where
from changqing.web.tour import Step, step_of

THEME_COOKIE = "changqing_theme"
THEMES = ("light", "dark")
KEYS_COOKIE = "changqing_keys"

# The eight places, in their order for good; one is shown from the day its page exists.
PLACES = (
    ("today", pgettext_lazy("place", "今日"), "sun"),
    ("accounts", pgettext_lazy("place", "客户"), "building-factory-2"),
    ("relationships", pgettext_lazy("place", "关系"), "sitemap"),
    ("deals", pgettext_lazy("place", "商机"), "target-arrow"),
    ("service", pgettext_lazy("place", "服务"), "lifebuoy"),
    ("portfolio", pgettext_lazy("place", "价值"), "coin-yuan"),
    ("plans", pgettext_lazy("place", "计划"), "map-2"),
    ("learn", pgettext_lazy("place", "复盘"), "school"),
)
# name, label, icon, and the verb that a reader must be allowed; none where everybody is
MENU = (
    ("imports", _("导入"), "file-import", "see imports"),
    ("methods", _("方法"), "table", "read methods"),
    ("audit", _("审计记录"), "history", "read the audit"),
    ("settings", _("设置"), "settings", ""),
)
# In the bottom bar of a phone, 更多 is the fifth.
IN_THE_BAR = ("today", "accounts", "relationships", "portfolio")


@dataclass(frozen=True)
class Place:
    """One place of the frame. A name has one label and one icon, so they do not tell two places apart."""

    name: str
    label: str = field(compare=False)
    icon: str = field(compare=False)
    url: str
    current: bool


class Shell:
    """The frame as one request sees it; each part is worked out when a template asks for it."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    @property
    def theme(self) -> str:
        """The reader's choice, or nothing: then the machine's wish counts."""
        chosen = self.request.COOKIES.get(THEME_COOKIE, "")
        return chosen if chosen in THEMES else ""

    @property
    def keys_are_off(self) -> bool:
        """Single letters press nothing, as who dictates to a computer may wish."""
        return self.request.COOKIES.get(KEYS_COOKIE) == "off"

    @cached_property
    def rail(self) -> tuple[Place, ...]:
        return self._places(PLACES)

    @property
    def bottom(self) -> tuple[Place, ...]:
        return tuple(place for place in self.rail if place.name in IN_THE_BAR)

    @cached_property
    def menu(self) -> tuple[Place, ...]:
        user = self.request.user
        return self._places(
            (name, label, icon)
            for name, label, icon, verb in MENU
            if user.is_authenticated and (not verb or may(user, verb))
        )

    def _places(self, wanted: Any) -> tuple[Place, ...]:
        found = ((name, label, icon, page_address(name)) for name, label, icon in wanted)
        path = self.request.path
        return tuple(
            Place(name, label, icon, url, path.startswith(url)) for name, label, icon, url in found if url
        )

    @cached_property
    def work(self) -> UnderWay | None:
        """The import under way, for who may see imports."""
        user = self.request.user
        return under_way(user) if isinstance(user, User) and may(user, "see imports") else None

    @cached_property
    def data_as_of(self) -> date | None:
        """The last business day the figures know of; None while the book is empty."""
        return book_as_of() if self.request.user.is_authenticated else None

    @property
    def search_url(self) -> str:
        return page_address("accounts")

    @property
    def find_url(self) -> str:
        return page_address("find") if self.request.user.is_authenticated else ""

    @property
    def initial(self) -> str:
        """What stands for the person: the last character of a Chinese given name, else the first letter."""
        name = str(self.request.user).strip()
        return name[-1] if name and name[-1] >= "\u4e00" else name[:1].upper()

    @property
    def is_demo(self) -> bool:
        return settings.BOOK == "demo"

    @cached_property
    def tour(self) -> Step | None:
        """The step of the demo's tour that this page is."""
        return step_of(self.request) if self.is_demo else None

    @property
    def user_is_known(self) -> bool:
        return bool(self.request.user.is_authenticated)

    @property
    def book_url(self) -> str:
        return str(settings.BOOK_URL)

    @property
    def demo_url(self) -> str:
        return str(settings.DEMO_URL)


def page_address(name: str, **parts: str) -> str:
    """The address of a page, or nothing while there is no such page."""
    return _address(name, parts) if parts else _address_kept(name, where())


def account_address(key: str) -> str:
    """The address of an account's page, as ``reverse`` gives it; a list of fifty asks fifty times."""
    before, after = _around_key(where())
    return f"{before}{quote(key, safe=RFC3986_SUBDELIMS + '/~:@')}{after}"


@lru_cache(maxsize=16)
def _around_key(where: tuple[Hashable, ...]) -> tuple[str, str]:
    # the last one: the pages may stand below an address that has the word in it
    before, _key, after = reverse("account", args=["KEY"]).rpartition("KEY")
    return before, after


@lru_cache(maxsize=256)
def _address_kept(name: str, where: tuple[Hashable, ...]) -> str:
    return _address(name, {})


def _address(name: str, parts: dict[str, str]) -> str:
    try:
        return reverse(name, kwargs=parts)
    except NoReverseMatch:
        return ""


def context(request: HttpRequest) -> dict[str, Any]:
    return {"shell": Shell(request)}
