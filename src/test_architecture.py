"""The floors hold, each contract can fail, and tables obey the same floors as imports."""

from __future__ import annotations

import ast
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.contenttypes.fields import GenericForeignKey
from django.db.models import Field, ForeignObjectRel, Model

from changqing.people.permissions import Part
from house import Module, contracts, copy_of_the_house, floors, lint, modules, rooms_with_tables
from matrix import commands, described, fragments, line_for, routes

HOW_TO_DESCRIBE = (
    "Nobody has said who may ask this. Add to {file} (its head explains the words), changed to what is true:"
    "\n\n{lines}\n\nThe matrix (web/team/test_matrix.py) then asks it as each of thirteen roles."
)

# What is added to a copy of the house, and the one contract that it breaks.
OFFENCES = {
    "a room imports upwards": ("floors", "base/money.py", "import changqing.accounts"),
    "neighbours know each other": ("floors", "journeys/__init__.py", "import changqing.reports"),
    "an import hides in a function": (
        "floors",
        "records/actions.py",
        "def late() -> None:\n    import changqing.ledger",
    ),
    "a folder has no floor": ("floors", "attic/__init__.py", ""),
    "the engine knows a framework": ("engine", "engine/__init__.py", "import django"),
    "the machine knows Django": ("machine", "machine/__init__.py", "import django"),
    "rules ask the tables": ("rules", "people/rules.py", "import changqing.people.queries"),
    "a door touches tables": ("tables", "web/shell.py", "import changqing.accounts.models"),
    "a read model touches tables": ("tables", "reports/__init__.py", "import changqing.ledger.models"),
    "a question asks a verb": ("inside", "people/queries.py", "import changqing.people.actions"),
    "a table asks a question": ("inside", "people/models.py", "import changqing.people.queries"),
}

# A key from an upper room gives the lower room's rows a way up, so it has none (related_name="+").
# These have one, for questions asked in upper rooms only; no lower room may use it.
READ_FROM_ABOVE = {
    "AccountTotals.account": "the list of accounts sorts and filters by totals in one query",
    "AccountRank.account": "the list of accounts sorts by rank in one query",
}


def broken_contracts(root: Path) -> set[str]:
    """The names of the contracts that import-linter finds broken in a tree with src/ and .importlinter."""
    told = lint(root)
    verdicts = dict(re.findall(r"^(.+?) (KEPT|BROKEN)\b", told.stdout, re.MULTILINE))
    assert set(verdicts) == {contract["name"] for contract in contracts().values()}, told.stdout + told.stderr
    assert told.returncode == int("BROKEN" in verdicts.values())
    return {name for name, verdict in verdicts.items() if verdict == "BROKEN"}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The house without its tests, to be spoilt."""
    return copy_of_the_house(tmp_path_factory.mktemp("house"))


def test_every_contract_is_kept(copy: Path) -> None:
    assert broken_contracts(copy) == set()


@pytest.mark.parametrize("offence", OFFENCES)
def test_a_contract_fails_when_it_is_broken(copy: Path, offence: str) -> None:
    contract, file, line = OFFENCES[offence]
    spoilt = copy / "src" / "changqing" / file
    before = spoilt.read_text(encoding="utf-8") if spoilt.exists() else None
    spoilt.parent.mkdir(exist_ok=True)
    spoilt.write_text(f"{before or ''}\n{line}\n", encoding="utf-8")
    try:
        assert broken_contracts(copy) == {contracts()[contract]["name"]}
    finally:
        if before is not None:
            spoilt.write_text(before, encoding="utf-8")
        elif spoilt.name == "__init__.py":
            shutil.rmtree(spoilt.parent)
        else:
            spoilt.unlink()


def test_every_contract_was_seen_to_fail() -> None:
    assert {contract for contract, _, _ in OFFENCES.values()} == set(contracts())


def room_of(model: type[Model]) -> str:
    return model.__module__.split(".")[1]


def keys() -> Iterator[Field]:
    """Every foreign, one-to-one and many-to-many key of our models."""
    for model in apps.get_app_config("changqing").get_models(include_auto_created=True):
        for field in model._meta.get_fields(include_hidden=True):
            if field.is_relation and not isinstance(field, ForeignObjectRel):
                yield field


def named(field: Field) -> str:
    return f"{field.model.__name__}.{field.name}"


def test_keys_point_to_the_same_room_or_downwards() -> None:
    found = list(keys())
    assert len(found) > 10
    for field in found:
        assert not isinstance(field, GenericForeignKey), f"{named(field)}: no generic foreign keys"
        target = field.related_model
        assert not isinstance(target, str), f"{named(field)} points to {target}, which is nowhere"
        assert target.__module__.startswith("changqing."), f"{named(field)} points out of the house"
        own, other = room_of(field.model), room_of(target)
        assert own == other or floors()[own] > floors()[other], (
            f"{named(field)} points from {own} up to {other}"
        )


def test_no_accessor_points_upwards() -> None:
    crossing = [field for field in keys() if room_of(field.model) != room_of(field.related_model)]
    upwards = {named(field) for field in crossing if not field.remote_field.hidden}
    assert upwards - set(READ_FROM_ABOVE) == set(), 'these keys need related_name="+"'
    assert set(READ_FROM_ABOVE) - upwards == set(), "these need no leave any more"


@pytest.mark.parametrize("key", READ_FROM_ABOVE)
def test_lower_rooms_do_not_use_what_points_upwards(key: str) -> None:
    field = next(field for field in keys() if named(field) == key)
    names = {field.remote_field.get_accessor_name(), field.related_query_name()}
    top, bottom = floors()[room_of(field.model)], floors()[room_of(field.related_model)]
    below = [module for module in modules() if bottom <= floors().get(module.room, -1) < top]
    uses = [use for module in below for use in mentions(module, names)]
    assert uses == [], f"{key} gives a way up to {names}"


def mentions(module: Module, names: set[str]) -> Iterator[str]:
    """Where a module reaches for an attribute or a lookup of one of these names."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute):
            told = node.attr
        elif isinstance(node, ast.keyword):
            told = node.arg or ""
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            told = node.value.lstrip("-")
        else:
            continue
        if names & set(told.split("__")):
            yield module.at(node)


