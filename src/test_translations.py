"""Every sentence has its English, with the same figures in it, and no sentence slips past gettext."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import polib
import pytest

from catalogues import (
    CHINESE,
    Message,
    Room,
    bare_chinese,
    english,
    messages_in,
    placeholders,
    read,
    rooms,
    unspoken,
    update,
)
from house import PACKAGE, modules, pages_files

ROOMS = rooms()
# English that shows Chinese on purpose: the name of the language itself.
SHOWS_CHINESE: frozenset[str] = frozenset({"中文"})


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_every_sentence_has_its_english(room: Room) -> None:
    known = {(entry.msgid, entry.msgctxt or ""): entry for entry in read(room)}
    lacking = [message.text for message in room.messages if message.key not in known]
    lacking += [entry.msgid for entry in known.values() if entry.fuzzy or not all(english(entry))]
    assert lacking == [], "run `make messages` and translate"


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_the_english_says_the_same_figures(room: Room) -> None:
    for entry in read(room):
        asked = placeholders(entry.msgid + entry.msgid_plural)
        for text in english(entry):
            assert set(placeholders(text)) <= set(asked), entry.msgid
        # one of several plural forms may leave the count out: "one row"
        assert placeholders(english(entry)[-1]) == asked, entry.msgid
        if entry.msgid not in SHOWS_CHINESE:
            assert not any(map(CHINESE.search, english(entry))), f"Chinese in the English of {entry.msgid}"


def test_one_sentence_has_one_english() -> None:
    said = defaultdict(set)
    for room in ROOMS:
        for entry in read(room):
            said[entry.msgid, entry.msgctxt].add(tuple(english(entry)))
    assert {key: texts for key, texts in said.items() if len(texts) > 1} == {}


def test_templates_say_nothing_past_gettext() -> None:
    found = {path.relative_to(PACKAGE).as_posix(): list(bare_chinese(path)) for path in pages_files(".html")}
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_refusals_are_spoken_through_gettext() -> None:
    assert [module.at(call) for module in modules() for call in unspoken(module.tree)] == []


TEMPLATE = """{% comment %}注释{% endcomment %}{# 注释 #}
<h1>{% translate "客户" %}</h1>
    {% component "button" label=_("导入") href="/" %}
  <p>{% blocktranslate trimmed with n=rows.count %}
     共 {{ n }} 行，{{ share }}%
  {% endblocktranslate %}</p>
{% blocktranslate count n=rows %}{{ n }} 个客户{% plural %}{{ n }} 个客户们{% endblocktranslate %}
{{ _("金额") }}{% translate "明细" context "导入" %}
"""


def test_templates_are_read_as_django_reads_them(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(TEMPLATE, encoding="utf-8")
    assert list(messages_in(page)) == [
        Message("客户"),
        Message("导入"),
        Message("共 %(n)s 行，%(share)s%%"),
        Message("%(n)s 个客户", plural="%(n)s 个客户们"),
        Message("金额"),
        Message("明细", context="导入"),
    ]
    assert list(bare_chinese(page)) == []


def test_what_a_text_says_within_itself_is_found(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text(
        """said = f'<p title="{_("客户")}">{ngettext("%(n)s 行", "%(n)s 行们", 2)}{len(_("金额"))}</p>'\n"""
    )
    assert sorted(messages_in(module), key=str) == [
        Message("%(n)s 行", plural="%(n)s 行们"),
        Message("客户"),
        Message("金额"),
    ]


@pytest.mark.parametrize(
    "line",
    ["<p>客户</p>", '{% component "button" label="导入" %}', '<a title="导入">x</a>', '{{ x|default:"无" }}'],
)
def test_bare_chinese_is_found(tmp_path: Path, line: str) -> None:
    page = tmp_path / "page.html"
    page.write_text(f"\n{line}\n", encoding="utf-8")
    assert len(list(bare_chinese(page))) == 1


def test_an_update_keeps_translations_and_drops_what_nobody_says(tmp_path: Path) -> None:
    room = Room(tmp_path)
    room.messages = {Message("客户"): ["a.py"], Message("%(n)s 行", plural="%(n)s 行们"): ["a.py", "a.py"]}
    first = update(room)
    assert [english(entry) for entry in first] == [[""], ["", ""]]
    first[0].msgstr = "Account"
    first.append(polib.POEntry(msgid="旧", msgstr="Old"))
    first.save(str(room.catalogue))
    again = update(room)
    assert [(entry.msgid, english(entry), entry.occurrences) for entry in again] == [
        ("客户", ["Account"], [("a.py", "")]),
        ("%(n)s 行", ["", ""], [("a.py", "")]),
    ]
