"""What a component is: one template and one typed declaration of its props.

    @component("chip")
    class Chip:
        text: str
        icon: str = ""

``{% component "chip" text=… %}`` renders ``components/chip.html`` with the declaration as ``it``. A component
declared with ``block=True`` takes content up to ``{% endcomponent %}`` as ``slot``; further named places are
declared in ``places`` and filled with ``{% slot "foot" %}…{% endslot %}``.

Those that stand in every row of a table or on most pages write themselves: their declaration has
``__html__``, or ``around`` where they take content, and there is no template, which would cost a page of
fifty rows more than all its questions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from functools import cached_property
from typing import Any, cast, dataclass_transform, get_args, get_origin, get_type_hints

from django.template import TemplateSyntaxError
from django.template.base import Template
from django.template.loader import get_template


@dataclass(frozen=True)
class Component:
    name: str
    props: type
    block: bool
    places: frozenset[str]

    @cached_property
    def known(self) -> frozenset[str]:
        return frozenset(field.name for field in fields(self.props))

    @cached_property
    def needed(self) -> frozenset[str]:
        return frozenset(
            field.name
            for field in fields(self.props)
            if field.default is MISSING and field.default_factory is MISSING
        )

    @cached_property
    def choices(self) -> dict[str, tuple[Any, ...]]:
        """The props declared as ``Literal``, with the values they take."""
        hints = get_type_hints(self.props)
        found = ((name, _literals(hints[name])) for name in self.known)
        return {name: values for name, values in found if values}

    @cached_property
    def writes_itself(self) -> bool:
        return hasattr(self.props, "around" if self.block else "__html__")

    @cached_property
    def template(self) -> Template:
        found = cast(Any, get_template(f"components/{self.name}.html"))
        return cast(Template, found.template)

    def check_names(self, given: set[str]) -> None:
        """TemplateSyntaxError for a prop that is not declared or not given."""
        if unknown := sorted(given - self.known):
            known = ", ".join(sorted(self.known))
            raise TemplateSyntaxError(
                f"component {self.name!r} has no prop {unknown[0]!r}; it takes: {known}"
            )
        if missing := sorted(self.needed - given):
            raise TemplateSyntaxError(f"component {self.name!r} needs the prop {missing[0]!r}")

    def build(self, values: dict[str, Any]) -> Any:
        """The declaration filled with ``values``; TemplateSyntaxError for a value outside its choices."""
        for name, allowed in self.choices.items():
            if values.get(name, allowed[0]) not in allowed:
                raise TemplateSyntaxError(
                    f"component {self.name!r} takes no {name}={values[name]!r}; one of {allowed!r}"
                )
        return self.props(**values)


def _literals(hint: Any) -> tuple[Any, ...]:
    is_literal = getattr(get_origin(hint), "_name", "") == "Literal" or str(hint).startswith("typing.Literal")
    return get_args(hint) if is_literal else ()


COMPONENTS: dict[str, Component] = {}


@dataclass_transform(frozen_default=True, kw_only_default=True)
def component(name: str, *, block: bool = False, places: tuple[str, ...] = ()) -> Callable[[type], type]:
    """Declare the class below as the props of ``components/<name>.html``."""

    def declare(props: type) -> type:
        declared: type = dataclass(frozen=True, kw_only=True)(props)
        COMPONENTS[name] = Component(name, declared, block, frozenset(places))
        return declared

    return declare


def component_named(name: str) -> Component:
    """The component of that name; TemplateSyntaxError names those there are."""
    try:
        return COMPONENTS[name]
    except KeyError:
        raise TemplateSyntaxError(
            f"there is no component {name!r}; there are: {', '.join(sorted(COMPONENTS))}"
        ) from None
