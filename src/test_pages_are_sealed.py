"""Pages stay within the content policy: no inline code or style, no raw markup, nothing from outside."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from house import PACKAGE, pages_files

# Names of formats, not places that anybody fetches from.
NAMESPACES = ("http://www.w3.org/",)
COMMENT = re.compile(r"\{#.*?#\}|\{% comment %\}.*?\{% endcomment %\}|<!--.*?-->", re.DOTALL)
ADDRESS = re.compile(r"""(?:https?:)?//[a-z0-9][a-z0-9.-]*\.[a-z]{2,}[^\s"'<>)]*""", re.IGNORECASE)
FAULTS = {
    "raw markup": re.compile(r"\|\s*safe\b|\{%\s*autoescape\s+off"),
    "inline style": re.compile(r"""<[^>]*\sstyle\s*=|<style\b""", re.IGNORECASE),
    "inline code": re.compile(
        r"""<[^>]*\son[a-z]+\s*=|<script\b(?![^>]*\bsrc=)|javascript:""", re.IGNORECASE
    ),
    "an htmx expression": re.compile(r"""\shx-on\b|\shx-vals\s*=\s*["']js:|\shx-vars\b"""),
}


def faults_of(text: str) -> list[str]:
    """What in a template goes past the policy."""
    text = COMMENT.sub("", text)
    found = [name for name, fault in FAULTS.items() if fault.search(text)]
    return found + [address for address in ADDRESS.findall(text) if not address.startswith(NAMESPACES)]


def named(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def test_templates_stay_within_the_policy() -> None:
    found = {
        named(path): faults_of(path.read_text(encoding="utf-8")) for path in pages_files(".html", ".svg")
    }
    assert len(found) > 0
    assert {name: faults for name, faults in found.items() if faults} == {}


def test_styles_and_scripts_fetch_nothing_from_outside() -> None:
    found = {}
    for path in pages_files(".css", ".js"):
        text = re.sub(r"/\*.*?\*/|(?<!:)//[^\n]*", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        found[named(path)] = [
            address for address in ADDRESS.findall(text) if not address.startswith(NAMESPACES)
        ] + re.findall(r"\beval\(|new Function\(|\.innerHTML\s*=|document\.write", text)
    assert {name: faults for name, faults in found.items() if faults} == {}


@pytest.mark.parametrize(
    ("line", "faults"),
    [
        ("<p>{{ note|safe }}</p>", ["raw markup"]),
        ("<p>{{ note | safe }}</p>", ["raw markup"]),
        ("{% autoescape off %}", ["raw markup"]),
        ('<p class="x" style="color:red">', ["inline style"]),
        ("<p\n STYLE='x'>", ["inline style"]),
        ("<style>p{}</style>", ["inline style"]),
        ('<a onclick="go()">', ["inline code"]),
        ('<a href="javascript:go()">', ["inline code"]),
        ("<script>go()</script>", ["inline code"]),
        ('<div hx-on:click="x">', ["an htmx expression"]),
        ('<script src="https://cdn.example.com/x.js"></script>', ["https://cdn.example.com/x.js"]),
        ('<img src="//cdn.example.com/x.png">', ["//cdn.example.com/x.png"]),
        ('<script src="{% static "js/x.js" %}" defer></script>', []),
        ('<svg xmlns="http://www.w3.org/2000/svg">', []),
        ("{# onclick= style= |safe https://example.com #}", []),
        ('<a href="/accounts/?on=1" data-style="x" title="safe">on = 1</a>', []),
    ],
)
def test_each_way_out_is_seen(line: str, faults: list[str]) -> None:
    assert faults_of(line) == faults
