"""What people read, room by room, and its English: messages found in code, and the catalogues beside them.

Chinese stands in the code; English in ``<room>/locale/en/LC_MESSAGES/django.po``. Not shipped.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path

import polib
from babel.messages.extract import extract
from django.template.base import Lexer, Token, TokenType
from django.utils.translation.template import templatize

from house import PACKAGE, is_test

CHINESE = re.compile(r"[\u3400-\u9fff，。；：！？《》]")
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "N_": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
PLURALS = "nplurals=2; plural=(n != 1);"
PLACEHOLDER = re.compile(r"%\([^)]*\)[a-z.,0-9]*[sdif]|\{[a-z_]*\}|%%")


@dataclass(frozen=True)
class Message:
    """One sentence to translate; ``plural`` where it counts something."""

    text: str
    context: str = ""
    plural: str = ""

    @property
    def key(self) -> tuple[str, str]:
        return self.text, self.context


@dataclass
class Room:
    """One room's messages, each with the files that say it, and where its English stands."""

    folder: Path

    @property
    def name(self) -> str:
        return self.folder.name

    @cached_property
    def messages(self) -> dict[Message, list[str]]:
        """What its modules and templates say, read when somebody asks."""
        found: dict[Message, list[str]] = {}
        for path in sorted(self.folder.rglob("*")):
            if (
                path.suffix in {".py", ".html"}
                and not is_test(path)
                and not {"vendor", "built"} & set(path.parts)
            ):
                for message in messages_in(path):
                    found.setdefault(message, []).append(path.relative_to(PACKAGE.parent).as_posix())
        return found

    @property
    def catalogue(self) -> Path:
        return self.folder / "locale" / "en" / "LC_MESSAGES" / "django.po"


def rooms() -> list[Room]:
    """Every room that says something to people."""
    every = [Room(folder) for folder in sorted(path for path in PACKAGE.iterdir() if path.is_dir())]
    return [room for room in every if room.catalogue.exists() or room.messages]


def messages_in(path: Path) -> Iterator[Message]:
    """The messages of one module or template, in order."""
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".html":
        # makemessages' own reading of templates; what is left is no Python, so its margins mean nothing
        lines = (line.lstrip() for line in templatize(source, str(path)).splitlines())
        source = "\n".join(["# coding: utf-8", *lines])
    else:
        source = "\n".join([source, *_within_texts(source)])
    for _, told, _, context in extract("python", BytesIO(source.encode()), KEYWORDS):
        text, plural = told if isinstance(told, tuple) else (told, "")
        if text:
            yield Message(text, context or "", plural)


def _within_texts(source: str) -> Iterator[str]:
    """The calls of gettext that stand inside of f-strings, which Python before 3.12 reads as plain text."""
    texts = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.JoinedStr))
    for call in (node for text in texts for node in ast.walk(text) if isinstance(node, ast.Call)):
        if isinstance(call.func, ast.Name) and call.func.id in KEYWORDS:
            yield ast.unparse(call)


def read(room: Room) -> polib.POFile:
    """The room's catalogue as it stands, or a new one."""
    if room.catalogue.exists():
        return polib.pofile(str(room.catalogue), wrapwidth=100)
    catalogue = polib.POFile(wrapwidth=100)
    catalogue.metadata = {
        "Language": "en",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": PLURALS,
    }
    return catalogue


def update(room: Room) -> polib.POFile:
    """Add what is said now, drop what nobody says any more, keep every translation."""
    before = read(room)
    known = {(entry.msgid, entry.msgctxt or ""): entry for entry in before if not entry.obsolete}
    after = polib.POFile(wrapwidth=100)
    after.metadata = before.metadata
    for message, files in room.messages.items():
        entry = known.get(message.key) or new_entry(message)
        if bool(message.plural) != bool(entry.msgid_plural):
            entry = new_entry(message)
        entry.occurrences = [(file, "") for file in dict.fromkeys(files)]
        after.append(entry)
    room.catalogue.parent.mkdir(parents=True, exist_ok=True)
    after.save(str(room.catalogue))
    return after


def new_entry(message: Message) -> polib.POEntry:
    entry = polib.POEntry(msgid=message.text, msgctxt=message.context or None)
    if message.plural:
        entry.msgid_plural = message.plural
        entry.msgstr_plural = {0: "", 1: ""}
    return entry


def english(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def placeholders(text: str) -> list[str]:
    return sorted(set(PLACEHOLDER.findall(text)))


def bare_chinese(path: Path) -> Iterator[str]:
    """Chinese in a template that stands outside every translate tag, as ``line: text``."""
    inside = ""
    for token in Lexer(path.read_text(encoding="utf-8")).tokenize():
        word = token.contents.split()[0] if token.contents.split() else ""
        if inside:
            inside = "" if token.token_type == TokenType.BLOCK and word == f"end{inside}" else inside
        elif token.token_type == TokenType.BLOCK and word in {"blocktranslate", "blocktrans", "comment"}:
            inside = word
        elif CHINESE.search(without_translated(token)):
            yield f"{token.lineno}: {token.contents.strip()}"


def without_translated(token: Token) -> str:
    """What a token says without going through gettext."""
    if token.token_type == TokenType.COMMENT:
        return ""
    if token.token_type == TokenType.TEXT:
        return token.contents
    if token.contents.startswith(("translate ", "trans ")):
        return ""
    return re.sub(r"""_\((?:"[^"]*"|'[^']*')\)""", "", token.contents)


def unspoken(tree: ast.Module) -> Iterator[ast.Call]:
    """Refusals in words that gettext cannot find, and gettext calls on words put together beforehand."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        first = node.args[0]
        if name in {"Refused", "Trouble"} and isinstance(first, ast.Constant | ast.JoinedStr):
            if CHINESE.search(ast.unparse(first)):
                yield node
        elif name in KEYWORDS and isinstance(first, ast.JoinedStr | ast.BinOp | ast.Call):
            yield node
