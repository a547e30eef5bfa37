"""The process that touches hostile bytes: takes a request on stdin, answers in JSON lines on stdout.

It limits itself before it opens the file, dies with the nursery that it comes from, and knows neither
Django nor any language: what it finds are codes, which are worded by whoever asked.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import sys
import time
from pathlib import Path
from typing import Any

from changqing.base.tables.shapes import ReadingLimits, Unreadable

_PR_SET_PDEATHSIG = 1
_EVERY = 0.2


def main(parent: int) -> None:
    """``parent`` is the process that began this one; without it this one ends."""
    _die_with(parent)
    request = json.loads(sys.stdin.buffer.readline())
    limits = ReadingLimits(**request["limits"])
    _bind(request["memory_mb"], request["cpu"], request["file_mb"])
    try:
        answer = _read(request, limits)
    except Unreadable as verdict:
        _say({"refused": verdict.code, "data": verdict.data})
    except MemoryError:
        _say({"refused": "memory", "data": {"limit": request["memory_mb"]}})
    else:
        bad = answer.pop("bad")
        for start in range(0, len(bad), 100):
            _say({"bad": bad[start : start + 100]})
        _say({"staged": answer})


def _read(request: dict[str, Any], limits: ReadingLimits) -> dict[str, Any]:
    path, into, asked = Path(request["path"]), Path(request["into"]), request["asked"]
    teller = _Teller(path.stat().st_size)
    if request["format"] == "csv":
        from changqing.base.tables import delimited

        return delimited.read(path, into, asked=asked, limits=limits, tell=teller.of_file)
    from changqing.base.tables import sheets

    return sheets.read(path, into, asked=asked, limits=limits, tell=teller.tell)


class _Teller:
    """Progress, at most five times a second."""

    def __init__(self, whole: int) -> None:
        self._whole = whole
        self._next = 0.0

    def of_file(self, done: int) -> None:
        self.tell(done, self._whole)

    def tell(self, done: int, whole: int) -> None:
        now = time.monotonic()
        if now >= self._next:
            self._next = now + _EVERY
            _say({"progress": [done, whole]})


def _bind(memory_mb: int, cpu: int, file_mb: int) -> None:
    """No more memory, time or disk than this; no core file to fill the disk with."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_mb << 20, memory_mb << 20))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 5))
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_mb << 20, file_mb << 20))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))


def _die_with(parent: int) -> None:
    """Linux kills us when the parent ends; if it already has, we end ourselves."""
    try:
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    except (OSError, AttributeError):
        return
    if os.getppid() != parent:
        sys.exit(1)


def _say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()
