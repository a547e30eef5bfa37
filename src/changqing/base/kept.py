"""Results that are dear to make and asked for again: a process keeps the last few of them.

The web server's processes may share them: what one has worked out lies as a file in ``CHANGQING_KEPT``, a
folder that the server makes when it starts and that ends with it.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import tempfile
from collections import OrderedDict
from collections.abc import Callable, Hashable
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Generic, TypeVar

Result = TypeVar("Result")
FOLDER = "CHANGQING_KEPT"


class Kept(Generic[Result]):
    """At most ``most`` results, by keys that say all that a result depends on, also who asks.

    There is nothing to forget by hand: what has changed has another key, and what nobody asks for goes. With
    a ``name`` of its own, keys and results that can be pickled are shared by the processes of one server.

    >>> squares = Kept[int](most=2)
    >>> [squares.get(n, lambda n=n: n * n) for n in (2, 3, 2, 4)]
    [4, 9, 4, 16]
    >>> sorted(squares.keys)
    [2, 4]
    """

    def __init__(self, *, most: int, name: str = "") -> None:
        self.most = most
        self.name = name
        self._found: OrderedDict[Hashable, Result] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], Result]) -> Result:
        """The result kept under ``key``, or made now; two who ask at once may both make it."""
        with self._lock:
            if key in self._found:
                self._found.move_to_end(key)
                return self._found[key]
        made = self._shared(key, make)
        with self._lock:
            self._found[key] = made
            self._found.move_to_end(key)
            while len(self._found) > self.most:
                self._found.popitem(last=False)
        return made

    @property
    def keys(self) -> list[Hashable]:
        return list(self._found)

    def _shared(self, key: Hashable, make: Callable[[], Result]) -> Result:
        folder = os.environ.get(FOLDER) if self.name else None
        if not folder:
            return make()
        # of the whole key, not of how it looks: two that differ in anything are two files
        path = Path(folder) / f"{self.name}-{sha256(pickle.dumps(key)).hexdigest()}"
        with contextlib.suppress(OSError):
            found: Result = pickle.loads(path.read_bytes())  # noqa: S301 - this server's own
            return found
        made = make()
        # a full disk, or a folder that is gone: the answer stands all the same
        with contextlib.suppress(OSError):
            self._write(path, pickle.dumps(made, pickle.HIGHEST_PROTOCOL))
        return made

    def _write(self, path: Path, content: bytes) -> None:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix="new-", delete=False) as new:
            new.write(content)
        Path(new.name).rename(path)
        shared = list(path.parent.glob(f"{self.name}-*"))
        if len(shared) > self.most:
            # what was asked for lately is in the processes' own memory
            for old in sorted(shared, key=lambda one: one.stat().st_mtime)[: len(shared) - self.most // 2]:
                old.unlink(missing_ok=True)
