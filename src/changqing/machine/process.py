"""Child processes that end with us, whatever ends us."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, STDOUT, Process
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psutil

# names, in a child's environment, the data folder of the supervisor that started it
MARK = "CHANGQING_SUPERVISED"
PR_SET_PDEATHSIG = 1
# how a web server ends that finds steps to be taken first; sysexits.h calls it EX_TEMPFAIL
NOT_PREPARED = 75
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with_parent() -> None:
    """Have the kernel kill this process when the thread that started it ends. Linux only."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _prepare(nice: int) -> Callable[[], None]:
    def before_exec() -> None:
        die_with_parent()
        os.nice(nice)

    return before_exec


async def spawn(command: Sequence[str], *, log: Path, environment: Mapping[str, str], nice: int) -> Process:
    """Start a process in a group of its own, its words appended to ``log``; call from the main thread."""
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        return await asyncio.create_subprocess_exec(
            *command,
            stdin=DEVNULL, stdout=descriptor, stderr=STDOUT, env=environment,
            start_new_session=True, preexec_fn=_prepare(nice),
        )  # fmt: skip
    finally:
        os.close(descriptor)


async def end(process: Process, *, patience: float) -> None:
    """Ask a process to stop, wait, then kill what is left of its group."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), patience)
    kill_group(process.pid)
    await process.wait()


def kill_group(pid: int) -> None:
    """Kill all that is left of the group that this process led."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def kill_leftovers(mark: str) -> int:
    """Kill what an earlier supervisor of this mark left running; gives their number."""
    found = [process for process in psutil.process_iter() if _mark_of(process) == mark]
    for process in found:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(found, timeout=5)
    return len(found)


def _mark_of(process: psutil.Process) -> str:
    try:
        return str(process.environ().get(MARK, "")) if process.pid != os.getpid() else ""
    except (psutil.Error, OSError):
        return ""
