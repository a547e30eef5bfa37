"""Method packs: what ships as TOML, read into a typed model, refused by file, line and key.

A pack is literate TOML: prose for people, values with their source for the product. This module knows no
pack in particular; the room that judges by one brings the pydantic model.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, Generic, TypeVar

from django.utils.translation import get_language
from django.utils.translation import gettext as _
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from changqing.base.refused import Refused

Place = tuple[str | int, ...]
M = TypeVar("M", bound="Method")
T = TypeVar("T")

IN_WHEEL = Path(__file__).resolve().parents[1] / "methods"
IN_CHECKOUT = Path(__file__).resolve().parents[3] / "methods"
AT_MOST = 5


class Part(BaseModel):
    """Any table of a pack: frozen, and a key it does not know is an error, not a typo that does nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Named(Part):
    """A name in the two languages of the product."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)

    def __str__(self) -> str:
        return self.en if (get_language() or "zh").startswith("en") else self.zh


class Sourced(Part, Generic[T]):
    """One value with the document and row it comes from; [P] in ``source`` marks our own proposal."""

    value: T
    source: str = Field(min_length=1)
    name: Named

    @property
    def is_ours(self) -> bool:
        """Whether the value is this project's proposal rather than a document's."""
        return "[P]" in self.source


class Vector(Part):
    """A worked example: the engine, asked ``question`` of ``given``, must answer ``expect``."""

    name: Named
    question: str
    given: Mapping[str, Any]
    expect: Mapping[str, Any]


class Method(Part):
    """What every pack has; a room's model adds its own tables."""

    title: Named
    vectors: tuple[Vector, ...] = ()


@dataclass(frozen=True)
class Pack(Generic[M]):
    """A checked pack. ``digest`` names its content (not its comments or layout); version 0 is as shipped."""

    name: str
    method: M
    digest: str
    text: str
    version: int = 0


def shipped(name: str) -> str:
    """The text of the pack that ships under ``name``, from the wheel or from a checkout."""
    if re.fullmatch(r"[a-z][a-z0-9_]*", name):
        for folder in (IN_WHEEL, IN_CHECKOUT):
            file = folder / f"{name}.toml"
            if file.is_file():
                return file.read_text(encoding="utf-8")
    raise Refused(
        _("没有名为“%(name)s”的方法包。随产品提供的有：%(names)s。")
        % {"name": name, "names": ", ".join(shipped_names()) or "–"}
    )


def shipped_names() -> list[str]:
    """Names of all packs that ship, sorted."""
    return sorted({file.stem for folder in (IN_WHEEL, IN_CHECKOUT) for file in folder.glob("*.toml")})


def load(name: str, model: type[M]) -> Pack[M]:
    """The shipped pack, checked: version 0."""
    return parse(name, shipped(name), model)


def parse(name: str, text: str, model: type[M], *, version: int = 0) -> Pack[M]:
    """Read TOML into ``model``; every fault is named by file, line and key in one refusal."""
    content = _read(name, text)
    try:
        method = model.model_validate(content)
    except ValidationError as error:
        faults = error.errors(include_url=False)
        sentences = [_fault_sentence(text, fault) for fault in faults[:AT_MOST]]
        if len(faults) > AT_MOST:
            sentences.append(_("另有 %(count)d 处。") % {"count": len(faults) - AT_MOST})
        raise _refusal(name, sentences, _key(tuple(faults[0]["loc"]))) from None
    return Pack(name=name, method=method, digest=digest(content), text=text, version=version)


def digest_of(name: str, text: str) -> str:
    """The digest of what a pack says, whether or not a model would take it."""
    return digest(_read(name, text))


