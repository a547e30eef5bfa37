"""Files from hand to book: faulty rows go back and come again, customers are matched, orders stay whole."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from changqing.accounts.models import Account
from changqing.journeys import import_ledger
from changqing.journeys.prepare_book import prepare_book
from changqing.ledger import loading
from changqing.people.permissions import operator
from changqing.records.models import AuditLine

HEADER = "订单号,行号,日期,客户编码,客户名称,产品,数量,单价,未税金额,成本\n"


@pytest.fixture
def say(command: Callable[..., Any], transactional_db: None) -> Callable[..., Any]:
    """A command on an empty book; its JSON when it was asked for, else what it left."""

    def run(*words: object, code: int = 0) -> Any:
        ran = command(*words)
        assert ran.code == code, ran.err or ran.out
        return json.loads(ran.out) if "--json" in words and not code else ran

    return run


def write(path: Path, *rows: str, encoding: str = "utf-8") -> Path:
    path.write_bytes((HEADER + "".join(f"{row}\n" for row in rows)).encode(encoding))
    return path


def revenue(say: Callable[..., Any]) -> float:
    return float(say("portfolio", "--json", "--period", "all")["revenue"])


def test_faulty_rows_go_back_in_their_format_and_come_again_mended(
    say: Callable[..., Any], tmp_path: Path
) -> None:
    file = write(
        tmp_path / "orders.csv",
        "S1,1,2026-01-05,K1,金陵特钢,P1,2,50,100,60",
        "S1,2,2026-01-05,K1,金陵特钢,P2,1,70,七十,40",
        "S2,1,2026-13-40,K2,东岭矿业,P1,1,50,50,30",
        "S3,1,2026-02-01,K2,东岭矿业,P1,3,50,150,90",
        encoding="gb18030",
    )
    entry = say("import", "orders", file, "--json")
    assert (entry["report"]["came"], entry["report"]["refused"], revenue(say)) == (2, 2, 250.0)
    back = tmp_path / "refused.csv"
    say("imports", "refused", entry["id"], back)
    rows = list(csv.reader(back.read_text(encoding="gb18030").splitlines()))
    assert rows[0][-2:] == ["原文件行号", "拒绝原因"]
    assert [(row[0], row[-2]) for row in rows[1:]] == [("S1", "3"), ("S2", "4")]
    assert "七十" in rows[1][-1]
    assert "2026-13-40" in rows[2][-1]
    mended = back.read_text(encoding="gb18030").replace(",七十,", ",70,").replace("2026-13-40", "2026-01-12")
    back.write_bytes(mended.encode("gb18030"))
    again = say("import", "orders", back, "--json")
    assert (again["meaning"], again["report"]["came"], again["report"]["went"]) == ("lines", 2, 0)
    assert revenue(say) == 370.0
    assert say("check").code == 0


def test_an_order_with_a_refused_row_keeps_its_older_lines(say: Callable[..., Any], tmp_path: Path) -> None:
    first = write(
        tmp_path / "a.csv",
        "S1,1,2026-01-05,K1,金陵特钢,P1,2,50,100,60",
        "S1,2,2026-01-05,K1,金陵特钢,P2,1,70,70,40",
        "S2,1,2026-01-06,K1,金陵特钢,P1,1,50,50,30",
        "S2,2,2026-01-06,K1,金陵特钢,P2,1,70,70,40",
    )
    newer = write(
        tmp_path / "b.csv",
        "S1,1,2026-01-05,K1,金陵特钢,P1,2,50,100,60",
        "S1,2,2026-01-05,K1,金陵特钢,P2,1,70,七十,40",
        "S2,1,2026-01-06,K1,金陵特钢,P1,1,50,50,30",
    )
    say("import", "orders", first)
    told = say("import", "orders", newer, "--json")["report"]
    assert (told["same"], told["went"], told["refused"]) == (2, 1, 1)
    assert revenue(say) == 220.0


def test_the_whole_book_of_a_period_replaces_what_lies_in_it_and_refuses_what_lies_outside(
    say: Callable[..., Any], tmp_path: Path
) -> None:
    say(
        "import",
        "orders",
        write(
            tmp_path / "a.csv",
            "S1,1,2026-01-05,K1,金陵特钢,P1,2,50,100,60",
            "S2,1,2026-02-05,K1,金陵特钢,P1,1,70,70,40",
        ),
    )
    period = ("--meaning", "period", "--from", "2026-02-01", "--to", "2026-02-28")
    file = write(
        tmp_path / "b.csv",
        "S3,1,2026-02-07,K2,东岭矿业,P1,1,30,30,20",
        "S4,1,2026-03-01,K2,东岭矿业,P1,1,99,99,20",
    )
    told = say("import", "orders", file, *period, "--json")["report"]
    assert (told["came"], told["went"], told["refused"]) == (1, 1, 1)
    assert revenue(say) == 130.0


def test_unknown_customers_are_matched_by_name_or_refused_when_asked(
    say: Callable[..., Any], tmp_path: Path
) -> None:
    say("import", "orders", write(tmp_path / "a.csv", "S1,1,2026-01-05,K1,金陵特钢（集团）,P1,2,50,100,60"))
    file = write(
        tmp_path / "b.csv",
        "T1,1,2026-01-07,9001,金陵特钢(集团),P1,1,30,30,20",
        "T2,1,2026-01-08,9002,华曜风电,P1,1,40,40,20",
    )
    told = say("import", "orders", file, "--source", "crm", "--unknown", "match", "--json")["report"]
    assert (told["came"], told["refused"], told["accounts_made"]) == (1, 1, 0)
    assert say("account", "K1", "--json")["totals"]["revenue"] == 130.0
    assert say("import", "orders", file, "--source", "oa", "--unknown", "refuse", code=1).err
    assert Account.objects.count() == 1


def test_a_customer_is_matched_anew_and_its_money_moves(say: Callable[..., Any], tmp_path: Path) -> None:
    file = write(
        tmp_path / "a.csv",
        "S1,1,2026-01-05,K1,金陵特钢,P1,2,50,100,60",
        "S2,1,2026-01-06,K2,金陵特钢二厂,P1,1,50,50,30",
    )
    say("import", "orders", file)
    say("match", "K2", "K1")
    assert say("account", "K1", "--json")["totals"]["revenue"] == 150.0
    assert revenue(say) == 150.0


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"PK\x03\x04 not a workbook", "orders.csv"),
        ("姓名,电话\n张三,1\n".encode(), "金额"),
        (HEADER.encode(), "没有"),
    ],
)
def test_a_file_that_is_none_is_refused_in_a_sentence_and_the_book_is_untouched(
    say: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, told: str
) -> None:
    monkeypatch.setenv("CHANGQING_LANG", "zh")
    file = tmp_path / "orders.csv"
    file.write_bytes(content)
    ran = say("import", "orders", file, code=1)
    assert told in ran.err
    assert say("portfolio", "--json")["lines"] == 0
    assert say("check").code == 0


def test_who_may_not_bring_in_is_told_and_nothing_is_kept(say: Callable[..., Any], tmp_path: Path) -> None:
    from changqing.people.actions import add_user

    add_user(
        by=operator(because="a test"),
        username="lin",
        full_name="Lin",
        password="tree-ring-2026",
        role="manager",
    )
    file = write(tmp_path / "a.csv", "S1,1,2026-01-05,K1,金陵特钢,P1,2,50,100,60")
    ran = say("--as", "lin", "import", "orders", file, code=1)
    assert ran.err
    assert not AuditLine.objects.filter(verb="hand in").exists()


def test_amounts_with_tax_alone_need_a_rate_which_is_asked_for_and_remembered(
    say: Callable[..., Any], tmp_path: Path
) -> None:
    file = tmp_path / "gross.csv"
    file.write_text("订单号,行号,日期,客户编码,价税合计\nS1,1,2026-01-05,K1,113\n", encoding="utf-8")
    assert say("import", "orders", file, code=1).err
    say("import", "orders", file, "--tax-rate", "0.13")
    assert revenue(say) == 100.0
    file.write_text("订单号,行号,日期,客户编码,价税合计\nS2,1,2026-01-06,K1,226\n", encoding="utf-8")
    say("import", "orders", file)
    assert revenue(say) == 300.0


def test_an_import_that_somebody_is_at_is_left_alone_and_taken_up_when_they_are_gone(
    transactional_db: None, book: None, tmp_path: Path
) -> None:
    file = write(tmp_path / "a.csv", "S1,1,2026-01-05,K1,金陵特钢,P1,2,50,100,60")
    entry = import_ledger.hand_in(by=operator(because="a test"), kind="orders", path=file)
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, %s)", [import_ledger.IMPORT_LOCK, entry.pk])
        with pytest.raises(import_ledger.Busy):
            import_ledger.run(entry.pk)
        # as PostgreSQL does when the connection of who died is gone
        cursor.execute("SELECT pg_advisory_unlock_all()")
    other.close()
    import_ledger.run_or_wait(entry.pk)
    entry.refresh_from_db()
    assert entry.state == "in_force"


def test_a_book_with_lines_is_not_opened_in_another_currency(
    say: Callable[..., Any], tmp_path: Path, settings: Any
) -> None:
    settings.BOOK_CURRENCY = "EUR"
    prepare_book()
    settings.BOOK_CURRENCY = "CNY"
    say("import", "orders", write(tmp_path / "a.csv", "A1,1,2024-01-05,K1,甲,P,2,10,20,12"))
    before = say("portfolio", "--json", "--period", "all")
    settings.BOOK_CURRENCY = "USD"
    refused = say("check", code=1)
    assert "CNY" in refused.err and "CHANGQING_CURRENCY=USD" in refused.err
    settings.BOOK_CURRENCY = "CNY"
    assert say("portfolio", "--json", "--period", "all") == before


def test_a_disk_that_fills_up_while_sums_are_written_is_told_and_the_file_kept(
    say: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    say("import", "orders", write(tmp_path / "a.csv", "S1,1,2026-01-05,K1,金陵特钢,P1,2,50,100,60"))
    more = write(tmp_path / "b.csv", "S2,1,2026-01-06,K2,东岭矿业,P1,2,50,100,60")
    with monkeypatch.context() as full:
        written = loading._write
        full.setattr(loading, "_write", lambda ducks, what, _: written(ducks, what, Path("/dev/full")))
        told = say("import", "orders", more, code=1)
    assert told.err.startswith("The disk is full; the book is unchanged. The file is kept")
    assert (revenue(say), say("check").code) == (100.0, 0)
    # the same file, once there is space again
    say("import", "orders", more)
    assert (revenue(say), say("check").code) == (200.0, 0)
