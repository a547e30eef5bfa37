"""No template needs what the Content-Security-Policy forbids."""

from __future__ import annotations

import re
from pathlib import Path

WEB = Path(__file__).resolve().parent
FORBIDDEN = re.compile(r"\sstyle=|\son[a-z]+=|<style|javascript:|hx-on|<script(?![^>]*\bsrc=)", re.IGNORECASE)


def test_no_inline_style_or_script() -> None:
    found = {
        f"{path.relative_to(WEB)}: {match.group()}"
        for path in WEB.rglob("*.html")
        for match in FORBIDDEN.finditer(path.read_text(encoding="utf-8"))
    }
    assert found == set()


def test_scripts_evaluate_nothing_and_write_no_markup() -> None:
    risky = re.compile(r"\beval\(|new Function|innerHTML|outerHTML|insertAdjacentHTML|document\.write")
    found = {
        path.name for path in (WEB / "static" / "js").glob("*.js") if risky.search(path.read_text("utf-8"))
    }
    assert found == set()
