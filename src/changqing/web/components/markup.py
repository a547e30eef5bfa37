"""What components that write themselves put between their tags."""

from __future__ import annotations

import html
import re
from typing import Any

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString

_PHRASE = re.compile(r"[^，；：]*[，；：]+|[^，；：]+")


def escaped(value: Any) -> str:
    """``value`` as a template would write it: markup as it is, everything else as text."""
    # most of what a page says is plain text, of which the general way asks four questions first
    return html.escape(value) if type(value) is str else conditional_escape(value)


def phrases(title: object) -> SafeString:
    """``title`` so that it breaks after ，；： only: each phrase is an inline block.

    Text is escaped; a title that is markup already is left as it is.
    """
    text = escaped(title if isinstance(title, str) else str(title))
    parts = _PHRASE.findall(html.unescape(text))
    if len(parts) < 2 or "<" in text:
        return SafeString(text)
    return SafeString("".join(f'<span class="phrase">{escaped(part)}</span>' for part in parts))
