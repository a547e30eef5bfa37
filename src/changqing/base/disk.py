"""Whether an error says that the disk is full: of Python, of DuckDB, or of PostgreSQL."""

from __future__ import annotations

import errno
from collections.abc import Iterator

from psycopg.errors import DiskFull

# what the C library says of it, which DuckDB passes on within a sentence of its own
NO_SPACE = "No space left on device"


def is_full(error: BaseException) -> bool:
    """Whether ``error``, or what it came of, is that there was no space left to write to."""
    return any(
        isinstance(each, DiskFull) or getattr(each, "errno", None) == errno.ENOSPC or NO_SPACE in str(each)
        for each in _causes(error)
    )


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
