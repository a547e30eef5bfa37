"""Results that are dear to make and asked for again: a process keeps the last few of them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

Result = TypeVar("Result")


class Kept(Generic[Result]):
    """At most ``most`` results, by keys that say all that a result depends on, also who asks.

    There is nothing to forget by hand: what has changed has another key, and what nobody asks for goes.

    >>> squares = Kept[int](most=2)
    >>> [squares.get(n, lambda n=n: n * n) for n in (2, 3, 2, 4)]
    [4, 9, 4, 16]
    >>> sorted(squares.keys)
    [2, 4]
    """

    def __init__(self, *, most: int) -> None:
        self.most = most
        self._found: OrderedDict[Hashable, Result] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], Result]) -> Result:
        """The result kept under ``key``, or made now; two who ask at once may both make it."""
        with self._lock:
            if key in self._found:
                self._found.move_to_end(key)
                return self._found[key]
        made = make()
        with self._lock:
            self._found[key] = made
            self._found.move_to_end(key)
            while len(self._found) > self.most:
                self._found.popitem(last=False)
        return made

    @property
    def keys(self) -> list[Hashable]:
        return list(self._found)
