"""What web/routes.toml says of each route and command, as the matrix and the canaries ask it. Not shipped."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatchcase
from hashlib import sha256
from itertools import pairwise
from typing import Any

from django.apps import apps
from django.db import DatabaseError, models, transaction
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from changqing.accounts.models import Account, Contact, TeamMembership
from changqing.accounts.test_rights import OWN
from changqing.cli.parser import parser
from changqing.dossier.actions.keeping import at
from changqing.people.models import Role, User
from changqing.people.permissions import Part
from changqing.reports.conftest import People
from house import PACKAGE

FILE = PACKAGE / "web" / "routes.toml"
STARTS = ("anyone", "signed", "roles", "account", "of")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
OTHER_ROLES = ("service", "finance", "compliance", "privacy", "admin", "auditor", "operator", "executive")
ROLES = ("owner", "team", "director", "sponsor", *OTHER_ROLES, "integration")
KEYS = {
    "own": "A1",
    "team": "C3",
    "department": "B2",
    "foreign": "D4",
    "missing": "nowhere",
    "sealed": "E5",
    "withdrawn": "W7",
    "nobody's": "F6",
}
BOOK = {"own", "team", "department", "foreign", "sealed", "nobody's"}
IN_EAST = {"own", "department"}
# which of these accounts each of the thirteen is let near at all
NEAR: dict[str, set[str]] = {
    "owner": {"own"},
    "team": {"team"},
    "sponsor": {"team"},
    **dict.fromkeys(("director", "service", "finance"), IN_EAST),
    **dict.fromkeys(("compliance", "privacy", "operator", "executive"), BOOK),
    "admin": set(),
    "auditor": set(),
    "integration": {"own"},
}
GIVERS = {"owner": {"own"}, "director": IN_EAST, "operator": BOOK}


def parts_read(role: str, target: str) -> set[Part]:
    """By the table of the design, not by the code that is tested."""
    return OWN["program" if role == "integration" else role][0] if target in NEAR.get(role, ()) else set()


def parts_edited(role: str, target: str) -> set[Part]:
    return OWN["program" if role == "integration" else role][1] if target in NEAR.get(role, ()) else set()


@dataclass(frozen=True)
class Rule:
    """Which methods, and for whom: what is asked of a reader, in the order in which the door asks it."""

    methods: frozenset[str]
    asks: tuple[tuple[str, ...], ...]
    # of which table a row is named in the address, where one of an account is
    of: str = ""
    # whether what is sought, found by what is sent, may be missing
    may_miss: bool = False

    @classmethod
    def read(cls, said: str) -> list[Rule]:
        return [cls._clause(clause.split()) for clause in said.split(";")]

    @classmethod
    def _clause(cls, words: list[str]) -> Rule:
        at = next(n for n, word in enumerate([*words, ""]) if not word.isupper())
        methods = {*METHODS} if "ANY" in words[:at] else set(words[:at])
        methods |= {"HEAD"} if "GET" in methods else set()
        rest, may_miss = words[at:], words[-2:] == ["or", "404"]
        rest = rest[:-2] if may_miss else rest
        starts = [n for n, word in enumerate(rest) if word in STARTS] + [len(rest)]
        asks = [tuple(rest[here:there]) for here, there in pairwise(starts)]
        of = next((ask[1] for ask in asks if ask[0] == "of"), "")
        kept = tuple(ask for ask in asks if ask[0] != "of")
        assert kept and " ".join(rest) == " ".join(" ".join(ask) for ask in asks), words
        return cls(frozenset(methods), kept, of, may_miss)

    @property
    def is_open(self) -> bool:
        return self.asks[0][0] == "anyone"

    def expects(self, role: str, target: str) -> int:
        """200 where it is answered, else the refusal."""
        if self.is_open:
            return 200
        if role in {"anonymous", "left"}:
            return 302
        return next((no for ask in self.asks if (no := self._refusal(ask, role, target))), 200)

    def _refusal(self, ask: tuple[str, ...], role: str, target: str) -> int:
        kind, *rest = ask
        if kind == "roles":
            own = "manager" if role in {"owner", "team", "sponsor"} else role
            return 0 if own in rest else 403
        if kind == "signed":
            return 0
        part, wants = Part("basic" if rest[0] in {"any", "give"} else rest[0]), rest[-1]
        read = parts_read(role, target)
        if wants == "bulk":
            return 0 if part in parts_edited(role, target) else 403
        if Part.BASIC not in read or (self.of and wants != "edit" and part not in read):
            return 404
        if wants == "give":
            return 0 if target in GIVERS.get(role, set()) else 403
        return 0 if part in (parts_edited(role, target) if wants == "edit" else read) else 403


@dataclass(frozen=True)
class Route:
    name: str
    converters: dict[str, str] = field(hash=False)

    # the folder of web/ whose view answers
    page: str = field(default="", hash=False)

    @property
    def number(self) -> str:
        """The name of the number in its address, where there is one."""
        return next((name for name, kind in self.converters.items() if kind == "int"), "")

    def address(self, key: str, number: int = 1) -> str:
        samples: dict[str, Any] = {"int": number, "uuid": "00000000-0000-4000-8000-000000000000"}
        values = {
            name: key if name == "key" else samples.get(kind, "x") for name, kind in self.converters.items()
        }
        return reverse(self.name, kwargs=values)


def routes() -> list[Route]:
    """Every named route of the resolver."""

    def walk(patterns: list[Any], before: str) -> Iterator[Route]:
        for each in patterns:
            if isinstance(each, URLResolver):
                namespace = f"{before}{each.namespace}:" if each.namespace else before
                yield from walk(each.url_patterns, namespace)
            elif isinstance(each, URLPattern):
                kinds = {
                    name: type(converter).__name__.removesuffix("Converter").lower()
                    for name, converter in getattr(each.pattern, "converters", {}).items()
                }
                groups = getattr(getattr(each.pattern, "regex", None), "groupindex", {})
                told = each.callback.__module__.removeprefix("changqing.web.").split(".")[0]
                yield Route(f"{before}{each.name}", kinds or dict.fromkeys(groups, "str"), told)

    found = {route.name: route for route in walk(get_resolver().url_patterns, "")}
    return [found[name] for name in sorted(found)]


def fragments() -> set[tuple[str, str]]:
    """Every (page, ``?part=…``) that a view or a template of that page's folder names."""
    said = set()
    for path in (PACKAGE / "web").rglob("*.[ph][yt]*"):
        if path.suffix in {".py", ".html"} and not path.name.startswith("test_"):
            text, page = path.read_text(encoding="utf-8"), path.relative_to(PACKAGE / "web").parts[0]
            if path.suffix == ".py":
                found = re.findall(r'\bpart(?:"(?:, "")?\)|"\])? [=!]= "(\w+)"', text)
                said |= {(page, part) for part in found}
    return said


