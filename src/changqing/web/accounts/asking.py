"""What the address asks of the list: every value checked here, nothing else reaches a query."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from django.core.exceptions import BadRequest
from django.http import QueryDict
from django.urls import reverse

from changqing.reports.accounts import PERIODS, SORTS, Asked

LONGEST = 100
MOST_OF_A_LIST = 2_000
MOST = 2**31 - 1
PLAIN = re.compile(r"[0-9A-Za-z_-]+")
FILTERS = (
    "q",
    "abc",
    "band",
    "industry",
    "region",
    "owner",
    "department",
    "loss",
    "never",
    "unassigned",
    "silent",
    "tag",
    "archived",
)
KNOWN = frozenset([*FILTERS, "period", "sort", "page", "part", "export", "key"])


def asked_in(query: QueryDict) -> Asked:
    """The request as ``Asked``; BadRequest for a name or value that no link of ours carries."""
    if unknown := set(query) - KNOWN:
        raise BadRequest(f"unknown: {sorted(unknown)[0][:LONGEST]}")
    return Asked(
        period=_one_of(query, "period", PERIODS, "36m"),
        words=_text(query, "q").strip(),
        abc=_codes(query, "abc", r"[A-Z]"),
        band=_codes(query, "band", r"[a-z][a-z_]{0,18}"),
        industry=_text(query, "industry"),
        region=_text(query, "region", 200),
        owner=_number(query, "owner"),
        department=_number(query, "department"),
        is_loss_making=query.get("loss") == "1",
        never_bought=query.get("never") == "1",
        unassigned=query.get("unassigned") == "1",
        silent_days=_number(query, "silent", most=36_500),
        tags=tuple(sorted({tag.replace("\0", "")[:40] for tag in query.getlist("tag") if tag}))[:20],
        archived=_one_of(query, "archived", ("", "only", "with"), ""),
        sort=_one_of(query, "sort", ["", *(way + name for name in SORTS for way in ("", "-"))], ""),
        page=_number(query, "page") or 1,
    )


class FromList:
    """Pages of accounts found in the list ``asked``; each is told at which place, so that it can lead on."""

    def __init__(self, asked: str) -> None:
        self.before, _key, self.after = reverse("account", args=["-"]).rpartition("-")
        self.list = urlencode({"list": asked})

    def url(self, key: str, place: int) -> str:
        # of an everyday key there is nothing to quote
        is_plain = PLAIN.fullmatch(key)
        page = f"{self.before}{key}{self.after}" if is_plain else reverse("account", args=[key])
        return f"{page}?{self.list}&at={place}"


def place_asked(query: QueryDict) -> tuple[str, int] | None:
    """The list that a person came from, as it was asked for, and the place in it."""
    place = _number(query, "at")
    return None if place is None else (query.get("list", "")[:MOST_OF_A_LIST], place)


def kept(query: QueryDict, *without: str) -> str:
    """The address of the same list, without page, parts and ``without``."""
    left = query.copy()
    for name in ("page", "part", "export", "key", *without):
        left.pop(name, None)
    for name in [name for name, values in left.lists() if not any(values)]:
        left.pop(name)
    return left.urlencode()


def _text(query: QueryDict, name: str, longest: int = LONGEST) -> str:
    # PostgreSQL holds no NUL
    return query.get(name, "").replace("\0", "")[:longest]


def _one_of(query: QueryDict, name: str, allowed: tuple[str, ...] | list[str], otherwise: str) -> str:
    value = query.get(name) or otherwise
    if value not in allowed:
        raise BadRequest(f"{name}: {value[:LONGEST]}")
    return value


def _codes(query: QueryDict, name: str, shape: str) -> tuple[str, ...]:
    return tuple(sorted({value for value in query.getlist(name) if re.fullmatch(shape, value)}))


def _number(query: QueryDict, name: str, most: int = MOST) -> int | None:
    value = query.get(name, "")
    if not value:
        return None
    if not re.fullmatch(r"[0-9]{1,10}", value, re.ASCII) or int(value) > most:
        raise BadRequest(f"{name}: {value[:LONGEST]}")
    return int(value)
