"""The demo book's sign-ins, as its maker wrote them down for whoever comes to look."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


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