def described() -> dict[str, dict[str, str]]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def line_for(name: str, lines: dict[str, str]) -> str | None:
    """The line of exactly that name, or of the longest pattern that fits."""
    if name in lines:
        return lines[name]
    fitting = [pattern for pattern in lines if "*" in pattern and fnmatchcase(name, pattern)]
    return lines[max(fitting, key=len)] if fitting else None


def people_of_the_matrix(small_book: People) -> dict[str, User]:
    """One person for each of the thirteen, who has left, and the accounts of ``KEYS`` as they are meant."""
    east = small_book.mei.department

    def user(name: str, role: str = Role.MANAGER, **fields: Any) -> User:
        return User.objects.create_user(name, None, full_name=name, role=role, **fields)

    found = {name: user(name) for name in ("owner", "team", "sponsor", "stranger")}
    found["left"] = user("left", Role.EXECUTIVE, is_active=False)
    found["director"] = user("director", Role.DIRECTOR, department=east)
    for name in OTHER_ROLES:
        in_east = {"department": east} if name in {"service", "finance"} else {}
        found[name] = user(name, name, **in_east)
    scopes = ["basic", "revenue"]
    found["integration"] = user("program", Role.INTEGRATION, acts_for=found["owner"], scopes=scopes)
    told: dict[str, dict[str, Any]] = {
        "A1": {"owner": found["owner"], "department": east},
        "B2": {"owner": small_book.mei, "department": east},
        "C3": {"owner": small_book.bo, "department": None},
        "D4": {"owner": small_book.bo, "department": small_book.bo.department},
        "E5": {"owner": small_book.bo, "department": east, "is_sealed": True},
        "F6": {"owner": None, "department": None},
    }
    for key, fields in told.items():
        Account.objects.filter(key=key).update(**fields)
    Account.objects.create(key="W7", name="撤下的", withdrawn=True, owner=found["owner"], department=east)
    team = Account.objects.get(key="C3")
    since = team.created_at.date()
    whole = {str(part): 1 for part in TeamMembership.PARTS}
    places = {
        "team": {"role": "member", "contacts": 2, "activities": 2, "files": 1},
        "sponsor": {"role": "sponsor", **whole},
    }
    for name, fields in places.items():
        TeamMembership.objects.create(account=team, user=found[name], since=since, **fields)
    return found


