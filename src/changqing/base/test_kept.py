"""What one process has worked out, another of the same server does not work out again."""

from __future__ import annotations

from pathlib import Path

import pytest

from changqing.base.kept import FOLDER, Kept


def refuse() -> str:
    raise AssertionError("worked out again")


def test_what_one_has_made_another_finds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other, third = Kept[str](most=4, name="a"), Kept[str](most=4, name="a"), Kept[str](most=4, name="b")
    assert one.get(("x", 1), lambda: "before") == "before"
    monkeypatch.setenv(FOLDER, str(tmp_path))
    assert other.get(("x", 1), lambda: "first") == "first"  # nothing was shared before
    assert Kept[str](most=4, name="a").get(("x", 1), refuse) == "first"
    assert other.get(("x", "1"), lambda: "second") == "second"
    assert third.get(("x", 1), lambda: "third") == "third"
    assert Kept[str](most=4).get(("x", 1), lambda: "alone") == "alone"


def test_old_files_go_and_no_half_of_one_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER, str(tmp_path))
    kept = Kept[int](most=4, name="a")
    for number in range(40):
        assert kept.get(number, lambda number=number: number) == number  # type: ignore[misc]
    names = [path.name for path in tmp_path.iterdir()]
    assert 2 <= len(names) <= 4 and all(name.startswith("a-") for name in names)


def test_a_folder_that_is_gone_hinders_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER, str(tmp_path / "gone"))
    assert Kept[int](most=4, name="a").get(1, lambda: 2) == 2
