"""Whoever passed every stage is let in: where from, with what, since when."""

from __future__ import annotations

import math
import time
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest

from changqing.journeys.sign_in import came_in
from changqing.organisation.queries import organisation_settings
from changqing.organisation.rules import RECENT, device_of
from changqing.organisation.sessions import ENTRY
from changqing.people.queries import User
from changqing.web.shell import page_address

A_DAY = 86_400
AN_HOUR = 3_600
SEEN_EVERY = 300
FIRST_PAGES = ("today", "portfolio", "accounts", "imports")
MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"


def first_page() -> str:
    """The address of the page a day starts with."""
    return next(address for name in FIRST_PAGES if (address := page_address(name)))


def address_of(request: HttpRequest) -> str:
    """Where the request comes from; behind our own TLS proxy the last address that it added."""
    passed_on = request.headers.get("X-Forwarded-For", "") if settings.SECURE_PROXY_SSL_HEADER else ""
    return passed_on.rsplit(",", 1)[-1].strip() or request.META.get("REMOTE_ADDR", "")


def let_in(request: HttpRequest, user: User) -> None:
    """Sign ``user`` in with a new session key, for as long as the organisation lets a session live."""
    records = get_authentication_records(request, user)
    login(request, user, backend=MODEL_BACKEND)
    policy, now = organisation_settings(), time.time()
    agent = request.headers.get("User-Agent", "")
    request.session[ENTRY] = {
        "began": now,
        "seen": now,
        "ends": now + policy.longest_days * A_DAY,
        "address": address_of(request),
        "agent": agent[:300],
    }
    request.session.set_expiry(policy.idle_hours * AN_HOUR)
    methods = [record["method"] for record in records]
    came_in(
        user=user,
        address=address_of(request),
        device=device_of(agent),
        by_way_of=methods[0] if methods else "link",
        factor="mfa" in methods,
    )


def is_over(request: HttpRequest) -> bool:
    """Whether the session has lived as long as it may, however busy it is."""
    entry: dict[str, Any] = request.session.get(ENTRY) or {}
    return time.time() > entry.get("ends", math.inf)


def note_visit(request: HttpRequest) -> None:
    """Remember every few minutes that, and from where, the session is in use."""
    entry: dict[str, Any] | None = request.session.get(ENTRY)
    if entry and time.time() - entry["seen"] > SEEN_EVERY:
        seen = {"seen": time.time(), "address": address_of(request)}
        request.session[ENTRY] = entry | seen


def proved_again(request: HttpRequest, user: User, method: str) -> None:
    record_authentication(request, user, method, reauthenticated=True)


def is_recent(request: HttpRequest, user: User) -> bool:
    """Whether ``user`` proved who they are in this session within the last ten minutes."""
    records = get_authentication_records(request, user)
    return bool(records) and time.time() - records[-1]["at"] < RECENT.total_seconds()
