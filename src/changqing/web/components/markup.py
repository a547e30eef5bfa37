"""What components that write themselves put between their tags."""

from __future__ import annotations

import html
from typing import Any

from django.utils.html import conditional_escape


def escaped(value: Any) -> str:
    """``value`` as a template would write it: markup as it is, everything else as text."""
    # most of what a page says is plain text, of which the general way asks four questions first
    return html.escape(value) if type(value) is str else conditional_escape(value)