def digest(content: Mapping[str, Any]) -> str:
    """SHA-256 over the content in canonical form: sorted keys, 0.20 equal to 0.2, comments left out."""
    canonical = json.dumps(_canonical(content), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _canonical(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _canonical(inner) for key, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_canonical(inner) for inner in value]
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        number = Decimal(value)
        return {"number": f"{number.normalize():f}" if number.is_finite() else str(number)}
    if isinstance(value, (date, datetime, time)):
        return {"time": value.isoformat()}
    return value


def _read(name: str, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
        line = int(found[1]) if found else text.count("\n") + 1
        reason = str(error).split(" (at ")[0]
        sentence = _("第 %(line)d 行不是有效的 TOML（%(reason)s）。") % {"line": line, "reason": reason}
        raise _refusal(name, [sentence], "") from None


def _refusal(name: str, sentences: list[str], field: str) -> Refused:
    opening = _("方法包 methods/%(name)s.toml 未被采用，原有设置不变：") % {"name": name}
    closing = _("请改正后重新提交。")
    return Refused(" ".join([opening, *sentences, closing]), field=field)


def _fault_sentence(text: str, fault: Any) -> str:
    place = tuple(fault["loc"])
    words = {"line": line_of(text, place), "key": _key(place), "what": _what(fault)}
    return (_("第 %(line)d 行 %(key)s：%(what)s。") if place else _("%(what)s。")) % words


def _key(place: Place) -> str:
    return ".".join(str(part + 1) if isinstance(part, int) else part for part in place)


def _what(fault: Any) -> str:
    """pydantic's verdict in our words; one we have no words for stands as pydantic says it."""
    words = {
        "missing": _("缺少这一项"),
        "extra_forbidden": _("没有这一项，请检查拼写"),
        "decimal_parsing": _("应为数字"),
        "decimal_type": _("应为数字"),
        "finite_number": _("应为有限的数字"),
        "int_parsing": _("应为整数"),
        "int_type": _("应为整数"),
        "int_from_float": _("应为整数"),
        "string_type": _("应为加引号的文字"),
        "string_too_short": _("不能为空"),
        "too_short": _("项数太少"),
        "too_long": _("项数太多"),
        "greater_than": _("应大于 %(gt)s"),
        "greater_than_equal": _("应不小于 %(ge)s"),
        "less_than": _("应小于 %(lt)s"),
        "less_than_equal": _("应不大于 %(le)s"),
        "value_error": "%(error)s",
    }
    context = fault.get("ctx", {})
    said = words.get(fault["type"])
    what = str(fault["msg"]) if said is None else said % context if context else said
    given = fault.get("input")
    plain = (
        isinstance(given, (str, int, Decimal))
        and given != ""
        and fault["type"] not in ("missing", "value_error")
    )
    return what + (_("（现为 %(given)s）") % {"given": given} if plain else "")


def line_of(text: str, place: Place) -> int:
    """The line, from 1, where the value at ``place`` stands, or the nearest table around it."""
    lines = dict(reversed([(path, line) for path, line in _places(text)]))
    for length in range(len(place), 0, -1):
        inside = [line for path, line in lines.items() if path[:length] == place[:length]]
        if inside:
            return lines.get(place[:length], min(inside))
    return 1


def _places(text: str) -> Iterator[tuple[Place, int]]:
    """Each table and key of a valid TOML text with its line, by reading statement after statement."""
    table: Place = ()
    seen: dict[Place, int] = {}
    statement, began = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        statement, began = (f"{statement}\n{line}", began) if statement else (line, number)
        try:
            content = tomllib.loads(statement)
        except tomllib.TOMLDecodeError:
            continue
        is_header = statement.lstrip().startswith("[")
        statement = ""
        path, is_list = _first_path(content) if content else ((), False)
        if is_header and content:
            table = _numbered(path, seen, is_list=is_list)
            yield table, began
        elif content:
            yield table + path, began


def _first_path(content: Mapping[str, Any]) -> tuple[Place, bool]:
    """The dotted key of a one-statement document, and whether it is a ``[[list of tables]]`` header."""
    key, inner = next(iter(content.items()))
    if isinstance(inner, dict) and inner and len(inner) == 1:
        path, is_list = _first_path(inner)
        return (key, *path), is_list
    return (key,), inner == [{}]


def _numbered(path: Place, seen: dict[Place, int], *, is_list: bool) -> Place:
    """Insert positions for lists of tables: the second [[a]] is (a, 1), a [a.b] after it (a, 1, b)."""
    full: Place = ()
    for depth, part in enumerate(path):
        full += (part,)
        if is_list and depth == len(path) - 1:
            seen[full] = seen.get(full, -1) + 1
        if full in seen:
            full += (seen[full],)
    return full
