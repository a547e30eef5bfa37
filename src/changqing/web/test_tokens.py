"""The look's colours can be read: contrast as written down, and one dark table in two places."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

SHEETS = Path(__file__).resolve().parent / "static" / "css"
TOKENS = (SHEETS / "tokens.css").read_text(encoding="utf-8")


def table(start: str) -> dict[str, str]:
    """The custom properties of the first block that follows ``start``."""
    block = TOKENS.split(start, 1)[1].split("}", 1)[0]
    return dict(re.findall(r"--([\w-]+): ([^;]+);", block))


LIGHT = table(":root {")
WISHED = table(':root:not([data-theme="light"]) {')
CHOSEN = table(':root[data-theme="dark"] {')


def luminance(colour: str) -> float:
    """Relative luminance of #RRGGBB (WCAG 2.2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_dark_is_the_same_by_wish_and_by_choice() -> None:
    assert WISHED == CHOSEN
    assert set(CHOSEN) == set(LIGHT)


@pytest.mark.parametrize("theme", [LIGHT, CHOSEN], ids=["light", "dark"])
def test_words_are_readable(theme: dict[str, str]) -> None:
    pairs = [
        (ink, ground) for ink in ("ink", "ink2", "ink3", "pri", "red", "amb") for ground in ("surface", "bg")
    ]
    pairs += [("ink3", "sunken"), ("pri-d", "pri-t"), ("red", "red-t"), ("amb", "amb-t"), ("on-pri", "pri")]
    pairs += [("ink2", "line-soft"), ("on-pri", "pri-d"), ("sla", "surface")]
    weak = {pair: contrast(theme[pair[0]], theme[pair[1]]) for pair in pairs}
    assert {pair: ratio for pair, ratio in weak.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("theme", [LIGHT, CHOSEN], ids=["light", "dark"])
def test_marks_and_edges_are_visible(theme: dict[str, str]) -> None:
    pairs = [("line2", "surface"), ("line2", "bg"), ("c1", "surface"), ("c2", "surface"), ("c3", "surface")]
    assert {pair for pair in pairs if contrast(theme[pair[0]], theme[pair[1]]) < 3} == set()


def test_every_sheet_is_loaded_and_every_variable_is_known() -> None:
    loaded = re.findall(
        r'@import url\("(\w+)\.css"\)', (SHEETS / "changqing.css").read_text(encoding="utf-8")
    )
    assert sorted([*loaded, "changqing"]) == sorted(sheet.stem for sheet in SHEETS.glob("*.css"))
    known = set(re.findall(r"--([\w-]+):", TOKENS))
    used = {
        name
        for sheet in SHEETS.glob("*.css")
        for name in re.findall(r"var\(--([\w-]+)", sheet.read_text("utf-8"))
    }
    assert used - known == set()
