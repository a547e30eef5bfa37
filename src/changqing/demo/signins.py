"""The sign-ins of the demo, with passwords of their own in every data folder."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
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
    if not _path().exists():
        write_signins([(one.username, password(), _role(one)) for one in STAFF])
    rows = _path().read_text(encoding="utf-8").splitlines()
    return [SignIn(*row.split("\t")) for row in rows]


def write_signins(rows: Iterable[tuple[str, str, str]]) -> list[SignIn]:
    """Keep (username, password, role) rows where whoever starts the product prints them from."""
    made = [SignIn(*row) for row in rows]
    lines = [f"{one.username}\t{one.password}\t{one.role}\n" for one in made]
    replace_text(_path(), "".join(lines), mode=0o600)
    return made


def password() -> str:
    """Not drawn from the story's seed: everybody knows that one."""
    words = [secrets.choice(SYLLABLES) for _ in range(4)]
    return "-".join([*words, f"{secrets.randbelow(10_000):04d}"])


def _path() -> Path:
    return Path(settings.FOLDER.run) / "signins.txt"


def _role(colleague: Colleague) -> str:
    return f"{colleague.full_name} {ROLE_NAMES[colleague.role]} / {colleague.role}"
