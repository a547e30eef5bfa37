"""How names are written for searching and sorting, and which group trees can stand."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from pydantic import Field

from changqing.base import packs

LONGEST_SORT_KEY = 600
# Characters whose reading is remembered.
MOST_READINGS = 30_000
PIECES = re.compile(
    r"[\x21-\x7f]+|有限公司|股份|集团|(?:[^\x00-\x7f\s有股集]+|(?!有限公司|股份|集团)[有股集])+"
)


class Spoken(NamedTuple):
    """A name as it sounds: ``sort`` orders, ``search`` is what a typed word is looked for in."""

    sort: str
    search: str


class _LoneReadings(dict[str, str]):
    """How a character sounds when it sounds one way only, else nothing."""

    def __missing__(self, character: str) -> str:
        # its dictionaries take half a second to load, which most processes need not wait for
        from pypinyin import Style, pinyin
        from pypinyin.constants import PINYIN_DICT

        reading = ""
        if ord(character) in PINYIN_DICT:
            heard = set(pinyin(character, style=Style.NORMAL, heteronym=True)[0])
            reading = heard.pop() if len(heard) == 1 else ""
        if len(self) >= MOST_READINGS:
            self.clear()
        self[character] = reading
        return reading


_LONE = _LoneReadings()


@lru_cache(maxsize=50_000)
def _word(characters: str) -> tuple[str, ...]:
    from pypinyin import Style, pinyin

    return tuple(part[0] for part in pinyin(characters, style=Style.NORMAL, errors="default"))


class _Phrases(NamedTuple):
    """What pypinyin knows of phrases, and the first two characters of each: most pairs begin none."""

    pairs: frozenset[str]
    is_begun: Callable[[str], bool]
    whole: Container[str]
    is_chinese: Callable[[str], object]


@lru_cache(maxsize=1)
def _phrases() -> _Phrases:
    from pypinyin.constants import PHRASES_DICT, RE_HANS
    from pypinyin.seg.mmseg import p_set

    pairs = frozenset(phrase[:2] for phrase in PHRASES_DICT)
    return _Phrases(pairs, p_set.__contains__, PHRASES_DICT, RE_HANS.match)


def _words(characters: str) -> Iterator[str]:
    """The longest phrase from the left, again and again, as pypinyin's own ``seg.cut`` finds them, which
    takes three times as long."""
    pairs, is_begun, whole, _is_chinese = _phrases()
    at, size = 0, len(characters)
    while at < size:
        if characters[at : at + 2] not in pairs:
            yield characters[at]
            at += 1
            continue
        longest = at
        for end in range(at + 1, size + 1):
            word = characters[at:end]
            if not is_begun(word):
                break
            if word in whole:
                longest = end
        else:
            if longest == at:
                # the name ends within a phrase: pypinyin takes the rest character by character
                yield from characters[at:]
                return
        longest = max(longest, at + 1)
        yield characters[at:longest]
        at = longest


# few, so that legal forms stay and names, of which each comes once, pass through
@lru_cache(maxsize=500)
def _run_of(characters: str) -> tuple[str, ...]:
    """How a run sounds, word by word: names are many, the words in them are few and are remembered."""
    if not _phrases().is_chinese(characters):
        return _word(characters)
    return tuple([part for word in _words(characters) for part in _word(word)])


def _syllables(name: str) -> tuple[str, ...]:
    """A part for each Chinese character and each run of others.

    Finding words is slow and decides only where a character sounds two ways, so it is kept for those.
    """
    parts: list[str] = []
    for piece in PIECES.findall(name):
        if piece[0] < "\x80":
            parts.append(piece)
            continue
        lone = [_LONE[character] for character in piece]
        parts += _run_of(piece) if "" in lone else lone
    return tuple(parts)


def spoken(*names: str) -> Spoken:
    """Pinyin and initials of ``names``, lower case.

    >>> spoken("重庆钢铁", "")
    Spoken(sort='chong qing gang tie', search='重庆钢铁\\nchongqinggangtie\\ncqgt')
    """
    lines: list[str] = []
    sort = ""
    for said in names:
        name = said.strip().lower()
        if not name:
            continue
        parts: Sequence[str] = _syllables(name)
        whole = " ".join(parts)
        # a run that is no Chinese may sound with blanks about it
        if not name.isalnum():
            parts = [part for part in map(str.strip, parts) if part]
            whole = " ".join(parts)
        sort = sort or whole
        lines += [name, whole.replace(" ", ""), "".join([part[0] for part in parts])]
    return Spoken(sort[:LONGEST_SORT_KEY], "\n".join(dict.fromkeys(lines)))


# Characters of which every library says the same: neither their width nor their case nor their kind is a
# question of its edition. The database reads names of others itself.
_EVERYDAY = re.compile(r"[0-9A-Za-z\u4e00-\u9fff（）() .,&'/:;-]+")
_NO_MARKS = re.compile(r"[0-9A-Za-z\u4e00-\u9fff]+")
_WEST = "dtloc|dtl|detimil|detaroprocni|cni|cll|hbmg|noitaroproc|proc|ynapmoc|clp"
# Legal forms, read backwards: they are looked for once, where a name begins, and not at every letter.
_FORMS = re.compile(rf"(?:司公限有份股|司公任责限有|司公限有|司公团集|司公总|司公|团集|份股|{_WEST})+")
_HEARD_FORMS = re.compile(
    "(?:isgnognaixuoynefug|isgnognereznaixuoy|isgnognaixuoy|isgnognautij|isgnoggnoz|isgnog|nautij|nefug|"
    f"{_WEST})+"
)


def core_name(name: str) -> str:
    """What a company's name is compared by, as the database's ``changqing_core_name`` finds it: one case, no
    blanks or punctuation, no legal form at its end. Nothing where only the database can say.

    >>> core_name("重庆钢铁（集团）股份有限公司"), core_name("Acme Co., Ltd."), core_name("ＡＢＣ")
    ('重庆钢铁', 'acme', '')
    """
    return _core(name.lower(), _FORMS) if _EVERYDAY.fullmatch(name) else ""


def core_sound(sort: str) -> str:
    """The same by sound, of the pinyin that accounts are sorted by.

    >>> core_sound("chong qing gang tie （ ji tuan ） gu fen you xian gong si")
    'chongqinggangtie'
    """
    return _core(sort, _HEARD_FORMS) if _EVERYDAY.fullmatch(sort) else ""


def _core(text: str, forms: re.Pattern[str]) -> str:
    plain = text.replace(" ", "")
    if not plain.isalnum():
        plain = "".join(_NO_MARKS.findall(plain))
    found = forms.match(plain[::-1])
    return (plain[: len(plain) - found.end()] or plain) if found else plain


def plain_name(name: str) -> str:
    """``name`` as it is compared: one width, one case, no blanks or punctuation.

    >>> plain_name("ＡＢＣ 钢铁（集团）")
    'abc钢铁集团'
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(character for character in folded if character.isalnum())


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


class TeamRole(packs.Part):
    """One role of an account team: the parts it reads and changes unless whoever gives it says otherwise."""

    code: str = Field(pattern=r"^[a-z_]{1,40}$")
    name: packs.Named
    read: tuple[str, ...] = ()
    edit: tuple[str, ...] = ()
    source: str = Field(min_length=1)


class TeamMethod(packs.Method):
    """The pack ``team``: which roles there are in the team of an account."""

    roles: tuple[TeamRole, ...]
