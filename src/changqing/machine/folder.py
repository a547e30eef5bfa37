"""The data folder: everything a book keeps on this machine, private to its owner."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from changqing.machine.environment import env_text
from changqing.machine.error import MachineError
from changqing.machine.lock import FileLock
from changqing.machine.speech import gettext as _


@dataclass(frozen=True)
class DataFolder:
    """``pg``, ``ledger``, ``uploads``, ``run``, ``logs`` and ``secrets`` below one path, each 0700."""

    path: Path

    @classmethod
    def from_environment(cls) -> DataFolder:
        """``CHANGQING_DATA``, else the XDG data folder (``~/.local/share/changqing``)."""
        share = env_text("XDG_DATA_HOME", "~/.local/share")
        named = env_text("CHANGQING_DATA", f"{share}/changqing")
        return cls(Path(named).expanduser().absolute())

    @property
    def pg(self) -> Path:
        """The embedded PostgreSQL's cluster; made whole by its own start, never half."""
        return self.path / "pg"

    @property
    def ledger(self) -> Path:
        """Immutable Parquet segments."""
        return self._room("ledger")

    @property
    def uploads(self) -> Path:
        """Files as they were handed in."""
        return self._room("uploads")

    @property
    def scratch(self) -> Path:
        """What may be lost: files on their way, spilled tables, trials."""
        return self._room("scratch")

    @property
    def run(self) -> Path:
        """Locks, sockets and state of what runs now; worthless when nothing runs."""
        return self._room("run")

    @property
    def logs(self) -> Path:
        return self._room("logs")

    @property
    def demo(self) -> DataFolder:
        """The demo book's own folder, beside this one and never in it."""
        return DataFolder(self.path.with_name(f"{self.path.name}-demo"))

    @property
    def secret_key(self) -> str:
        """The key that signs sessions and links."""
        return self.secret("secret_key")

    @property
    def pg_password(self) -> str:
        return self.secret("pg_password")

    @property
    def setup_code(self) -> str:
        """The code of the one-time link that makes the first user."""
        return self.secret("setup_code")

    def use_up_setup_code(self) -> None:
        """Forget the code: a later one is another."""
        (self._room("secrets") / "setup_code").unlink(missing_ok=True)

    def secret(self, name: str) -> str:
        """The named secret, made on first use; of several first users all get the same one."""
        path = self._room("secrets") / name
        with contextlib.suppress(FileNotFoundError):
            return path.read_text(encoding="ascii")
        _write_once(path, secrets.token_urlsafe(32))
        return path.read_text(encoding="ascii")

    def read_state(self) -> dict[str, Any]:
        """What the last start told of itself; empty where it told nothing."""
        try:
            state = json.loads((self.run / "state.json").read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return {}
        return state if isinstance(state, dict) else {}

    def write_state(self, **changes: Any) -> None:
        """Set these keys of the state and leave the others; None takes a key out."""
        with FileLock(self.run / "state.lock").held():
            merged = self.read_state() | changes
            kept = {key: value for key, value in merged.items() if value is not None}
            replace_text(self.run / "state.json", json.dumps(kept, indent=1))

    def create(self) -> None:
        """Make the folder itself, private where it is new."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise self._closed(error) from error

    def _room(self, name: str) -> Path:
        room = self.path / name
        if not room.is_dir():
            self.create()
            try:
                room.mkdir(mode=0o700, exist_ok=True)
            except OSError as error:
                raise self._closed(error) from error
        return room

    def _closed(self, error: OSError) -> MachineError:
        return MachineError(
            _("数据文件夹 %(path)s 无法使用：%(reason)s。请用 CHANGQING_DATA 指定一个可写的文件夹。")
            % {"path": self.path, "reason": os.strerror(error.errno or errno.EIO)}
        )


def replace_text(path: Path, text: str, *, mode: int = 0o600) -> None:
    """Write a file so that a reader, or a crash, meets the old text or the new one, never a half."""
    draft = _draft(path, text, mode)
    draft.replace(path)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Make a rename in this folder outlive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_once(path: Path, text: str) -> None:
    """Create a 0600 file with this text unless it exists; it never exists empty."""
    draft = _draft(path, text, 0o600)
    try:
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(draft)
    finally:
        draft.unlink()
    sync_folder(path.parent)


def _draft(path: Path, text: str, mode: int) -> Path:
    draft = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    return draft
