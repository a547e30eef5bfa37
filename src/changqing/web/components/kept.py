"""What stands the same on every page: written once by each process, not once by each answer."""

from __future__ import annotations

from collections.abc import Hashable

from django.conf import settings
from django.template import Context, Node, NodeList, TemplateSyntaxError
from django.template.base import FilterExpression, Parser, Token, token_kwargs
from django.urls import get_script_prefix
from django.utils.translation import get_language

# what it is given comes from a short list, of themes or of places; a use that gives names forgets them
MOST = 256


def where() -> tuple[Hashable, ...]:
    """What every written word and address depends on: the language, and where the pages stand."""
    return get_language(), get_script_prefix(), settings.ROOT_URLCONF


class KeptNode(Node):
    """A part of a template that sees nothing but what it is given, so it can be kept by that."""

    child_nodelists = ("content",)

    def __init__(self, given: dict[str, FilterExpression], content: NodeList) -> None:
        self.given = given
        self.content = content
        self.written: dict[tuple[Hashable, ...], str] = {}

    def render(self, context: Context) -> str:
        values = {name: value.resolve(context) for name, value in self.given.items()}
        key = (context.autoescape, *where(), *values.values(), *map(type, values.values()))
        found = self.written.get(key)
        if found is None:
            if len(self.written) >= MOST:
                self.written.clear()
            found = self.written[key] = self.content.render(context.new(values))
        return found


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
