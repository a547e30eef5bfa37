"""Within one answer the same question is asked once.

Several parts of a page ask for the same account, its months, the methods in force. Who answers a request that
only reads opens ``asking_once``; questions marked ``once`` then keep what they found until the answer is
given. Outside of it, and while anything is written, each is asked anew.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar

Asked = ParamSpec("Asked")
Found = TypeVar("Found")
_FOUND: ContextVar[dict[Hashable, Any] | None] = ContextVar("found", default=None)


@contextmanager
def asking_once() -> Iterator[None]:
    """Until the end of the block, what a question has found is what it finds."""
    token = _FOUND.set({})
    try:
        yield
    finally:
        _FOUND.reset(token)


def once(question: Callable[Asked, Found]) -> Callable[Asked, Found]:
    """``question``, asked once of the same things within ``asking_once``; nobody changes what it found.

    >>> @once
    ... def double(number: int) -> int:
    ...     print("asked")
    ...     return 2 * number
    >>> with asking_once():
    ...     double(2), double(2)
    asked
    (4, 4)
    >>> double(2)
    asked
    4
    """

    @wraps(question)
    def ask(*values: Asked.args, **named: Asked.kwargs) -> Found:
        found = _FOUND.get()
        if found is None:
            return question(*values, **named)
        key = (question, values, tuple(sorted(named.items())))
        if key not in found:
            found[key] = question(*values, **named)
        kept: Found = found[key]
        return kept

    return ask
