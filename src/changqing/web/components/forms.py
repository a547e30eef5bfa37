"""Forms: field with its refusal beside it, search field."""

from __future__ import annotations

from collections.abc import Sequence

from django.forms import BoundField

from changqing.web.components.registry import component


@component("field")
class Field:
    """A field of a Django form: label, input, help, and the refusal as a sentence beside it."""

    of: BoundField


@component("search")
class Search:
    """A search field that keeps the other filters, given as (name, value) in ``keep``."""

    action: str
    value: str = ""
    placeholder: str = ""
    name: str = "q"
    keep: Sequence[tuple[str, str]] = ()
    key: str = ""
