"""Who brings files in, how a page takes them, and the small book of the reports."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from changqing.people.queries import User
from changqing.reports.conftest import People, people, small_book

__all__ = ["people", "small_book"]


@pytest.fixture
def yun(people: People) -> User:
    """Operations: who brings files in."""
    return User.objects.create_user("yun", None, full_name="韵小雨", role="operator")


@pytest.fixture
def hand(book: None, yun: User) -> Callable[..., Any]:
    """Hand files over as the page does; the client that did."""

    def over(*files: tuple[str, str | bytes], user: User | None = None) -> Client:
        client = Client()
        client.force_login(user or yun)
        sent = [
            SimpleUploadedFile(name, text.encode() if isinstance(text, str) else text) for name, text in files
        ]
        client.answer = client.post("/imports/files/", {"files": sent})  # type: ignore[attr-defined]
        return client

    return over
