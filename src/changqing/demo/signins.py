"""The sign-ins of the demo, with passwords of their own in every data folder."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from changqing.demo.staff import ROLE_NAMES, STAFF, Colleague
from changqing.machine.folder import replace_text

_WORDS = "bai cang dan fei gao hong jiang kai lan ming nan ping qing rui song tao wei xing yun zhou"
SYLLABLES = tuple(_WORDS.split())


@dataclass(frozen=True)
class SignIn:
    username: str
    password: str
    role: str


def signins() -> list[SignIn]:
    """The demo's sign-ins in the order of the staff; made once, kept in a 0600 file of the data folder."""
    path = _path()
    if not path.exists():
        lines = [f"{one.username}\t{_password()}\t{_role(one)}\n" for one in STAFF]
        replace_text(path, "".join(lines), mode=0o600)
    rows = path.read_text(encoding="utf-8").splitlines()
    return [SignIn(*row.split("\t")) for row in rows]


def _path() -> Path:
    return Path(settings.FOLDER.run) / "signins.txt"


def _password() -> str:
    """Not drawn from the story's seed: everybody knows that one."""
    words = [secrets.choice(SYLLABLES) for _ in range(4)]
    return "-".join([*words, f"{secrets.randbelow(10_000):04d}"])


def _role(colleague: Colleague) -> str:
    return f"{colleague.full_name} {ROLE_NAMES[colleague.role]} / {colleague.role}"
