"""People in the settings, signed in as by a person at the door."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from changqing.people.actions import add_user
from changqing.people.models import User
from changqing.people.permissions import operator

PASSWORD = "evergreen-pine-41"
NAMES = {"admin": "魏然", "operator": "何嘉怡", "executive": "沈岚", "manager": "林晓彤"}


@pytest.fixture(autouse=True)
def quick_hasher(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def person() -> Callable[..., User]:
    def make(role: str, username: str = "", **more: Any) -> User:
        return add_user(
            by=operator(because="a test"),
            username=username or role,
            full_name=NAMES.get(role, role),
            password=PASSWORD,
            role=role,
            **more,
        )

    return make


@pytest.fixture
def signed_in() -> Callable[..., Client]:
    def enter(user: User, **more: Any) -> Client:
        client = Client(**more)
        answer = client.post("/signin/", {"username": user.username, "password": PASSWORD})
        assert answer.status_code == 302, answer.content.decode()
        return client

    return enter