def test_tables_stand_in_rooms_that_keep_an_order_inside() -> None:
    rooms = {room_of(model) for model in apps.get_app_config("changqing").get_models()}
    assert rooms == rooms_with_tables()


def test_what_belongs_to_an_account_says_which_part_of_it() -> None:
    known = {str(part) for part in Part}
    for model in apps.get_app_config("changqing").get_models():
        if hasattr(model, "account_path"):
            assert getattr(model, "account_part", None) in known, (
                f"{model.__name__} names account_path: let account_part say who may see it, one of {known}"
            )


def test_every_route_and_fragment_says_who_may_ask_it() -> None:
    """What the matrix asks is generated from the resolver; what is to be expected stands in routes.toml."""
    lines, missing = described()["routes"], []
    for route in routes():
        if line_for(route.name, lines) is None:
            whose = "account basic" if "key" in route.converters else "signed in"
            missing.append(f'{route.name} = "GET {whose}"')
    told = {
        (route.page, asked)
        for name in lines
        for route in routes()
        if route.name == name.partition("?")[0]
        for asked in name.partition("?")[2].split("&")
    }
    pages = {route.page: route.name for route in routes()}
    missing += [
        f'"{pages.get(page, "ROUTE")}?part={part}" = "GET account basic"'
        for page, part in sorted(fragments())
        if (page, f"part={part}") not in told
    ]
    assert not missing, HOW_TO_DESCRIBE.format(file="src/changqing/web/routes.toml", lines="\n".join(missing))


def test_every_command_says_who_may_give_it() -> None:
    told = [tuple(word for word in line.split() if word[0].islower()) for line in described()["commands"]]
    missing = [
        f'"{" ".join(name)} KEY" = "account basic"'
        for name in sorted(commands())
        if not any(line[: len(name)] == name for line in told)
    ]
    assert not missing, HOW_TO_DESCRIBE.format(
        file="src/changqing/web/routes.toml, under [commands]", lines="\n".join(missing)
    )


def test_routes_toml_names_nothing_that_is_gone() -> None:
    said = described()
    names, known = {route.name for route in routes()}, commands()
    gone = [line for line in said["routes"] if "*" not in line and line.partition("?")[0] not in names]
    for line in said["commands"]:
        words = tuple(line.split())
        gone += [] if any(words[: len(name)] == name for name in known) else [line]
    assert gone == []
