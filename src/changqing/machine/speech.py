"""The console's two languages before Django is there: Chinese is the source, English its catalogue."""

from __future__ import annotations

import gettext as standard
import os
from functools import cache
from pathlib import Path

CATALOGUES = Path(__file__).parent / "locale"


def console_language() -> str:
    """``zh`` where the environment asks for Chinese, else ``en``; ``CHANGQING_LANG`` wins over the locale."""
    for name in ("CHANGQING_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        if wanted := os.environ.get(name, ""):
            return "zh" if wanted.lower().startswith("zh") else "en"
    return "en"


@cache
def _catalogue(language: str) -> standard.NullTranslations:
    return standard.translation("django", str(CATALOGUES), [language], fallback=True)


def gettext(message: str) -> str:
    """The message in the console's language; as written where no catalogue was compiled."""
    return _catalogue(console_language()).gettext(message)
