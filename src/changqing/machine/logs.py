"""Logs that never fill the disk."""

from __future__ import annotations

import shutil
from pathlib import Path

LIMIT = 5_000_000
KEPT = 3


def rotate(path: Path, *, limit: int = LIMIT, kept: int = KEPT) -> None:
    """Where ``path`` outgrew ``limit`` bytes, move its content to ``path.1`` … and empty it in place.

    Its writers append and hold it open, so it is emptied and never renamed.
    """
    if not path.is_file() or path.stat().st_size <= limit:
        return
    for number in range(kept - 1, 0, -1):
        older = path.with_name(f"{path.name}.{number}")
        if older.exists():
            older.replace(path.with_name(f"{path.name}.{number + 1}"))
    shutil.copyfile(path, path.with_name(f"{path.name}.1"))
    with path.open("r+b") as file:
        file.truncate(0)


def last_lines(path: Path, count: int = 12) -> str:
    """The end of a log, for a sentence that says why something failed."""
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 20_000))
        text = file.read().decode("utf-8", errors="replace")
    return "\n".join(text.strip().splitlines()[-count:])