def commands() -> set[tuple[str, ...]]:
    """Every command of the console, as its words."""

    def names(of: Any, before: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        below = [action.choices for action in of._actions if isinstance(action.choices, dict)]
        if not below or (before and of.get_default("run")):
            yield before
        for choices in below:
            for name, sub in choices.items():
                yield from names(sub, (*before, name))

    return set(names(parser(), ()))


def must_say(model: type[models.Model], account: Account) -> dict[str, Any]:
    """What a row of ``model`` says where not just any word can stand."""
    word = canary(model, account.key, "text")
    if model.__name__ == "Contact":
        # words of a list, shown counted to who guards personal data
        return {"basis": "", "purpose": "", "source": ""}
    if model.__name__ == "Fact":
        return {"kind": "strategy", "confidence": "confirmed", "values": {"way": "hold", "what": word}}
    if model.__name__ == "Attachment":
        data = word.encode()
        digest = sha256(data).hexdigest()
        at(digest).parent.mkdir(parents=True, exist_ok=True)
        at(digest).write_bytes(data)
        return {"kind": "txt", "digest": digest, "size": len(data)}
    return {}


def plant(
    model: type[models.Model], account: Account, people: dict[str, User], **given: Any
) -> models.Model | None:
    """A row of ``model`` at ``account``, each text field a word of its own; None where none can stand."""
    given = must_say(model, account) | given
    values: dict[str, Any] = {}
    for column in model._meta.concrete_fields:
        if column.name in given or (column.primary_key and not column.is_relation):
            continue
        is_text = isinstance(column, (models.CharField, models.TextField)) and not column.choices
        if not is_text and (column.has_default() or column.null):
            continue
        values[column.name] = _planted(model, column, account, people)
    try:
        with transaction.atomic():
            made: models.Model = model._default_manager.create(**values | given)
            return made
    except (DatabaseError, ValueError, TypeError):
        return None


def _planted(model: type[models.Model], column: Any, account: Account, people: dict[str, User]) -> Any:
    if column.is_relation:
        at = column.related_model
        known = {"Account": account, "User": people["stranger"], "Person": None}
        if at.__name__ in known:
            return known[at.__name__] or plant(at, account, people)
        return at._default_manager.first()
    if column.choices:
        return next(iter(column.choices))[0]
    if isinstance(column, (models.CharField, models.TextField)):
        word = canary(model, account.key, column.name)
        return word if (column.max_length or len(word)) >= len(word) else ""
    if isinstance(column, models.DateTimeField):
        return timezone.now()
    if isinstance(column, models.DateField):
        return date(2024, 6, 1)
    return {} if isinstance(column, models.JSONField) else 0


def canary(model: type[models.Model], key: str, name: str) -> str:
    return f"cnry{model.__name__}{key}{name}z".lower().replace("_", "")


def rows_of_the_matrix(people: dict[str, User]) -> dict[tuple[str, str], int]:
    """For each table that a line names with "of", the id of a row at each account, by the key of that."""
    named = {rule.of for line in described()["routes"].values() for rule in Rule.read(line)} - {""}
    found = {}
    for key in KEYS.values():
        account = Account.objects.filter(key=key).first()
        for name in named if account else ():
            model = apps.get_model("changqing", name)
            row = plant(model, account, people)
            if name == "Person":
                plant(Contact, account, people, person=row)
            assert row is not None, f"no row of {name} can be planted"
            found[name, key] = row.pk
    return found
