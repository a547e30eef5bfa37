"""Small pieces of SQL text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

Source = str
"""A relation in SQL, such as ``read_parquet('…')`` or a table's name: given by the caller, trusted."""


def literal(text: str) -> str:
    """The text as an SQL string, whatever it holds.

    >>> literal("O'Neil")
    "'O''Neil'"
    """
    return "'" + text.replace("\x00", "").replace("'", "''") + "'"


def among(text: str, words: Iterable[str]) -> str:
    """The text is one of the words. Not ``IN (…)``, which becomes a join that every row passes through."""
    return matches(text, "|".join(re.escape(word) for word in words))


def let(name: str, value: str, body: Callable[[str], str]) -> str:
    """``body`` with ``value`` computed once per row and known by ``name``."""
    return f"list_transform([{value}], lambda {name}: {body(name)})[1]"


def matches(text: str, pattern: str) -> str:
    """The whole text matches the pattern."""
    return f"regexp_full_match({text}, {literal(pattern)})"


def replaced(text: str, pattern: str, by: str, options: str = "g") -> str:
    return f"regexp_replace({text}, {literal(pattern)}, {literal(by)}, {literal(options)})"


def any_of(conditions: Iterable[str]) -> str:
    """True where one of the conditions is true; a NULL condition counts as false."""
    joined = " OR ".join(f"coalesce({condition}, false)" for condition in conditions)
    return f"({joined})" if joined else "false"


def kept_apart(condition: str) -> str:
    """The condition, such that the optimiser does not push it below the projection that computes it.

    Pushed down, every parsing expression would be evaluated twice: once to filter, once to select.
    """
    return f"({condition} OR random() < 0)"
