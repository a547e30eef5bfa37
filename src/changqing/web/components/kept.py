"""What would be written the same again: written once by each process, not once by each answer."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from django.conf import settings
from django.template import Context, Node, NodeList, TemplateSyntaxError
from django.template.base import FilterExpression, Parser, Token, token_kwargs
from django.template.loader import render_to_string
from django.urls import get_script_prefix
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from changqing.base.kept import Kept

# what a part is given comes from a short list, of themes or of places; one that is given names forgets them
MOST = 64
# of a large book one takes 100 KB
WRITTEN = Kept[SafeString](most=100)


def where() -> tuple[Hashable, ...]:
    """What every written word and address depends on: the language, and where the pages stand."""
    return get_language(), get_script_prefix(), settings.ROOT_URLCONF


class KeptNode(Node):
    """A part of a template that sees nothing but what it is given, so it can be kept by that."""

    child_nodelists = ("content",)

    def __init__(self, given: dict[str, FilterExpression], content: NodeList) -> None:
        self.given = given
        self.content = content
        self.written = Kept[str](most=MOST)

    def render(self, context: Context) -> str:
        values = {name: value.resolve(context) for name, value in self.given.items()}
        key = (context.autoescape, *where(), *values.values(), *map(type, values.values()))
        return self.written.get(key, lambda: self.content.render(context.new(values)))


def do_kept(parser: Parser, token: Token) -> KeptNode:
    """``{% kept name=value … %}``, closed by ``{% endkept %}``; the values can be hashed.

    Inside, only those values are known, and neither the request nor the reader: what is the same for all
    who are given the same is written once and kept, in each language.
    """
    _, *bits = token.split_contents()
    given = token_kwargs(bits, parser)
    if bits:
        raise TemplateSyntaxError(f"kept: {bits[0]!r} is not of the form name=value")
    content = parser.parse(("endkept",))
    parser.delete_first_token()
    return KeptNode(given, content)


def written(template: str, context: Callable[[], dict[str, Any]], *of: Hashable) -> SafeString:
    """``template`` with ``context``, or as it was written before ``of`` the same: all that it depends on."""
    return WRITTEN.get((template, where(), of), lambda: SafeString(render_to_string(template, context())))
