"""Account files: what they say is in the archive, whichever way it came in."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection
from pypinyin.constants import PHRASES_DICT
from pypinyin.seg.mmseg import seg

from changqing.accounts import actions
from changqing.accounts.models import Account
from changqing.accounts.queries import searched
from changqing.accounts.rules import _words, core_name, core_sound
from changqing.ledger.models import CustomerKey
from changqing.records.models import AuditLine, Change

HEADER = "客户编码,客户名称,简称,行业,地区,上级客户编码\n"
ROWS = (
    "G1,重庆钢铁（集团）股份有限公司,重钢,钢铁,重庆,",
    'G2,"长沙, 银行",,银行,湖南,G1',
    "G3,Ａcme Ltd,,,, G1 ",
    "C1,甲厂,,,,C2",
    "C2,乙厂,,,,C1",
    "C3,丙厂,,,,C1",
    "S1,自己,,,,S1",
    "U1,无上级,,,,X9",
)
PARENTS = {"G1": None, "G2": "G1", "G3": "G1"} | {"C1": None, "C2": None, "C3": "C1", "S1": None, "U1": None}
FIELDS = (
    "key",
    "name",
    "short_name",
    "pinyin",
    "search",
    "kind",
    "industry",
    "region",
    "parent__key",
    "tags",
)


@pytest.fixture
def bring(command: Callable[..., Any], transactional_db: None, tmp_path: Path) -> Callable[..., Any]:
    """Bring rows of accounts in by command; the import as JSON."""

    def run(*rows: str) -> Any:
        file = tmp_path / "accounts.csv"
        file.write_text(HEADER + "".join(f"{row}\n" for row in rows), encoding="utf-8")
        ran = command("import", "accounts", file, "--json")
        assert ran.code == 0, ran.err
        return json.loads(ran.out)["report"]

    return run


def archive() -> list[tuple[Any, ...]]:
    return list(Account.objects.filter(withdrawn=False).order_by("key").values_list(*FIELDS))


@pytest.mark.parametrize("is_beside_a_known_one", [False, True])
def test_new_accounts_come_with_all_that_is_said_of_them(
    bring: Callable[..., Any], is_beside_a_known_one: bool
) -> None:
    """New ones alone come with their parents; beside known ones parents are hung afterwards."""
    if is_beside_a_known_one:
        bring("Z1,先到,,,,")
    report = bring(*ROWS, *(["Z1,先到,,,,G2"] if is_beside_a_known_one else []))
    assert (report["came"], report["accounts_made"]) == (8, 8)
    assert report["circles"] == ["C1", "C2", "S1"]
    there = {row[0]: row for row in archive()}
    assert {key: row[8] for key, row in there.items() if key != "Z1"} == PARENTS
    assert (
        is_beside_a_known_one
        == ("Z1" in there)
        == (Account.objects.filter(key="Z1", parent__key="G2").exists())
    )
    assert there["G1"] == (
        "G1",
        "重庆钢铁（集团）股份有限公司",
        "重钢",
        "chong qing gang tie （ ji tuan ） gu fen you xian gong si",
        "重庆钢铁（集团）股份有限公司\nchongqinggangtie（jituan）gufenyouxiangongsi\ncqgt（jt）gfyxgs\n"
        "重钢\nzhonggang\nzg\ng1",
        "customer",
        "钢铁",
        "重庆",
        None,
        [],
    )
    assert there["G2"][1] == "长沙, 银行"
    # the import is the record: an audit line, and no history of a hundred thousand rows
    assert AuditLine.objects.filter(verb="bring in").count() == 1 + is_beside_a_known_one
    assert not Change.objects.filter(model="Account").exists()
    assert bring(*ROWS)["same"] == 8


def test_undo_takes_accounts_off_and_redo_brings_them_back_below_their_groups(
    bring: Callable[..., Any], command: Callable[..., Any]
) -> None:
    bring(*ROWS)
    there = archive()
    assert command("imports", "undo", "1").code == 0
    assert archive() == []
    assert command("imports", "redo", "1").code == 0
    assert archive() == there
    assert CustomerKey.objects.count() == 8
    assert command("check").code == 0


def test_words_are_cut_as_pypinyin_cuts_them() -> None:
    """Every phrase it knows, broken ones, and two in a row."""
    phrases = list(PHRASES_DICT)
    told = [
        *phrases[::7],
        *(phrase[:-1] for phrase in phrases[::11]),
        *(phrase[1:] for phrase in phrases[::13]),
    ]
    told += [a + b[:-1] + c for a, b, c in zip(phrases[::29], phrases[5::29], phrases[11::29], strict=False)]
    assert [text for text in told if text and list(_words(text)) != list(seg.cut(text))] == []


@pytest.mark.django_db
def test_legal_forms_are_left_out_of_the_name_and_sound_that_are_compared() -> None:
    said = {
        "重庆钢铁（集团）股份有限公司": "重庆钢铁",
        "有限公司": "有限公司",
        "Acme Co., Ltd.": "acme",
        "公司制造": "公司制造",
        "ＡＢＣ Inc Inc": "abc",
    }
    heard = {
        "chong qing gang tie gu fen you xian gong si": "chongqinggangtie",
        "gong si": "gongsi",
        "ji tuan gong ye": "jituangongye",
        "acme co ltd": "acme",
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT changqing_core_name(s) FROM unnest(%s::text[]) s", [list(said)])
        assert [row[0] for row in cursor.fetchall()] == list(said.values())
        cursor.execute("SELECT changqing_core_sound(s) FROM unnest(%s::text[]) s", [list(heard)])
        assert [row[0] for row in cursor.fetchall()] == list(heard.values())


NAME_PARTS = (
    *(
        "股份有限公司",
        "有限责任公司",
        "有限公司",
        "集团公司",
        "总公司",
        "公司",
        "集团",
        "股份",
        "重钢",
        "限有",
    ),
    *("Co.,Ltd", "LTD", " limited", "Inc.", "LLC", "GmbH", "Corporation", "corp", "company", "PLC", "Acme"),
    *("（", "）", "&", "-", "·", "Ａ", "Ⅳ", "ß", "é", "㈱", "\u3000", "$", "7", "İ", "龢"),
)
SOUND_PARTS = (
    *("gu fen you xian gong si", "you xian ze ren gong si", "you xian gong si", "ji tuan gong si", "gong si"),
    *("zong gong si", "ji tuan", "gu fen", "chong", "co", "ltd", "inc", "（", "）", "'", "·", "ü", "acme"),
)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("parts", "core", "function"),
    [(NAME_PARTS, core_name, "changqing_core_name"), (SOUND_PARTS, core_sound, "changqing_core_sound")],
)
def test_what_is_compared_is_what_the_database_would_compare(
    parts: tuple[str, ...], core: Callable[[str], str], function: str
) -> None:
    """Three parts in every order: the same as the function's, or left to it."""
    told = ["".join(some) for some in itertools.product(parts, repeat=3)]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(s) FROM unnest(%s::text[]) s", [told])
        expected = dict(zip(told, (row[0] for row in cursor.fetchall()), strict=True))
    found = {text: core(text) for text in told}
    assert {text: each for text, each in found.items() if each not in ("", expected[text])} == {}
    assert sum(map(bool, found.values())) > len(told) / 3


