"""Clocks of the benchmark: seconds by the wall and of processor, and the most memory held at once."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import psutil

Seconds = tuple[float, float]


class Peak:
    """The most memory that this process, its children and the database held at once, shared pages once."""

    def __init__(self, server: int | None) -> None:
        self.server, self.most = server, 0.0
        self._over = threading.Event()

    def __enter__(self) -> Peak:
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.25):
            roots = [psutil.Process(pid) for pid in (os.getpid(), self.server) if pid]
            tree = {process for root in roots for process in (root, *root.children(recursive=True))}
            self.most = max(self.most, sum(map(_held, tree)) / 2**20)


def _held(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except (psutil.Error, OSError):
        return 0


class Clock:
    """Seconds by the wall, and seconds of processor in this process, its children and the database."""

    server: int | None = None

    @classmethod
    def now(cls) -> Seconds:
        return time.perf_counter(), worked_by(os.getpid(), cls.server)


def worked_by(*pids: int | None) -> float:
    """Seconds of processor of processes and of all that they have started, those that have ended too."""
    roots = [psutil.Process(pid) for pid in pids if pid]
    return sum(
        map(_worked, {process for root in roots for process in (root, *root.children(recursive=True))})
    )


def _worked(process: psutil.Process) -> float:
    try:
        return float(sum(process.cpu_times()[:4]))
    except psutil.Error:
        return 0.0


@contextlib.contextmanager
def clock(into: dict[str, Seconds], name: str) -> Iterator[None]:
    wall, worked = Clock.now()
    yield
    wall, worked = Clock.now()[0] - wall, Clock.now()[1] - worked
    before = into.get(name, (0.0, 0.0))
    into[name] = (before[0] + wall, before[1] + worked)


@contextlib.contextmanager
def timed(stages: dict[str, Seconds], *places: tuple[Any, str, str]) -> Iterator[None]:
    """Time calls of functions from outside: (module, function, name of the stage)."""
    kept = [(module, name, getattr(module, name)) for module, name, _ in places]

    def wrapped(real: Callable[..., Any], stage: str) -> Callable[..., Any]:
        def call(*values: Any, **named: Any) -> Any:
            with clock(stages, stage):
                return real(*values, **named)

        return call

    for (module, name, real), (_, _, stage) in zip(kept, places, strict=True):
        setattr(module, name, wrapped(real, stage))
    try:
        yield
    finally:
        for module, name, real in kept:
            setattr(module, name, real)
