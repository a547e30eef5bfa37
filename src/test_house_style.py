"""Names, sizes and shapes that the house agreed on."""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Iterator
from statistics import median, quantiles

from house import PACKAGE, Module, floors, is_test, modules, pages_files, parts_with_tables, rooms_with_tables

# A room with tables has the parts that the contract on its inside lists, rules, and no others; a part that
# grows becomes a folder of the same name.
OTHER_PARTS = {"__init__", "rules"}
MORE_PARTS = {"people": {"permissions"}}
ROOT_FILES = {"__init__", "__main__", "apps", "models", "settings", "urls"}
NOT_A_NAME = {"util", "utils", "helper", "helpers", "common", "services", "manager", "managers", "misc"}
FUNCTION_LINES, FILE_LINES = 80, 500

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(module: Module) -> Iterator[Function]:
    return (node for node in ast.walk(module.tree) if isinstance(node, Function))


def lines_of(function: Function) -> int:
    return (function.end_lineno or 0) - function.lineno + 1


def test_rooms_have_the_same_few_parts() -> None:
    odd = [
        module.name
        for module in modules()
        if module.room in rooms_with_tables()
        and module.part not in parts_with_tables() | OTHER_PARTS | MORE_PARTS.get(module.room, set())
    ]
    assert odd == []
    assert {module.path.stem for module in modules() if not module.room} == ROOT_FILES


def test_every_room_says_what_it_is_for() -> None:
    for room in floors():
        opening = next(module for module in modules() if module.name == f"{room}/__init__.py")
        assert ast.get_docstring(opening.tree), f"{room} does not say what it is for"
        if room in rooms_with_tables():
            assert len(opening.tree.body) == 1, f"{room}/__init__.py holds more than what the room is for"


def test_names_say_what_things_are() -> None:
    named = {part.removesuffix(".py") for path in PACKAGE.rglob("*.py") for part in path.parts}
    assert named & NOT_A_NAME == set()


def test_class_names_are_unique_across_rooms() -> None:
    where = defaultdict(set)
    for module in (module for module in modules() if module.room in rooms_with_tables()):
        for node in module.tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                where[node.name].add(module.name)
    assert {name: places for name, places in where.items() if len(places) > 1} == {}


def test_no_function_and_no_file_is_too_long() -> None:
    sizes = [
        (lines_of(node), module.at(node), node.name) for module in modules() for node in functions(module)
    ]
    lengths = [size for size, _, _ in sizes]
    files = {
        path.relative_to(PACKAGE).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in [*PACKAGE.rglob("*.py"), *pages_files(".html", ".js", ".css")]
        if "migrations" not in path.parts
    }
    typical, most = median(lengths), quantiles(lengths, n=20)[-1]
    print(f"{len(lengths)} functions: median {typical}, 95 % up to {most:.0f} lines")
    for size, place, name in sorted(sizes, reverse=True):
        if size > 40:
            print(f"  long function: {size} lines, {place} {name}")
    for name, size in files.items():
        if size > 300:
            print(f"  long file: {size} lines, {name}")
    assert [entry for entry in sizes if entry[0] > FUNCTION_LINES] == []
    assert {name: size for name, size in files.items() if size > FILE_LINES} == {}


def test_verbs_take_keywords_and_are_typed() -> None:
    faults = [
        f"{module.at(node)} {node.name}"
        for module in modules()
        if module.name in {f"{module.room}/actions.py", f"{module.room}/actions/__init__.py"}
        for node in module.tree.body
        if isinstance(node, Function) and not node.name.startswith("_")
        if not is_keyword_only_and_typed(node)
    ]
    assert faults == []


def is_keyword_only_and_typed(function: Function) -> bool:
    told = function.args
    typed = [*told.kwonlyargs, *([told.kwarg] if told.kwarg else [])]
    return (
        not (told.posonlyargs or told.args or told.vararg)
        and all(argument.annotation for argument in typed)
        and function.returns is not None
    )


def test_tables_are_read_in_queries_and_written_in_actions_only() -> None:
    reach = {"objects", "_default_manager", "_base_manager"}
    outside = [
        module.at(node)
        for module in modules()
        if module.part not in parts_with_tables()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and node.attr in reach
        # the queue's own rows, which no room of ours keeps
        if not ast.unparse(node.value).startswith("Procrastinate")
    ]
    assert outside == []


def test_rules_have_no_clock() -> None:
    clocks = {"today", "now", "utcnow", "localdate", "localtime", "monotonic", "time"}
    outside = [
        module.at(node)
        for module in modules()
        if module.part == "rules"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in clocks
    ]
    assert outside == []


def test_nobody_listens_to_signals_or_lifts_a_guard() -> None:
    forbidden = {"receiver", "mark_safe", "csrf_exempt", "post_save", "pre_save", "post_delete", "pre_delete"}
    found = [
        f"{module.at(node)} {alias.name}"
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom | ast.Import)
        for alias in node.names
        if alias.name.split(".")[-1] in forbidden
    ]
    found += [
        f"{module.at(node)} {node.attr}"
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and node.attr in {"mark_safe", "csrf_exempt"}
    ]
    assert found == []


def test_tests_stand_beside_the_code() -> None:
    stray = [path for path in PACKAGE.rglob("*.py") if "tests" in path.parts]
    assert stray == []
    assert Counter(map(is_test, PACKAGE.rglob("*.py")))[True] > 0
