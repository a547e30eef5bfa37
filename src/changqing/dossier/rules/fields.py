"""The fields of an account that a person may write: how each is cleaned, and when two writers clash."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from babel.numbers import list_currencies
from django.utils.translation import gettext as _

from changqing.base.refused import Refused

# Texts with their longest form; the other fields are links, choices and tags.
LONGEST = {
    "name": 240,
    "short_name": 120,
    "pinyin": 600,
    "industry": 120,
    "region": 200,
    "currency": 3,
    "tax_number": 60,
    "website": 200,
}
LINKS = ("parent", "owner", "backup", "department")
EDITABLE = ("name", "short_name", "pinyin", "kind", *list(LONGEST)[3:], *LINKS, "tags")
MOST_TAGS, LONGEST_TAG = 20, 40
HIDDEN = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2060\ufeff]")


def plain(text: str) -> str:
    """One line of ``text`` as it is kept: no control or invisible characters, single blanks.

    >>> plain("  金陵\\u200b特钢\\t集团 ")
    '金陵特钢 集团'
    """
    shown = HIDDEN.sub(lambda found: " " if found[0] in "\t\n\r" else "", unicodedata.normalize("NFC", text))
    return re.sub(r"\s+", " ", shown).strip()


@cache
def known_currencies() -> frozenset[str]:
    """ISO 4217 codes, past ones too: an old contract may be in one."""
    return frozenset(list_currencies())


def clean_text(name: str, text: str) -> str:
    """A text field as it is kept; Refused beside the field when it cannot be."""
    said = plain(text)
    if name == "currency":
        said = said.upper()
        if said and said not in known_currencies():
            raise Refused(
                _("不认识币种“%(code)s”。请写三个字母的代码，例如 CNY、USD。") % {"code": said[:10]},
                field=name,
            )
    if name == "pinyin":
        said = said.lower()
    if name == "name" and not said:
        raise Refused(_("客户要有名称。"), field=name)
    if len(said) > LONGEST[name]:
        raise Refused(_("太长了：最多 %(most)s 个字。") % {"most": LONGEST[name]}, field=name)
    return said


def clean_tags(said: Iterable[str]) -> list[str]:
    """Tags in their order, each once whatever its case, none empty.

    >>> clean_tags(["战略, 年框", "年框", " VIP ", "vip"])
    ['战略', '年框', 'VIP']
    """
    tags: dict[str, str] = {}
    for piece in said:
        for tag in map(plain, re.split(r"[,，、;；\n]", piece)):
            if tag:
                tags.setdefault(tag.casefold(), tag)
    if long := next((tag for tag in tags.values() if len(tag) > LONGEST_TAG), ""):
        raise Refused(
            _("标签“%(tag)s…”太长：最多 %(most)s 个字。") % {"tag": long[:10], "most": LONGEST_TAG},
            field="tags",
        )
    if len(tags) > MOST_TAGS:
        raise Refused(_("标签太多：最多 %(most)s 个。") % {"most": MOST_TAGS}, field="tags")
    return list(tags.values())


@dataclass(frozen=True)
class Difference:
    """One field that two people set differently since ``base``; links are ids."""

    field: str
    base: Any
    theirs: Any
    mine: Any


@dataclass(frozen=True)
class Meeting:
    """Two edits of one version: what is mine alone, what is theirs alone, and where they clash."""

    mine: dict[str, Any]
    theirs: list[str]
    clashes: list[Difference]


def meet(base: Mapping[str, Any], now: Mapping[str, Any], wanted: Mapping[str, Any]) -> Meeting:
    """``wanted`` was written by somebody who saw ``base``; meanwhile the account says ``now``.

    >>> meet({"name": "a", "region": "x"}, {"name": "a", "region": "y"}, {"name": "b", "region": "x"})
    Meeting(mine={'name': 'b'}, theirs=['region'], clashes=[])
    """
    theirs = [name for name in wanted if now[name] != base[name]]
    own = {name: value for name, value in wanted.items() if value != base[name] and value != now[name]}
    clashes = [Difference(name, base[name], now[name], own[name]) for name in theirs if name in own]
    clashing = {each.field for each in clashes}
    return Meeting(
        mine={name: value for name, value in own.items() if name not in clashing},
        theirs=theirs,
        clashes=clashes,
    )
