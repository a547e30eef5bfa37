"""How audit lines are signed and chained: what is hashed, and what a broken chain says."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

BEGINNING = "0" * 64


def fingerprint(key: str) -> str:
    """What may be told of a key."""
    return hashlib.sha256(b"changqing\n" + key.encode()).hexdigest()[:16]


def canonical(words: Mapping[str, Any]) -> bytes:
    """One writing for one meaning, before and after the database has kept it.

    >>> canonical({"b": 1.0, "a": {"y": None, "x": "钢"}}).decode()
    '{"a":{"x":"钢","y":null},"b":"# 1"}'
    """
    return json.dumps(_plain(words), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float | Decimal):
        # the database keeps 1e22 as a whole number and 1.0 as 1
        return f"# {Decimal(str(value)).normalize():f}"
    return str(value)


def _hmac(key: str, *said: bytes) -> str:
    # lengths first, so that no two lists of words are written alike
    told = b"".join(len(each).to_bytes(8, "big") + each for each in said)
    return hmac.new(key.encode(), told, hashlib.sha256).hexdigest()


def signed(key: str, words: Mapping[str, Any]) -> str:
    """The mark of the program on a line: a number used once and the code over it and the words."""
    once = secrets.token_hex(8)
    return f"{once}:{_hmac(key, once.encode(), canonical(words))}"


def is_signed(key: str, words: Mapping[str, Any], mac: str) -> bool:
    """Whether the program wrote these words and gave them ``mac``."""
    once, _colon, _code = mac.partition(":")
    expected = f"{once}:{_hmac(key, once.encode(), canonical(words))}"
    return bool(once) and hmac.compare_digest(expected.encode(), mac.encode())


def linked(key: str, *, before: str, place: int, line: int, words: Mapping[str, Any], mac: str) -> str:
    """The hash of the link at ``place``, over the link before and the line with its number and mark."""
    where = f"{before} {place} {line} {mac}".encode()
    return _hmac(key, where, canonical(words))
