"""Words and frames: chip, icon, button, card, page header, message, empty."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

from django.http import HttpRequest
from django.template import TemplateSyntaxError
from django.templatetags.static import static
from django.utils.safestring import SafeString

from changqing.web.components.markup import escaped, phrases
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

    def __html__(self) -> SafeString:
        icon = Icon(name=self.icon).__html__() if self.icon else ""
        look, label = f'class="button button-{self.kind}"', escaped(self.label)
        if self.refused:
            return SafeString(
                f' <span class="button-refused"> <button type="button" {look} disabled> {icon} {label} '
                f'</button> <span class="reason">{escaped(self.refused)}</span> </span> '
            )
        pressed = f' data-key="{escaped(self.key)}"' if self.key else ""
        inside = f"{icon} {label} {f'<kbd>{escaped(self.key)}</kbd>' if self.key else ''}"
        if self.href:
            return SafeString(f' <a {look} href="{escaped(self.href)}"{pressed}> {inside} </a> ')
        name = f' name="{escaped(self.name)}" value="{escaped(self.value)}"' if self.name else ""
        form = f' form="{escaped(self.form)}"' if self.form else ""
        opens = f' popovertarget="{escaped(self.opens)}"' if self.opens else ""
        kind = "button" if self.opens else self.type
        return SafeString(
            f' <button {look} type="{kind}" {name} {form}{opens} {pressed}> {inside} </button> '
        )


@component("card", block=True, places=("aside", "foot"))
class Card:
    """A white card. ``title`` is the answer as a sentence, ``caption`` the evidence right of it: unit, n.

    ``flush`` lets a table or list run to the edges. Slots: ``aside`` right in the title row, ``foot``.
    """

    title: str = ""
    caption: str = ""
    id: str = ""
    flush: bool = False

    def around(
        self, slot: str, request: HttpRequest | None = None, aside: str = "", foot: str = ""
    ) -> SafeString:
        id = f' id="{escaped(self.id)}"' if self.id else ""
        caption = f'<p class="caption">{escaped(self.caption)}</p>' if self.caption else ""
        beside = f'<div class="aside">{aside}</div>' if aside else ""
        head = f'<header class="card-head"> <h2>{phrases(self.title)}</h2> {caption} {beside} </header>'
        below = f'<footer class="card-foot">{foot}</footer>' if foot else ""
        return SafeString(
            f'<section class="card{" card-flush" if self.flush else ""}"{id}> '
            f"{head if self.title or aside else ''} "
            f'<div class="card-body">{slot}</div> {below} </section> '
        )


@component("page-header", block=True, places=("lead",))
class PageHeader:
    """The page's answer as a sentence, its evidence below, its buttons (the block's content) right of it.

    Slot ``lead``: what stands before the title, such as the account's initial.
    """

    title: str
    caption: str = ""

    def around(self, slot: str, request: HttpRequest | None = None, lead: str = "") -> SafeString:
        before = f'<div class="lead">{lead}</div>' if lead else ""
        caption = f"<p>{escaped(self.caption)}</p>" if self.caption else ""
        actions = f'<div class="actions">{slot}</div>' if slot.strip() else ""
        return SafeString(
            f'<header class="page-header"> {before} <div class="words"> <h1>{phrases(self.title)}</h1> '
            f"{caption} </div> {actions} </header> "
        )


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

    def __html__(self) -> SafeString:
        button = Button(label=self.label, href=self.href, kind="primary").__html__() if self.href else ""
        return SafeString(f'<div class="empty"> <p>{escaped(self.sentence)}</p> {button} </div> ')
