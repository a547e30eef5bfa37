"""A file of accounts leaves every rank where it is; how many accounts there are is told anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from changqing.accounts.models import Account
from changqing.ledger.models import Segment
from changqing.ledger.segments import at
from changqing.people.permissions import operator
from changqing.value.actions import rank_the_book
from changqing.value.models import AccountRank, Ranking, RankOrder

ORDERS = """订单号,行号,日期,客户编码,客户名称,产品,数量,单价,未税金额,成本
S1,1,2024-01-05,K1,甲厂,P1,2,50,100,60
S2,1,2026-01-06,K2,乙厂,P1,1,70,70,40
S3,1,2026-02-07,K3,丙厂,P2,1,70,70,
"""
ACCOUNTS = "客户编码,客户名称,行业\n"


@pytest.fixture
def bring(command: Callable[..., Any], transactional_db: None, tmp_path: Path) -> Callable[..., None]:
    def run(kind: str, text: str) -> None:
        file = tmp_path / f"{kind}.csv"
        file.write_text(text, encoding="utf-8")
        ran = command("import", kind, file)
        assert ran.code == 0, ran.err

    return run


def ranked() -> list[Any]:
    """Everything that the current rankings say, and by which imports."""
    names = ("period", "from_day", "as_of", "method", "inputs", "results")
    sums = ("period", "account__key", "revenue", "tie", "margin", "orders", "lines", "band")
    order = ("ranking__period", "accounts", "shares", "digests", "edges")
    return [
        list(Ranking.objects.filter(is_current=True).order_by("period").values_list(*names)),
        list(AccountRank.objects.order_by("period", "account__key").values_list(*sums)),
        [
            tuple(bytes(each) if isinstance(each, memoryview) else each for each in row)
            for row in RankOrder.objects.order_by("ranking__period").values_list(*order)
        ],
    ]


def ranked_anew() -> list[Any]:
    rank_the_book(by=operator(because="a test"))
    return ranked()


def test_it_is_what_ranking_the_book_would_say(
    bring: Callable[..., None], command: Callable[..., Any]
) -> None:
    """New accounts, none with a line; a file that says of a buyer what moves no sum; both undone, redone."""
    bring("orders", ORDERS)
    assert ranked() == ranked_anew()
    lines = at(Segment.objects.get(owner__kind="orders", holds=Segment.Holds.LINES).path)
    aside = lines.with_suffix(".aside")
    # no order line can be read, and none is asked for
    lines.rename(aside)
    bring("accounts", f"{ACCOUNTS}N1,丁厂,钢铁\nN2,戊厂,\n")
    aside.rename(lines)
    told = ranked()
    assert [row[5]["accounts"] for row in told[0]] == [5, 5, 5]
    assert [row[4]["imports"] for row in told[0]] == [[1, 2]] * 3
    assert told == ranked_anew()
    bring("accounts", f"{ACCOUNTS}K1,甲厂（新）,\nN2,己厂,\n")
    assert ranked() == ranked_anew()
    for verb in ("undo", "redo"):
        for number in ("2", "3"):
            assert command("imports", verb, number).code == 0
            assert ranked() == ranked_anew()


def test_buyers_that_an_account_file_named_first_keep_their_ranks(
    bring: Callable[..., None], command: Callable[..., Any]
) -> None:
    """Undone, it takes away what it said of them, not their orders; without orders nobody is ranked."""
    bring("accounts", f"{ACCOUNTS}K1,甲厂,\nK2,乙厂,钢铁\nK9,壬厂,\n")
    bring("orders", ORDERS)
    bring("accounts", f"{ACCOUNTS}K3,丙厂,\nK2,乙厂,水泥\n")
    assert ranked() == ranked_anew()
    for step in ("undo 1", "undo 3", "redo 1", "undo 2", "undo 1", "redo 2", "redo 3", "redo 1"):
        assert command("imports", *step.split()).code == 0
        assert ranked() == ranked_anew(), step


def test_an_industry_that_a_file_or_a_person_sets_is_ranked_by(bring: Callable[..., None]) -> None:
    bring("orders", ORDERS)
    bring("accounts", f"{ACCOUNTS}K1,甲厂,钢铁\n")
    told = ranked()
    assert [row[4]["industries"].get("钢铁") for row in told[0]] == [None, "100.0000", "100.0000"]
    assert told == ranked_anew()
    # a person's word comes with the next file, whatever that speaks of
    Account.objects.filter(key="K2").update(industry="水泥")
    bring("accounts", f"{ACCOUNTS}N1,丁厂,钢铁\n")
    told = ranked()
    assert [row[4]["industries"].get("水泥") for row in told[0]] == ["70.0000"] * 3
    assert told == ranked_anew()


def test_a_book_of_accounts_alone_is_ranked_and_goes_on(bring: Callable[..., None]) -> None:
    bring("accounts", f"{ACCOUNTS}N1,丁厂,钢铁\n")
    assert [row[5]["accounts"] for row in ranked()[0]] == [1, 1, 1]
    bring("accounts", f"{ACCOUNTS}N2,戊厂,\n")
    told = ranked()
    assert [row[5]["accounts"] for row in told[0]] == [2, 2, 2]
    assert told == ranked_anew()
