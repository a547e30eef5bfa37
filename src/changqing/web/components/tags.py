"""The tags that pages are built of; built into every template, so nothing needs loading."""

from __future__ import annotations

from typing import Any

from django import template
from django.contrib.messages.storage.base import Message
from django.template import Context, Node, NodeList, TemplateSyntaxError
from django.template.base import FilterExpression, Parser, Token, token_kwargs
from django.urls import reverse
from django.utils.safestring import SafeString

# importing a declaration registers it
from changqing.web.components import charts, figures, forms, lists, words  # noqa: F401
from changqing.web.components.kept import do_kept
from changqing.web.components.markup import phrases
from changqing.web.components.registry import Component, component_named

register = template.Library()
register.tag("kept", do_kept)
register.filter(phrases)

PASSED_ON = ("request", "csrf_token", "user", "shell")


class ComponentNode(Node):
    """One use of a component in a template; its prop names were checked when the template was read."""

    child_nodelists = ("content",)

    def __init__(
        self,
        used: Component,
        props: dict[str, FilterExpression],
        content: NodeList,
        places: dict[str, NodeList],
    ) -> None:
        self.used = used
        self.props = props
        self.content = content
        self.places = places

    def render(self, context: Context) -> SafeString:
        values = {name: value.resolve(context) for name, value in self.props.items()}
        if self.used.writes_itself and not self.used.block:
            written: SafeString = self.used.build(values).__html__()
            return written
        # a place of nothing but layout is empty, so that the component leaves it out
        inner: dict[str, Any] = {
            name: SafeString(nodes.render(context).strip()) for name, nodes in self.places.items()
        }
        slot = self.content.render(context)
        if self.used.writes_itself:
            around: SafeString = self.used.build(values).around(slot, context.get("request"), **inner)
            return around
        inner["slot"] = slot
        inner["it"] = self.used.build(values)
        inner |= {name: context[name] for name in PASSED_ON if name in context}
        return self.used.template.render(context.new(inner))


class SlotNode(Node):
    """The content of a named place; taken out of the block by the component around it."""

    def __init__(self, name: str, content: NodeList) -> None:
        self.name = name
        self.content = content

    def render(self, context: Context) -> str:
        raise TemplateSyntaxError(f"slot {self.name!r} stands outside the component it belongs to")


@register.tag("component")
def do_component(parser: Parser, token: Token) -> ComponentNode:
    """``{% component "name" prop=value … %}``, closed by ``{% endcomponent %}`` when it is a block."""
    used, props = _read_use(parser, token)
    if not used.block:
        return ComponentNode(used, props, NodeList(), {})
    inside = parser.parse(("endcomponent",))
    parser.delete_first_token()
    places = {node.name: node.content for node in inside if isinstance(node, SlotNode)}
    if unknown := sorted(set(places) - used.places):
        raise TemplateSyntaxError(f"component {used.name!r} has no slot {unknown[0]!r}")
    content = NodeList([node for node in inside if not isinstance(node, SlotNode)])
    return ComponentNode(used, props, content, places)


def _read_use(parser: Parser, token: Token) -> tuple[Component, dict[str, FilterExpression]]:
    _, *bits = token.split_contents()
    if not bits or bits[0][0] not in "\"'":
        raise TemplateSyntaxError("component needs its name in quotes first")
    used = component_named(bits.pop(0)[1:-1])
    names = [bit.split("=", 1)[0] for bit in bits]
    props = token_kwargs(bits, parser)
    if bits:
        raise TemplateSyntaxError(f"component {used.name!r}: {bits[0]!r} is not of the form prop=value")
    if len(names) != len(props):
        raise TemplateSyntaxError(f"component {used.name!r} is given a prop twice")
    used.check_names(set(props))
    return used, props


@register.tag("slot")
def do_slot(parser: Parser, token: Token) -> SlotNode:
    """``{% slot "foot" %}…{% endslot %}`` directly inside a block component."""
    bits = token.split_contents()
    if len(bits) != 2 or bits[1][0] not in "\"'":
        raise TemplateSyntaxError("slot needs its name in quotes, and nothing else")
    content = parser.parse(("endslot",))
    parser.delete_first_token()
    return SlotNode(bits[1][1:-1], content)


@register.filter
def minus(number: object) -> str:
    """A number as pages write it: a real minus sign before what is below zero."""
    text = str(number)
    return f"−{text[1:]}" if text.startswith("-") else text


@register.filter
def share(ratio: float | None, digits: int = 1) -> str:
    """A ratio as a percentage: 0.274 → 27.4%; – when there is none."""
    if ratio is None:
        return "–"
    # a share that rounds to nothing has no sign
    return minus(f"{round(ratio * 100, digits) + 0:.{digits}f}%")


@register.filter
def usable(ratio: float) -> str:
    """A share of usable cells, of which what is unusable is never rounded away: 0.99999 → 99.9%."""
    return "100%" if ratio == 1 else f"{min(ratio * 100, 99.9):.1f}%"


@register.filter
def whole(number: int | None) -> str:
    """A count with thousands separators; – when there is none."""
    return "–" if number is None else minus(f"{number:,}")


@register.filter
def undo_of(message: Message) -> str:
    """Where the deed that a Django message tells of is taken back; empty when it cannot be."""
    kind, _, pk = str(message.extra_tags or "").partition(":")
    addresses = {"deed": "undo_deed", "merge": "undo_merge"}
    return reverse(addresses[kind], args=[int(pk)]) if kind in addresses and pk.isdigit() else ""


@register.filter
def tone_of(message: Message) -> str:
    """The tone of a Django message by its level."""
    return {"success": "green", "warning": "amber", "error": "red"}.get(message.level_tag, "grey")
