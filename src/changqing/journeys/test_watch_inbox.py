"""What lies in the watched folder is in the book once and whole, or it is told why not; whatever dies."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from changqing.accounts.queries import Account
from changqing.journeys import import_ledger, watch_inbox
from changqing.journeys.watch_inbox import STABLE, trouble, watch
from changqing.ledger.models import Import, InboxFile
from changqing.machine.environment import SettingsError
from changqing.machine.store import env_place

pytestmark = pytest.mark.django_db(transaction=True)

ORDERS = "订单号,行号,日期,客户编码,产品,数量,未税金额,成本\nS1,1,2026-01-05,K1,P1,1,100,60\n"
NIGHT = datetime(2026, 2, 1, 2, 0, tzinfo=UTC)


@pytest.fixture
def inbox(book: None, tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "inbox"
    folder.mkdir()
    with override_settings(INBOX=folder):
        yield folder


def drop(folder: Path, name: str, text: str, *, at: datetime = NIGHT) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    os.utime(path, (at.timestamp(), at.timestamp()))
    return path


def later(seconds: float) -> datetime:
    return NIGHT + timedelta(seconds=seconds)


def run_all() -> None:
    for entry in Import.objects.filter(state__in=["waiting", "running"]).order_by("pk"):
        import_ledger.run(entry.pk)


def lies(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_night_of_drops(inbox: Path) -> None:
    """One that says itself what it is, one by its folder, one that nobody can read."""
    drop(inbox, "orders.csv", ORDERS)
    drop(inbox, "branch/accounts/kh.csv", "编码,名称\nK9,海川石化\n")
    drop(inbox, "what.csv", "甲,乙\n1,2\n")
    watch(now=later(1))
    watch(now=later(9))
    assert Import.objects.count() == 0
    watch(now=later(12))
    assert set(Import.objects.values_list("kind", "source__code")) == {
        ("orders", "erp"),
        ("accounts", "branch"),
    }
    run_all()
    watch(now=later(20))
    orders, accounts = (Import.objects.get(kind=kind).pk for kind in ("orders", "accounts"))
    (wrong,) = InboxFile.objects.filter(state="failed")
    stamp = int(NIGHT.timestamp())
    assert lies(inbox) == sorted(
        [
            f"done/branch/accounts/{accounts}-kh.csv",
            f"done/branch/accounts/{accounts}-kh.csv.report.json",
            f"done/{orders}-orders.csv",
            f"done/{orders}-orders.csv.report.json",
            f"failed/{wrong.pk}-{stamp}-what.csv",
            f"failed/{wrong.pk}-{stamp}-what.csv.report.json",
        ]
    )
    told = json.loads((inbox / f"done/{orders}-orders.csv.report.json").read_text("utf-8"))
    assert (told["file"], told["error"], told["report"]["came"]) == ("orders.csv", "", 1)
    assert set(Account.objects.values_list("key", flat=True)) == {"K1", "branch:K9"}


def test_a_half_copied_file_is_never_taken(inbox: Path) -> None:
    """It grows between the looks; a name that says it is half is not even looked at."""
    drop(inbox, "orders.csv.part", ORDERS)
    drop(inbox, "~$orders.xlsx", "x")
    for step in range(5):
        drop(inbox, "orders.csv", ORDERS[: 40 + step], at=later(8 * step))
        watch(now=later(8 * step + 1))
    assert Import.objects.count() == 0
    drop(inbox, "orders.csv", ORDERS, at=later(40))
    watch(now=later(41))
    watch(now=later(41) + STABLE)
    assert Import.objects.count() == 1


@pytest.mark.parametrize("point", ["inbox-taken", "inbox-moved"])
def test_a_death_leaves_nothing_half_and_nothing_twice(inbox: Path, point: str, monkeypatch: Any) -> None:
    class Death(BaseException):
        """Nothing catches it, as nothing catches a kill."""

    def die(here: str) -> None:
        if here == point:
            raise Death

    drop(inbox, "orders.csv", ORDERS)
    watch(now=later(1))

    def night() -> None:
        watch(now=later(12))
        run_all()
        watch(now=later(20))

    with monkeypatch.context() as dying:
        dying.setattr(watch_inbox, "reach", die)
        with pytest.raises(Death):
            night()
    night()
    watch(now=later(40))
    assert list(Import.objects.values_list("state", flat=True)) == ["in_force"]
    assert InboxFile.objects.get().state == "done"
    assert len(lies(inbox)) == 2


def test_the_same_name_the_next_night_is_another_file(inbox: Path) -> None:
    for night in range(2):
        at = later(86_400 * night)
        drop(inbox, "orders.csv", ORDERS.replace("100", str(100 + night)), at=at)
        for seconds in (1, 12):
            watch(now=at + timedelta(seconds=seconds))
        run_all()
        watch(now=at + timedelta(seconds=20))
    assert Import.objects.filter(state="in_force").count() == 2
    assert len([name for name in lies(inbox) if name.endswith("-orders.csv")]) == 2


def test_refused_rows_lie_beside_the_file(inbox: Path) -> None:
    drop(inbox, "orders/x.csv", ORDERS + "S2,1,不是日期,K1,P1,1,1,1\n")
    watch(now=later(1))
    watch(now=later(12))
    run_all()
    watch(now=later(20))
    assert [name for name in lies(inbox) if ".refused" in name] != []


def test_a_file_that_is_too_large_is_told(inbox: Path) -> None:
    drop(inbox, "orders/x.csv", ORDERS + "x" * (1 << 20))
    with override_settings(MOST_INBOX_MB=1):
        watch(now=later(1))
        watch(now=later(12))
    assert "超过 1 MB" in InboxFile.objects.get().error and Import.objects.count() == 0


def test_a_failed_import_is_told(inbox: Path) -> None:
    drop(inbox, "orders/x.csv", "订单号,日期\nS1,2026-01-05\n")
    watch(now=later(1))
    watch(now=later(12))
    run_all()
    watch(now=later(20))
    row = InboxFile.objects.get()
    assert row.state == "failed" and row.error == Import.objects.get().error != ""


def test_a_folder_that_is_not_there_is_told(inbox: Path, tmp_path: Path) -> None:
    assert trouble() == ""
    with override_settings(INBOX=tmp_path / "gone"):
        watch()
        assert "没有在看" in trouble()


def test_only_absolute_folders_and_stores_are_watched_and_the_setting_says_so(monkeypatch: Any) -> None:
    for value in ("relative/folder", "https://bucket/drops", "file:///srv/drops"):
        monkeypatch.setenv("CHANGQING_INBOX", value)
        with pytest.raises(SettingsError):
            env_place("CHANGQING_INBOX")
    monkeypatch.setenv("CHANGQING_INBOX", "/srv/drops")
    assert env_place("CHANGQING_INBOX") == Path("/srv/drops")
    monkeypatch.delenv("CHANGQING_INBOX")
    assert env_place("CHANGQING_INBOX") is None