def test_what_is_compared_follows_the_name(bring: Callable[..., Any]) -> None:
    """Whoever writes it: a file, new or again; a program that says nothing of it, or something else."""
    bring(*ROWS)
    account = Account.objects.get(key="G1")
    assert (account.core_name, account.core_sound) == ("重庆钢铁", "chongqinggangtie")
    assert Account.objects.get(key="G3").core_name == "acme"
    bring("G1,长沙水泥公司,,,,")
    account.refresh_from_db()
    assert (account.core_name, account.core_sound) == ("长沙水泥", "changshashuini")
    account.name, account.core_name = "Beta GmbH", "gamma"
    account.save()
    account.refresh_from_db()
    assert (account.core_name, account.core_sound) == ("beta", "changshashuini")
    made = Account.objects.create(key="N1", name="甲厂有限公司", pinyin="jia chang you xian gong si")
    made.refresh_from_db()
    assert (made.core_name, made.core_sound) == ("甲厂", "jiachang")
    Account.objects.filter(pk=made.pk).update(core_sound="something else")
    made.refresh_from_db()
    assert made.core_sound == "jiachang"


def test_many_new_accounts_are_found_at_once(
    bring: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is entered in large steps, here or by a second connection, waits in no list; nor does an import
    fail where that connection does."""
    monkeypatch.setattr("changqing.accounts.actions.FEW", 5)
    monkeypatch.setattr("changqing.accounts.actions.MADE_AT_ONCE", 1)
    monkeypatch.setattr("changqing.accounts.actions.TAKEN_IN_AFTER", 5)
    real, beside = actions._take_in, []

    def take_in(cursor: Any) -> None:
        if threading.current_thread() is not threading.main_thread():
            beside.append(threading.current_thread().name)
            if len(beside) > 1:
                raise DatabaseError("the connection is gone")
        real(cursor)

    monkeypatch.setattr(actions, "_take_in", take_in)
    bring(*ROWS)
    assert len(beside) == 2
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT i.relname, gin_clean_pending_list(i.oid) FROM pg_class i JOIN pg_am m ON m.oid = i.relam "
            "WHERE i.relname LIKE %s AND m.amname = 'gin' ORDER BY 1",
            ["account\\_%"],
        )
        waiting = dict(cursor.fetchall())
        assert {"account_characters", "account_search", "account_tags"} <= waiting.keys()
        assert set(waiting.values()) == {0}
        cursor.execute("SET enable_seqscan = off")
        found = set(searched(Account.objects.all(), "gangtie").values_list("key", flat=True))
        cursor.execute("RESET enable_seqscan")
    assert found == {"G1"}
