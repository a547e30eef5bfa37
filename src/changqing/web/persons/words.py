"""What the columns of a list of contacts are called, in the reader's language."""

from __future__ import annotations

from django.utils.translation import get_language

from changqing.contacts.rules import HEADINGS


def field_names() -> dict[str, str]:
    at = 0 if (get_language() or "zh").startswith("zh") else 1
    return {name: titles[at] for name, titles in HEADINGS.items()}
