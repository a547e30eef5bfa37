"""A backup is whole or says where it is not; restored elsewhere it is the same book and its audit goes on."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from changqing.accounts.actions import add_contact
from changqing.base.refused import Refused
from changqing.journeys.import_ledger import bring_in
from changqing.journeys.keep_book import STORES, _url, back_up, restore, verify_backup
from changqing.journeys.prepare_book import prepare_book
from changqing.machine.dump import passing_database
from changqing.people.permissions import Operator
from told_once import ToldOnce

pytestmark = pytest.mark.django_db(transaction=True)

ORDERS = """订单号,行号,日期,客户编码,产品编码,数量,未税金额,未税成本
A1,1,2025-01-05,K1,P1,2,1000.50,700
A2,1,2025-02-05,K2,P1,1,500.25,300
"""


@pytest.fixture(autouse=True)
def in_chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHANGQING_LANG", "zh")


@pytest.fixture
def backup(by: Operator, tmp_path: Path, told_once: ToldOnce) -> Path:
    """A small book, backed up; of what earlier tests left on the disk nothing is in it."""
    for store in STORES:
        shutil.rmtree(Path(settings.FOLDER.path) / store, ignore_errors=True)
    orders = tmp_path / "orders.csv"
    orders.write_text(ORDERS, encoding="utf-8")

    def come() -> None:
        prepare_book()
        bring_in(by=by, kind="orders", path=orders)
        add_contact(by=by, account="K1", person="王伟", title="科长")

    told_once(come)
    back_up(by=by, to=tmp_path / "book.tar")
    return tmp_path / "book.tar"


def flipped(source: Path, at: int) -> Path:
    """A copy in which one bit of the byte ``at`` is another."""
    copy = source.with_name("flipped.tar")
    shutil.copy(source, copy)
    with copy.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 0x10]))
    return copy


def test_a_changed_byte_is_found_wherever_it_is(
    backup: Path, by: Operator, command: Callable[..., Any]
) -> None:
    with tarfile.open(backup) as tar:
        members = tar.getmembers()
    names = [each.name for each in members]
    assert names[:3] == ["manifest.json", "manifest.sig", "database.dump"]
    assert {name.split("/")[0] for name in names[3:]} == {"ledger", "uploads"}
    tried = 0
    for member in members:
        end = member.offset_data + member.size
        places = {member.offset + 3, member.offset + 150, member.offset_data, end - 1}
        places |= {end} if end % 512 else set()
        for at in sorted(places):
            assert verify_backup(by=by, source=flipped(backup, at)), (member.name, at)
            tried += 1
    for at in (backup.stat().st_size - 1, backup.stat().st_size - 700):
        assert verify_backup(by=by, source=flipped(backup, at))
    assert tried >= 20
    segment = next(each for each in members if each.name.startswith("ledger/"))
    told = command("backup", "verify", str(flipped(backup, segment.offset_data + 9)))
    assert (told.code, told.out.strip()) == (3, f"备份里的 {segment.name} 被改动。")


def test_a_cut_or_foreign_file_is_no_backup(backup: Path, by: Operator, tmp_path: Path) -> None:
    cut = tmp_path / "cut.tar"
    cut.write_bytes(backup.read_bytes()[:-2000])
    assert verify_backup(by=by, source=cut)
    other = tmp_path / "other.tar"
    with tarfile.open(other, "w") as tar:
        tar.add(tmp_path / "orders.csv", "manifest.json")
    assert verify_backup(by=by, source=other)
    with pytest.raises(Refused, match="读不了备份"):
        verify_backup(by=by, source=tmp_path / "none.tar")


def test_a_manifest_rewritten_to_fit_lacks_the_signature(backup: Path, by: Operator, tmp_path: Path) -> None:
    from changqing.base.parcel import pack

    with tarfile.open(backup) as tar:
        tar.extractall(tmp_path / "out", filter="data")
    about = json.loads((tmp_path / "out" / "manifest.json").read_text())
    names = about.pop("files")
    (tmp_path / "out" / "database.dump").write_bytes(b"forged")
    forged = tmp_path / "forged.tar"
    pack(forged, parts={name: tmp_path / "out" / name for name in names}, about=about, key="guessed")
    assert verify_backup(by=by, source=forged) == [
        "清单 manifest.json 的签名不符：清单被改动，或由另一把密钥签署。"
    ]


def test_another_books_keys_are_a_clear_sentence(
    backup: Path, by: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "AUDIT_KEY", "another")
    (told,) = verify_backup(by=by, source=backup)
    assert "另一套密钥" in told
    assert "secrets" in told


def test_a_book_is_never_restored_over_another(backup: Path) -> None:
    with pytest.raises(Refused, match="已有账本"):
        restore(source=backup)


def test_a_backup_file_is_never_overwritten(backup: Path, by: Operator) -> None:
    with pytest.raises(Refused, match="已经存在"):
        back_up(by=by, to=backup)


def run(url: str, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    keys = {"CHANGQING_SECRET_KEY": settings.SECRET_KEY, "CHANGQING_AUDIT_KEY": settings.AUDIT_KEY}
    return subprocess.run(
        [sys.executable, "-m", "changqing", *words],
        env=os.environ | keys | {"DATABASE_URL": url, "CHANGQING_DATA": str(folder), "CHANGQING_LANG": "zh"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_drill_restores_the_same_book_and_the_audit_goes_on(
    backup: Path, by: Operator, command: Callable[..., Any], tmp_path: Path
) -> None:
    assert verify_backup(by=by, source=backup) == []
    before = json.loads(command("portfolio", "--json").out)
    with passing_database(_url()) as url:
        done = run(url, tmp_path / "elsewhere", "restore", str(backup))
        assert (done.returncode, done.stdout.strip()) == (0, "已恢复，账本完好。"), done.stderr
        assert json.loads(run(url, tmp_path / "elsewhere", "portfolio", "--json").stdout) == before
        verified = json.loads(run(url, tmp_path / "elsewhere", "audit", "verify", "--json").stdout)
        listed = run(url, tmp_path / "elsewhere", "audit", "list").stdout
        again = run(url, tmp_path / "elsewhere", "restore", str(backup))
    assert (verified["faults"], verified["sealed"] >= 4) == ([], True)
    assert [line.split(maxsplit=5)[5] for line in listed.splitlines()[:2]] == [
        "verify the audit audit " + str(verified["sealed"]) + " the command line",
        "restore book book.tar restore",
    ]
    assert (again.returncode, "已有账本" in again.stderr) == (1, True)
