"""A real browser for tests of pages; one console or Content-Security-Policy message fails the test."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

SCREENS = Path(__file__).resolve().parents[3] / "out" / "screens"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDE, PHONE = 1440, 390
HEIGHTS = {WIDE: 900, PHONE: 844}
# a page on a busy machine; nobody waits longer than the page needs
PATIENCE_MS = 40_000
# what a change of the window or the theme asks for is drawn
TWO_FRAMES = """() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))"""
FITS = "(width) => document.documentElement.scrollWidth <= width"
# fonts are in and every chart is drawn
STANDS_STILL = """() => document.fonts.status === "loaded"
    && [...document.querySelectorAll("[data-chart]")].every((chart) => chart.dataset.drawn)"""


def what_is_missing() -> str:
    """Why no browser test can run here, in a sentence; empty when one can."""
    if not shutil.which("chromium"):
        return "no chromium on PATH: apt-get install chromium"
    fonts = shutil.which("fc-list")
    listed = subprocess.run([fonts, ":lang=zh"], capture_output=True, check=False).stdout if fonts else b""
    return "" if listed.strip() else "no Chinese font: apt-get install fonts-noto-cjk"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    if missing := what_is_missing():
        pytest.skip(missing)
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE_MS)
    # playwright runs its event loop in this thread, and Django would take every query for a mistake
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        yield browser
        browser.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


# What htmx says of a part that was on its way when the page was left; one that fails says a status.
LEFT_BEHIND = ("htmx:afterRequest,", "htmx:sendAbort,")


class Contexts:
    """Browser contexts; one that was left is clean again but keeps the files that it fetched and compiled."""

    def __init__(self, chromium: Any) -> None:
        self.chromium = chromium
        self.free: dict[tuple[str, int], list[Any]] = defaultdict(list)

    def take(self, language: str, width: int) -> Any:
        """A context that nobody uses, for a browser of this language on a screen of this width."""
        if self.free[language, width]:
            return self.free[language, width].pop()
        context = self.chromium.new_context(
            viewport={"width": width, "height": HEIGHTS.get(width, 900)},
            locale="zh-CN" if language == "zh-hans" else "en-GB",
            has_touch=width == PHONE,
        )
        context.set_default_timeout(PATIENCE_MS)
        return context

    def give_back(self, context: Any, language: str, width: int) -> None:
        """The pages store nothing but cookies; what a tab remembers goes with it."""
        for page in context.pages:
            page.close()
        context.clear_cookies()
        context.clear_permissions()
        self.free[language, width].append(context)


@pytest.fixture(scope="session")
def contexts(chromium: Any) -> Contexts:
    return Contexts(chromium)


class Visits:
    """Opens pages as someone, in a language, a theme and a width, and keeps what the console said."""

    def __init__(self, contexts: Contexts, address: str) -> None:
        self.contexts = contexts
        self.address = address
        self.said: list[str] = []
        self.taken: list[tuple[Any, str, int]] = []

    def __call__(
        self,
        path: str,
        *,
        user: Any = None,
        language: str = "zh-hans",
        theme: str = "light",
        width: int = WIDE,
    ) -> Any:
        """A playwright page that has loaded ``path``."""
        context = self.contexts.take(language, width)
        self.taken.append((context, language, width))
        if user is not None:
            self._let_in(context, user, language)
        page = context.new_page()
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.said.append(f"page error: {error}"))
        if theme != "light":
            page.emulate_media(color_scheme=theme)
        page.goto(self.address + path)
        page.wait_for_function(STANDS_STILL)
        return page

    def _let_in(self, context: Any, user: Any, language: str) -> None:
        # what the object remembers may be older than an earlier visit
        type(user).objects.filter(pk=user.pk).update(language=language)
        client = Client()
        client.force_login(user)
        value = client.cookies[settings.SESSION_COOKIE_NAME].value
        cookie = {"name": settings.SESSION_COOKIE_NAME, "value": value, "url": self.address}
        context.add_cookies([cookie])

    def _hear(self, message: Any) -> None:
        if message.type in {"error", "warning"} and not message.text.startswith(LEFT_BEHIND):
            self.said.append(f"{message.type}: {message.text} {message.location}")

    def leave(self) -> None:
        for context, language, width in self.taken:
            self.contexts.give_back(context, language, width)
        assert self.said == []


@pytest.fixture
def visit(contexts: Contexts, live_server: Any) -> Iterator[Visits]:
    """``page = visit("/accounts/", user=somebody, language="en", theme="dark", width=390)``"""
    visits = Visits(contexts, live_server.url)
    yield visits
    visits.leave()


@pytest.fixture
def pictures(visit: Visits) -> Callable[..., None]:
    """``pictures("list", "/accounts/", user=x)``: both languages and widths as PNG files.

    They are light and dark in turn; who looks at a new page sets CHANGQING_ALL_PICTURES and gets all eight.
    Each page must also fit its width: nothing but a frame of its own may scroll sideways.

    Where the whole suite runs nobody looks and no picture is kept: the Chinese page is opened wide and made
    narrow, the English one is opened on a phone that is then turned into something wide.
    """
    are_all_wanted = bool(os.environ.get("CHANGQING_ALL_PICTURES"))
    are_kept = are_all_wanted or "PYTEST_XDIST_WORKER" not in os.environ

    def take(name: str, path: str, *, user: Any = None) -> None:
        for language, widths in (("zh-hans", (WIDE, PHONE)), ("en", (PHONE, WIDE))):
            page: Any = None
            for width in widths:
                if page and not are_kept:
                    page.set_viewport_size({"width": width, "height": HEIGHTS[width]})
                else:
                    page = visit(path, user=user, language=language, width=width)
                usual = "dark" if (language == "en") == (width == WIDE) else "light"
                for theme in ("light", "dark") if are_all_wanted else (usual,):
                    page.emulate_media(color_scheme=theme)
                    page.evaluate(TWO_FRAMES)
                    if are_kept:
                        keep(page, f"{name}-{language[:2]}-{'wide' if width == WIDE else 'phone'}-{theme}")
                page.wait_for_function(FITS, arg=width)

    return take


def keep(page: Any, name: str) -> None:
    SCREENS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENS / f"{name}.png", full_page=True)


@pytest.fixture(scope="session")
def accessible() -> Callable[[Any], None]:
    """``accessible(page)``: axe finds nothing on the page as it stands now that WCAG 2.2 A or AA forbids."""
    from axe_playwright_python.sync_playwright import Axe

    axe = Axe()
    levels = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

    def check(page: Any) -> None:
        found = axe.run(page, options={"runOnly": levels, "resultTypes": ["violations"], "preload": False})
        told = [
            f"{fault['id']}: {fault['help']}: {node['html']}"
            for fault in found.response["violations"]
            for node in fault["nodes"]
        ]
        assert told == [], page.url

    return check
