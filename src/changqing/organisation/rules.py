"""How long guessing must wait, how long a link lives, and what a browser calls itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

FREE_TRIES = 5
WINDOW = timedelta(minutes=15)
REMEMBERED = timedelta(hours=1)
LINK_LIVES = timedelta(days=3)
# From all addresses together, within an hour: then a second factor is taken from known addresses only.
STRANGERS_STAY_OUT_AFTER = 30
RECENT = timedelta(minutes=10)

BROWSERS = (
    ("MicroMessenger/", "WeChat"),
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("HeadlessChrome/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("HarmonyOS", "HarmonyOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def wait_after(failures: int) -> timedelta:
    """Nothing up to the fifth failure, then 2, 4, 8 … seconds, a quarter of an hour at most."""
    if failures < FREE_TRIES:
        return timedelta(0)
    return min(timedelta(seconds=2 ** min(failures - FREE_TRIES + 1, 20)), WINDOW)


def left_to_wait(failures: Sequence[datetime], *, now: datetime, tries: int) -> timedelta:
    """What is left of the wait after these failures, oldest first: never more than ``tries`` in 15 minutes.

    >>> from datetime import datetime, timedelta
    >>> noon = datetime(2026, 11, 18, 12)
    >>> left_to_wait([noon] * 4, now=noon, tries=10)
    datetime.timedelta(0)
    >>> left_to_wait([noon] * 10, now=noon, tries=10)
    datetime.timedelta(seconds=900)
    """
    if not failures:
        return timedelta(0)
    waits = [failures[-1] + wait_after(len(failures)) - now]
    if len(failures) >= tries:
        waits.append(failures[-tries] + WINDOW - now)
    return max(timedelta(0), *waits)


def device_of(agent: str) -> str:
    """The browser and system of a user agent, as a person would name them; empty where it says neither.

    >>> device_of("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36")
    'Chrome · Windows'
    """
    named = [next((name for mark, name in marks if mark in agent), "") for marks in (BROWSERS, SYSTEMS)]
    return " · ".join(filter(None, named))
