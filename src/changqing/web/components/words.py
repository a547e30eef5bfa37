"""Words and frames: chip, icon, button, card, page header, message, empty."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

from django.template import TemplateSyntaxError
from django.templatetags.static import static
from django.utils.safestring import SafeString

from changqing.web.components.markup import escaped
from changqing.web.components.registry import component

Tone = Literal["grey", "green", "amber", "red", "slate", "unknown"]
ICONS = Path(__file__).resolve().parent.parent / "icons.txt"


@cache
def icon_names() -> frozenset[str]:
    """The icons in the sprite, by the name their symbol has there."""
    lines = (line.strip() for line in ICONS.read_text(encoding="utf-8").splitlines())
    return frozenset(line.replace("/", "-") for line in lines if line and not line.startswith("#"))


def check_icon(name: str) -> None:
    if name and name not in icon_names():
        raise TemplateSyntaxError(f"there is no icon {name!r} in icons.txt")


@cache
def _sprite() -> str:
    return escaped(static("vendor/icons.svg"))


@component("icon")
class Icon:
    """One drawing of the sprite. ``label`` only where no word stands beside it."""

    name: str
    label: str = ""
    size: Literal[16, 20, 24] = 16

    def __post_init__(self) -> None:
        check_icon(self.name)

    def __html__(self) -> SafeString:
        told = f'role="img" aria-label="{escaped(self.label)}"' if self.label else 'aria-hidden="true"'
        return SafeString(
            f'<svg class="icon icon-{self.size}" width="{self.size}" height="{self.size}" {told}>'
            f'<use href="{_sprite()}#{self.name}"/></svg>'
        )


@component("chip")
class Chip:
    """A fact in one or two words; grey unless a human must look. Never a button."""

    text: str
    icon: str = ""
    tone: Tone = "grey"

    def __post_init__(self) -> None:
        check_icon(self.icon)

    def __html__(self) -> SafeString:
        before = ""
        if self.icon:
            before = Icon(name=self.icon).__html__()
        elif self.tone == "unknown":
            before = '<span aria-hidden="true">?</span>'
        return SafeString(f'<span class="chip chip-{self.tone}">{before} {escaped(self.text)} </span>')


@component("button")
class Button:
    """A link with ``href``, else a button of the form around it. One primary a region.

    ``key`` is the key that presses it (js/keys.js), printed on it. ``refused`` is why it cannot be
    pressed now: a sentence, shown beside it. ``opens`` is the id of a popover.
    """

    label: str
    kind: Literal["primary", "plain", "quiet", "danger"] = "plain"
    icon: str = ""
    href: str = ""
    key: str = ""
    name: str = ""
    value: str = ""
    type: Literal["submit", "button"] = "submit"
    form: str = ""
    opens: str = ""
    refused: str = ""

    def __post_init__(self) -> None:
        check_icon(self.icon)


@component("card", block=True, places=("aside", "foot"))
class Card:
    """A white card. ``title`` is the answer as a sentence, ``caption`` the evidence right of it: unit, n.

    ``flush`` lets a table or list run to the edges. Slots: ``aside`` right in the title row, ``foot``.
    """

    title: str = ""
    caption: str = ""
    id: str = ""
    flush: bool = False


@component("page-header", block=True, places=("lead",))
class PageHeader:
    """The page's answer as a sentence, its evidence below, its buttons (the block's content) right of it.

    Slot ``lead``: what stands before the title, such as the account's initial.
    """

    title: str
    caption: str = ""


@component("message")
class Message:
    """What just happened or why not, as a sentence.

    ``undo_url`` takes a POST and comes back to ``back_to``.
    """

    text: str
    tone: Literal["grey", "green", "amber", "red"] = "grey"
    undo_url: str = ""
    back_to: str = ""

    @property
    def icon(self) -> str:
        return {"red": "alert-circle", "amber": "alert-triangle", "green": "circle-check"}.get(
            self.tone, "info-circle"
        )


@component("empty")
class Empty:
    """What belongs here and the first step: one sentence, one button, no drawing."""

    sentence: str
    label: str = ""
    href: str = ""
