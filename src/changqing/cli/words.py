"""The console's words before Django is there: Chinese is the source, English this door's catalogue."""

from __future__ import annotations

import gettext as standard
from functools import cache
from pathlib import Path

from changqing.machine.speech import console_language

CATALOGUES = Path(__file__).parent / "locale"


@cache
def _catalogue(language: str) -> standard.NullTranslations:
    return standard.translation("django", str(CATALOGUES), [language], fallback=True)


def gettext(message: str) -> str:
    """The message in the console's language; as written where no catalogue was compiled."""
    return _catalogue(console_language()).gettext(message)
