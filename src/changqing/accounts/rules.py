"""How names are written for searching and sorting, and which group trees can stand."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from pypinyin import Style, pinyin

LONGEST_SORT_KEY = 600


class Spoken(NamedTuple):
    """A name as it sounds: ``sort`` orders, ``search`` is what a typed word is looked for in."""

    sort: str
    search: str


@lru_cache(maxsize=50_000)
def _syllables(run: str) -> tuple[str, ...]:
    return tuple(part[0] for part in pinyin(run, style=Style.NORMAL, errors="default"))


def spoken(*names: str) -> Spoken:
    """Pinyin and initials of ``names``, lower case.

    >>> spoken("重庆钢铁", "")
    Spoken(sort='chong qing gang tie', search='重庆钢铁\\nchongqinggangtie\\ncqgt')
    """
    lines: list[str] = []
    sort = ""
    for name in filter(None, (name.strip().lower() for name in names)):
        parts = [part.strip() for part in _syllables(name) if part.strip()]
        sort = sort or " ".join(parts)
        lines += [name, "".join(parts).replace(" ", ""), "".join(part[0] for part in parts)]
    return Spoken(sort[:LONGEST_SORT_KEY], "\n".join(dict.fromkeys(lines)))


def in_a_circle(parents: Mapping[int, int]) -> set[int]:
    """The accounts whose line of parents comes back to themselves; ``parents`` maps child to parent."""
    caught: set[int] = set()
    fine: set[int] = set()
    for start in parents:
        walked: dict[int, None] = {}
        node: int | None = start
        while node is not None and node not in walked and node not in fine and node not in caught:
            walked[node] = None
            node = parents.get(node)
        if node in walked:
            ring = list(walked)
            caught.update(ring[ring.index(node) :])
        fine.update(each for each in walked if each not in caught)
    return caught
