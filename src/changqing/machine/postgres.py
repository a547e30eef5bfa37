"""The embedded PostgreSQL."""

from __future__ import annotations

from dataclasses import dataclass

from changqing.machine.folder import DataFolder


@dataclass(frozen=True)
class Postgres:
    folder: DataFolder

    @property
    def url(self) -> str:
        return f"postgresql://changqing@/changqing?host={self.folder.path}/run"
