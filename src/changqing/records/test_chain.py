"""The audit is append-only, and whoever goes round that with a superuser's rights is found out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from changqing.people.permissions import operator
from changqing.records.actions import seal_audit, write_audit
from changqing.records.models import AuditLine, AuditSeal
from changqing.records.queries import anchor_of_the_chain, audit_report, words_of
from changqing.records.rules import BEGINNING, canonical, linked, signed

pytestmark = pytest.mark.django_db

AWKWARD: dict[str, Any] = {
    "钱": 1e22,
    "一半": 0.1,
    "整": 1.0,
    "大": 2**70,
    "深": [{"b": None, "a": True}],
    "字": 'é"\\\n',
}


def say(number: int) -> AuditLine:
    return write_audit(by=operator(because="test"), verb="say", subject=("thing", number), **AWKWARD)


@pytest.fixture(autouse=True)
def in_chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHANGQING_LANG", "zh")


@pytest.fixture
def chain(db: None) -> list[AuditLine]:
    """Eight lines, chained."""
    lines = [say(number) for number in range(8)]
    assert seal_audit() == 8
    return lines


def as_superuser(*statements: str, keeps_keys: bool = False) -> None:
    """Past every trigger and every foreign key, which whoever owns the tables can switch off."""
    tables = ("changqing_auditline", "changqing_auditseal")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER append_only")
        if not keeps_keys:
            find = "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'f'"
            cursor.execute(find, tables[1:])
            for (key,) in cursor.fetchall():
                cursor.execute(f"ALTER TABLE {tables[1]} DROP CONSTRAINT {key}")
        for statement in statements:
            cursor.execute(statement)
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER append_only")


def faults(**asked: Any) -> list[str]:
    return audit_report(**asked).faults


def test_a_whole_chain_is_whole(chain: list[AuditLine]) -> None:
    say(9)
    report = audit_report(anchor=anchor_of_the_chain())
    assert (report.faults, report.sealed, report.unsealed) == ([], 8, 1)
    assert seal_audit() == 1
    assert seal_audit() == 0
    assert list(AuditSeal.objects.order_by("sequence").values_list("sequence", flat=True)) == list(
        range(1, 10)
    )


@pytest.mark.parametrize("deed", ["UPDATE changqing_{} SET {} = 'x'", "DELETE FROM changqing_{}"])
@pytest.mark.parametrize(("table", "column"), [("auditline", "verb"), ("auditseal", "hash")])
def test_the_database_refuses_changes(deed: str, table: str, column: str, chain: list[AuditLine]) -> None:
    with (
        pytest.raises(ProgrammingError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(deed.format(table, column))
    assert AuditLine.objects.count() == 8


@pytest.mark.parametrize("table", ["auditline", "auditseal"])
def test_the_database_refuses_to_empty_the_audit(table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE changqing_{table} ENABLE TRIGGER never_emptied")
        with pytest.raises(ProgrammingError, match="append-only"), transaction.atomic():
            cursor.execute(f"TRUNCATE changqing_{table} CASCADE")


def test_a_changed_line_is_named(chain: list[AuditLine]) -> None:
    pk = chain[3].pk
    as_superuser(f"UPDATE changqing_auditline SET because = 'nothing' WHERE id = {pk}")
    assert faults() == [f"审计记录 {pk}（第 4 环）被改动。"]


def test_a_deleted_line_is_named(chain: list[AuditLine]) -> None:
    pk = chain[3].pk
    as_superuser(f"DELETE FROM changqing_auditline WHERE id = {pk}")
    assert faults() == [f"审计记录 {pk}（第 4 环）被删除。"]
    as_superuser("DELETE FROM changqing_auditseal WHERE sequence = 4")
    assert faults() == ["链条缺了第 4 到 4 环。", *faults()[1:]]
    assert len(faults()) == 2


def test_swapped_lines_are_named(chain: list[AuditLine]) -> None:
    one, two = chain[1].pk, chain[5].pk
    as_superuser(
        f"UPDATE changqing_auditline SET id = -1 WHERE id = {one}",
        f"UPDATE changqing_auditline SET id = {one} WHERE id = {two}",
        f"UPDATE changqing_auditline SET id = {two} WHERE id = -1",
    )
    assert faults() == [
        f"审计记录 {one}（第 2 环）与链条不符：被调换、插入或重写。",
        f"审计记录 {two}（第 6 环）与链条不符：被调换、插入或重写。",
    ]


def test_an_inserted_line_is_named_and_never_chained(chain: list[AuditLine]) -> None:
    columns = "at, principal, door, verb, subject_kind, subject_key, because, details"
    source = f"FROM changqing_auditline WHERE id = {chain[0].pk}"
    as_superuser(
        f"INSERT INTO changqing_auditline (id, {columns}, mac) SELECT 900001, {columns}, '' {source}",
        f"INSERT INTO changqing_auditline (id, {columns}, mac) SELECT 900002, {columns}, mac {source}",
    )
    seal_audit(all_of_them=True)
    assert "审计记录 900001 不是程序写的：被插入，或在入链之前被改动。" in faults()
    assert "审计记录 900002 是另一条记录的抄件。" in faults()


def test_a_cut_tail_is_found_by_the_anchor(chain: list[AuditLine]) -> None:
    anchor = anchor_of_the_chain()
    as_superuser(
        "DELETE FROM changqing_auditseal WHERE sequence > 5",
        f"DELETE FROM changqing_auditline WHERE id >= {chain[5].pk}",
    )
    assert faults() == []
    assert faults(anchor=anchor) == ["链条被截断：锚点说到第 8 环，现在只到第 5 环。"]


def test_a_chain_rewritten_with_the_stolen_key_is_found_by_the_anchor(chain: list[AuditLine]) -> None:
    anchor, key, before = anchor_of_the_chain(), settings.AUDIT_KEY, BEGINNING
    as_superuser(f"UPDATE changqing_auditline SET verb = 'praise' WHERE id = {chain[2].pk}")
    for place, line in enumerate(AuditLine.objects.order_by("pk"), start=1):
        words = words_of(line)
        mac = signed(key, words)
        before = linked(key, before=before, place=place, line=line.pk, words=words, mac=mac)
        as_superuser(
            f"UPDATE changqing_auditline SET mac = '{mac}' WHERE id = {line.pk}",
            f"UPDATE changqing_auditseal SET hash = '{before}' WHERE sequence = {place}",
        )
    assert faults() == []
    assert faults(anchor=anchor) == ["第 8 环与锚点不符：整条链被重写过。"]


def test_a_chain_rewritten_without_the_key_is_found_at_once(chain: list[AuditLine]) -> None:
    before = BEGINNING
    for place, line in enumerate(AuditLine.objects.order_by("pk"), start=1):
        words = {**words_of(line), "verb": "praise"}
        mac = signed("guessed", words)
        before = linked("guessed", before=before, place=place, line=line.pk, words=words, mac=mac)
        as_superuser(
            f"UPDATE changqing_auditline SET verb = 'praise', mac = '{mac}' WHERE id = {line.pk}",
            f"UPDATE changqing_auditseal SET hash = '{before}' WHERE sequence = {place}",
        )
    assert len(faults()) == 8


def test_lines_from_before_the_chain_found_it(db: None) -> None:
    line = AuditLine.objects.create(principal="operator", verb="old", subject_kind="x", subject_key="1")
    assert seal_audit() == 1
    assert AuditSeal.objects.get().founding
    assert faults() == []
    as_superuser(f"UPDATE changqing_auditline SET verb = 'new' WHERE id = {line.pk}")
    assert len(faults()) == 1


def test_what_the_database_keeps_is_what_was_signed(db: None) -> None:
    said = say(1)
    kept = AuditLine.objects.get(pk=said.pk)
    assert canonical(words_of(kept)) == canonical(words_of(said))


@pytest.mark.django_db(transaction=True)
def test_the_commands_verify_and_anchor(command: Callable[..., Any], tmp_path: Path) -> None:
    for number in range(3):
        say(number)
    file = tmp_path / "anchor.json"
    assert command("audit", "anchor", str(file)).code == 0
    assert json.loads(file.read_text())["sequence"] == 3
    done = command("audit", "verify", "--anchor", str(file), "--json")
    assert (done.code, json.loads(done.out)["faults"]) == (0, [])
    assert "say thing 2" in command("audit", "list", "--verb", "say").out
    with transaction.atomic():
        as_superuser(
            "UPDATE changqing_auditline SET verb = 'x' WHERE verb = 'say' AND subject_key = '1'",
            keeps_keys=True,
        )
    broken = command("audit", "verify", "--anchor", str(file))
    assert broken.code == 3
    assert "（第 2 环）被改动。" in broken.out
    assert command("audit", "verify", "--anchor", str(tmp_path / "none")).code == 1
