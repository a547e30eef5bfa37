"""The demo beside the book: whether it is there yet, and its sign-ins, as its maker wrote them down."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from django.urls import reverse

# Nobody waits longer for a neighbour on the same machine.
PATIENCE_SECONDS = 0.3


class SignIn(NamedTuple):
    username: str
    password: str
    words: str


def demo_signins(file: Path) -> list[SignIn]:
    """One a line: user name, password, then who that is in words; empty where there is no such file."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    parts = (line.split(maxsplit=2) for line in lines if not line.lstrip().startswith("#"))
    return [
        SignIn(part[0], part[1], part[2] if len(part) > 2 else part[0]) for part in parts if len(part) > 1
    ]


def demo_answers(address: str) -> bool:
    """Whether somebody listens at ``address``; one on another machine is not asked.

    On the first start the book is there half a minute before the demo is told.
    """
    at = urlsplit(address)
    if at.hostname not in {"127.0.0.1", "localhost"}:
        return True
    try:
        socket.create_connection((at.hostname, at.port or 80), PATIENCE_SECONDS).close()
    except OSError:
        return False
    return True


def demo_link(address: str) -> str:
    """Where other pages send who wants the demo at ``address``: to the first page until it answers, which
    says so and opens it then; nowhere where there is no demo."""
    return address if not address or demo_answers(address) else reverse("home")
