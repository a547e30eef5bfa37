"""Which workers of this machine live: each holds a file of its own locked for as long as it is there."""

from __future__ import annotations

import os
from pathlib import Path

from changqing.machine.lock import FileLock


class Roll:
    """The roll of workers in one folder, each under its number in the queue.

    A worker that is killed lets go of its file in the same moment, while the queue learns only from its
    silence, seconds later. Of workers on other machines the silence alone tells.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: FileLock | None = None
        self._number: int | None = None

    def enter(self, number: int) -> None:
        """Be on the roll as worker ``number`` until this process ends."""
        if number == self._number:
            return
        self._folder.mkdir(mode=0o700, exist_ok=True)
        # locked before it bears the number: whoever looks between the two sees nobody rather than one dead
        nameless = self._folder / f"new-{os.getpid()}"
        lock = FileLock(nameless)
        lock.acquire()
        nameless.rename(self._folder / str(number))
        if self._held is not None:
            self._held.release()
        self._held, self._number = lock, number

    def dead(self) -> list[int]:
        """The numbers of those that entered and are there no more."""
        if not self._folder.is_dir():
            return []
        named = [path for path in self._folder.iterdir() if path.name.isdigit()]
        return sorted(int(path.name) for path in named if not FileLock(path).is_taken())

    def strike(self, number: int) -> None:
        """What worker ``number`` left is seen to."""
        (self._folder / str(number)).unlink(missing_ok=True)
