"""The pages' files: what the lock names, what is served, and how the icons are put together."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[3]
DRAWING = """<!--
tags: [x]
-->
<svg xmlns="http://www.w3.org/2000/svg" width="24" stroke="currentColor"
  class="icon">
  <path stroke="none" d="M0 0h24v24H0z" fill="none" />
  <path d="M1 2" />
</svg>"""


@pytest.fixture
def assets(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("assets", ROOT / "scripts" / "assets.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "assets", module)
    spec.loader.exec_module(module)
    return module


def test_the_locks_name_no_host() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text())
    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []
    locked = [package for name, package in lock["packages"].items() if name]
    assert all(package["integrity"].startswith("sha512-") for package in locked)
    for path in sorted((ROOT / "requirements").glob("*.txt")):
        text = path.read_text()
        assert "://" not in text, path.name
        pinned = [block for block in re.split(r"\n(?=\S)", text) if "==" in block]
        assert pinned, path.name
        assert all("--hash=sha256:" in block for block in pinned), path.name


def test_every_served_file_comes_from_a_locked_package(assets: ModuleType) -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    homes = [re.match(r"(@[^/]+/)?[^/]+", source) for source in assets.SERVED.values()]
    assert [home[0] for home in homes if home and f"node_modules/{home[0]}" not in lock] == []


def test_an_icon_becomes_a_symbol(assets: ModuleType, tmp_path: Path) -> None:
    for kind in ("outline", "filled"):
        (tmp_path / kind).mkdir()
        (tmp_path / kind / "sun.svg").write_text(DRAWING)
    ink = 'fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"'
    assert assets.sprite(["filled/sun", "sun"], tmp_path) == (
        '<svg xmlns="http://www.w3.org/2000/svg">\n'
        '<symbol id="filled-sun" viewBox="0 0 24 24" fill="currentColor"><path d="M1 2" /></symbol>\n'
        f'<symbol id="sun" viewBox="0 0 24 24" {ink}><path d="M1 2" /></symbol>\n'
        "</svg>\n"
    )
    with pytest.raises(assets.AssetsError, match="no-such, nor-this"):
        assets.sprite(["no-such", "nor-this", "sun"], tmp_path)


def test_names_are_read_once_each(assets: ModuleType) -> None:
    assert assets.icon_names("# a list\n sun \nmoon\n\nsun\n") == ["moon", "sun"]
    assert "search" in assets.icon_names(assets.ICONS.read_text())


def test_plan_says_what_is_to_be_done(assets: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    vendor = Path(assets.VENDOR)
    monkeypatch.setattr(assets, "VENDOR", vendor.with_name("nowhere"))
    monkeypatch.setattr(assets, "npm", lambda: None)
    assert assets.plan() == "node"
    monkeypatch.setattr(assets, "npm", lambda: "/usr/bin/npm")
    assert assets.plan() == "build"


def test_an_old_python_is_told_in_a_sentence(tmp_path: Path) -> None:
    if not shutil.which("make"):
        pytest.skip("make is not installed")
    old = tmp_path / "python3.9"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.2\nexit 1\n')
    old.chmod(0o755)
    shutil.copy(ROOT / "Makefile", tmp_path)
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "src" / "changqing").mkdir(parents=True)
    done = subprocess.run(
        ["make", "setup", f"PYTHON={old}"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert f"需要 Python 3.11 或更新；这里的 {old} 是：Python 3.9.2。" in done.stdout
    assert f"Python 3.11 or newer is needed; {old} here is Python 3.9.2." in done.stdout
    assert not (tmp_path / ".venv").exists()
