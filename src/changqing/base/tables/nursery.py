"""Where the children that read files come from: a process that has loaded the readers, and forks.

To load the readers' libraries takes longer than to read most files, so they are loaded once. The nursery is
started from nothing (no environment, no settings, no connection of ours), sees no file and is told nothing
but to begin and to kill a child: each file is still read by a process of its own, within limits of its own,
that ends with it. The nursery ends when whoever started it ends, or after a while in which nobody read.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import traceback
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import NoReturn

import changqing

_IDLE_SECONDS = 300.0
_WORD = 64
_FIRST_OF_OURS = 3
_FILES = 4096
_START = (
    "import sys; sys.path.insert(0, sys.argv[1]);"
    "from changqing.base.tables.nursery import serve; serve(int(sys.argv[2]))"
)
_SETTINGS = {
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    # One thread and one heap: address space is what the limit counts.
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "1",
}


class Gone(Exception):
    """The nursery ended before it said which process it began."""


class Child:
    """A process that waits for its request on ``stdin``; ``end`` and ``close`` are due whatever happens."""

    def __init__(self, line: socket.socket) -> None:
        """Raises Gone or OSError where nobody is on the other end of ``line``."""
        pipes = [os.pipe() for _ in range(4)]
        (theirs_in, mine_in), (mine_out, theirs_out), (mine_err, theirs_err), (mine_told, theirs_told) = pipes
        self._line = line
        self.stdin, self.stdout = os.fdopen(mine_in, "wb"), os.fdopen(mine_out, "rb")
        self.stderr, self._told = os.fdopen(mine_err, "rb"), os.fdopen(mine_told, "rb")
        theirs = [theirs_in, theirs_out, theirs_err, theirs_told]
        try:
            socket.send_fds(line, [b"begin"], theirs)
        except OSError:
            self.close()
            raise
        finally:
            for pipe in theirs:
                os.close(pipe)
        self.pid = int(self._told.readline() or 0)
        if not self.pid:
            self.close()
            raise Gone

    def kill(self) -> None:
        """The nursery knows whether it is still that process."""
        with contextlib.suppress(OSError):
            self._line.send(f"kill {self.pid}".encode())

    def wait(self, seconds: float) -> int | None:
        """How it ended: its exit code, or a signal's number negative. None: not in time, or unheard of."""
        is_told, _, _ = select.select([self._told], [], [], seconds)
        return int(said) if is_told and (said := self._told.readline()) else None

    def end(self) -> None:
        """It is no more when this returns."""
        self.kill()
        while self._told.readline():
            pass

    def close(self) -> None:
        """Nothing more is heard of it."""
        for pipe in (self.stdin, self.stdout, self.stderr, self._told):
            with contextlib.suppress(OSError):
                pipe.close()


class Nursery:
    """The nursery of one process, started when the first child is wanted."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._line: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0

    def child(self) -> Child:
        """A child of its own for one file."""
        with self._lock:
            if self._line and self._owner == os.getpid():
                # it may have grown tired of waiting just now; any other fault is not the nursery's, whose
                # other children read on
                with contextlib.suppress(ConnectionError, Gone):
                    return Child(self._line)
            return Child(self._begun())

    def end(self) -> None:
        """It hears that nobody is on the line any more, and is gone when this returns."""
        if self._line:
            self._line.close()
            self._line = None
        if self._process and self._owner == os.getpid():
            self._process.wait()

    def _begun(self) -> socket.socket:
        self.end()
        root = str(Path(changqing.__file__).resolve().parent.parent)
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-X", "utf8", "-c", _START, root, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env=_SETTINGS,
                cwd="/",
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self._owner = os.getpid()
        return self._line


NURSERY = Nursery()
atexit.register(NURSERY.end)


def serve(fileno: int) -> None:
    """The nursery itself: forks at a word until the other end of the line is closed."""
    sys.meta_path.insert(0, _WithoutPandas())
    # the readers' libraries, before the first child is asked for
    from changqing.base.tables import child, delimited, sheets  # noqa: F401

    told: dict[int, int] = {}
    # An end is heard as a byte: a signal alone may come just before the wait begins, and be slept over.
    bell, ringer = socket.socketpair()
    bell.setblocking(False)
    ringer.setblocking(False)
    signal.set_wakeup_fd(ringer.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    with socket.socket(fileno=fileno) as line:
        while True:
            heard, _, _ = select.select([line, bell], [], [], _IDLE_SECONDS)
            if bell in heard:
                bell.recv(_FILES)
                _bury(told)
            if line in heard:
                word, pipes, _flags, _address = socket.recv_fds(line, _WORD, 4)
                if not word:
                    return
                if word == b"begin":
                    _begin(pipes, told)
                elif (pid := int(word.split()[1])) in told:
                    # one that has ended and is not buried still has its number
                    os.kill(pid, signal.SIGKILL)
            if not heard and not told:
                return


def _bury(told: dict[int, int]) -> None:
    """Say of each child that has ended how it did."""
    while told:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        pipe = told.pop(pid)
        with contextlib.suppress(BrokenPipeError):
            os.write(pipe, b"%d\n" % os.waitstatus_to_exitcode(status))
        os.close(pipe)


class _WithoutPandas(MetaPathFinder):
    """pyarrow would load it in each child, to ask of a value whether it is one of pandas' own."""

    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        if fullname == "pandas":
            raise ModuleNotFoundError(fullname)


def _begin(pipes: list[int], told: dict[int, int]) -> None:
    nursery = os.getpid()
    pid = os.fork()
    if not pid:
        _grow(pipes[:3], nursery)
    told[pid] = pipes[3]
    with contextlib.suppress(BrokenPipeError):
        os.write(pipes[3], b"%d\n" % pid)
    for pipe in pipes[:3]:
        os.close(pipe)


def _grow(pipes: list[int], nursery: int) -> NoReturn:
    """The forked process becomes the child that a file is read in."""
    from changqing.base.tables.child import main

    code = 1
    try:
        os.setsid()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for number, pipe in enumerate(pipes):
            os.dup2(pipe, number)
        os.closerange(_FIRST_OF_OURS, _FILES)
        main(nursery)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        # nothing of the nursery's own is to be done at its end
        os._exit(code)
