"""The data folder."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class DataFolder:
    path: Path

    @classmethod
    def from_environment(cls) -> DataFolder:
        given = os.environ.get("CHANGQING_DATA")
        return cls(Path(given) if given else Path.home() / ".local/share/changqing")

    @property
    def ledger(self) -> Path:
        return self.path / "ledger"

    @property
    def uploads(self) -> Path:
        return self.path / "uploads"

    def secret(self, name: str) -> str:
        file = self.path / "run" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if not file.exists():
            file.write_text(secrets.token_urlsafe(48))
            file.chmod(0o600)
        return file.read_text()
