"""From a staged table to segments: columns understood, cells read, faulty rows set aside with reasons."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import duckdb

from changqing.base.tables import Staged
from changqing.ledger.models import Import
from changqing.ledger.segments import Written


@dataclass(frozen=True)
class Taken:
    """What a file became: its lines, its refused rows, and what there is to tell of the reading."""

    lines: Written
    refused: Written | None
    report: dict[str, Any] = field(default_factory=dict)


def take_in(entry: Import, staged: Staged, connection: duckdb.DuckDBPyConnection) -> Taken:
    raise NotImplementedError
