"""The house as its tests see it: the floors of .importlinter and the syntax of every module. Not shipped."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from configparser import ConfigParser
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SRC = Path(__file__).resolve().parent
ROOT = SRC.parent
PACKAGE = SRC / "changqing"
CONTRACTS = ROOT / ".importlinter"
LINT = "from importlinter.cli import lint_imports_command as lint; lint()"


@cache
def contracts() -> dict[str, dict[str, str]]:
    """The contracts by their id, as written."""
    parser = ConfigParser()
    parser.read_string(CONTRACTS.read_text(encoding="utf-8"))
    prefix = "importlinter:contract:"
    return {
        name.removeprefix(prefix): dict(parser[name]) for name in parser.sections() if name.startswith(prefix)
    }


def listed(option: str) -> list[str]:
    """The lines of a many-line option without its comments."""
    lines = (line.strip() for line in option.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


@cache
def floors() -> dict[str, int]:
    """The height of each room; the doors are highest, the engine is on 0."""
    layers = listed(contracts()["floors"]["layers"])
    return {
        room.strip(): height for height, rooms in enumerate(reversed(layers)) for room in rooms.split("|")
    }


@cache
def rooms_with_tables() -> frozenset[str]:
    """The rooms built of models, queries and actions, as the contract on their inside lists them."""
    return frozenset(name.split(".")[1] for name in listed(contracts()["inside"]["containers"]))


@cache
def parts_with_tables() -> frozenset[str]:
    """The parts of a room that may touch tables, as the same contract puts them in order."""
    return frozenset(layer.strip("()") for layer in listed(contracts()["inside"]["layers"]))


@dataclass(frozen=True)
class Module:
    """One module of ours: its path, its room ('' on the root) and its syntax tree."""

    path: Path
    room: str
    tree: ast.Module

    @property
    def name(self) -> str:
        return self.path.relative_to(PACKAGE).as_posix()

    @property
    def part(self) -> str:
        """Which part of its room it is: 'rules' for rules.py and for everything below rules/."""
        return Path(self.name).parts[1].removesuffix(".py") if self.room else self.path.stem

    def at(self, node: ast.AST) -> str:
        return f"{self.name}:{getattr(node, 'lineno', 1)}"


@cache
def modules() -> tuple[Module, ...]:
    """Every module that ships, without migrations."""
    return tuple(
        Module(path, _room(path), ast.parse(path.read_text(encoding="utf-8"), str(path)))
        for path in sorted(PACKAGE.rglob("*.py"))
        if not is_test(path) and "migrations" not in path.parts
    )


def copy_of_the_house(root: Path) -> Path:
    """What ships, with its contracts, below ``root``: tests may look behind every door, so they stay out."""
    leave_out = shutil.ignore_patterns(
        "test_*.py", "conftest.py", "__pycache__", "static", "locale", "*.html", "migrations"
    )
    shutil.copytree(PACKAGE, root / "src" / PACKAGE.name, ignore=leave_out)
    shutil.copy(CONTRACTS, root)
    return root


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    """import-linter on a tree with ``src/`` and ``.importlinter``; uncached, since trees differ."""
    return subprocess.run(
        [sys.executable, "-c", LINT, "--no-cache", "--no-logo"],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root / "src"), "COLUMNS": "200", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def _room(path: Path) -> str:
    parts = path.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 else ""


def is_test(path: Path) -> bool:
    return path.name.startswith("test_") or path.name == "conftest.py"


def pages_files(*endings: str) -> list[Path]:
    """Templates, styles and scripts of ours; what packages bring is not ours."""
    return [
        path
        for path in sorted(PACKAGE.rglob("*"))
        if path.suffix in endings and not {"vendor", "built"} & set(path.parts)
    ]
