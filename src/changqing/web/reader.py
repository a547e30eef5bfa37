"""Who reads: every page but those of the door is behind the sign-in, so there is always a user."""

from __future__ import annotations

from django.http import HttpRequest

from changqing.people.queries import User


def reader(request: HttpRequest) -> User:
    """The signed-in user of ``request``."""
    user = request.user
    if not isinstance(user, User):
        raise TypeError("a page behind the sign-in was asked for by nobody")
    return user
