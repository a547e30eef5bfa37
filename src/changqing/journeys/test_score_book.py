"""A large book is ranked with its import and judged right after it, whoever dies in between."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from changqing.journeys import score_book
from changqing.journeys.prepare_book import prepare_book
from changqing.people.queries import User
from changqing.value.models import AccountStanding, BookFit
from changqing.value.queries import methods

HEADER = "订单号,行号,日期,客户编码,客户名称,产品,数量,单价,未税金额,成本\n"
ORDERS = HEADER + "".join(
    f"S{at}-{month},1,2026-{month:02}-0{at},K{at},客户{at},P1,1,{money},{money},{money / 2}\n"
    for at, money in enumerate((900, 400, 100), 1)
    for month in range(1, 7)
)


@pytest.fixture
def large(command: Callable[..., Any], transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A command on an empty book for which three accounts are many; its JSON where asked for."""
    prepare_book()
    monkeypatch.setattr(methods, "MOST_JUDGED_AT_ONCE", 2)

    def run(*words: object) -> Any:
        ran = command(*words)
        assert ran.code == 0, ran.err or ran.out
        return json.loads(ran.out) if "--json" in words else ran.out

    return run


def owed() -> list[str]:
    """The jobs that wait to judge the book."""
    return list(ProcrastinateJob.objects.filter(task_name="book:judge").values_list("status", flat=True))


def worth_page() -> str:
    gao = User.objects.filter(username="gao").first() or User.objects.create_user(
        "gao", None, full_name="高建国", role="executive"
    )
    client = Client()
    client.force_login(gao)
    return client.get("/portfolio/?part=worth").content.decode()


def judged() -> dict[str, Any]:
    """What was found of each account, beside when."""
    names = ("account__key", "tier", "matrix", "score", "settled", "as_of")
    return {row[0]: row[1:] for row in AccountStanding.objects.filter(is_current=True).values_list(*names)}


def test_a_large_book_is_judged_right_after_its_import(
    large: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "orders.csv"
    file.write_text(ORDERS, encoding="utf-8")
    entry = large("import", "orders", file, "--json")
    assert entry["report"]["came"] == 18
    apart, told = judged(), large("portfolio", "--json", "--period", "all")
    assert (sorted(apart), told["revenue"], owed()) == (["K1", "K2", "K3"], 8400.0, ["todo"])
    # what the queue then finds is done, and nothing is done twice
    assert score_book.judge_what_is_owed() is False
    assert BookFit.objects.count() == 1
    # a book of the usual size says the same, in one transaction
    large("imports", "undo", entry["number"])
    BookFit.objects.update(in_force=False)
    monkeypatch.setattr(methods, "MOST_JUDGED_AT_ONCE", 20_000)
    large("imports", "redo", entry["number"])
    assert (judged(), large("portfolio", "--json", "--period", "all")["tiers"]) == (apart, told["tiers"])
    assert len(owed()) == 1


def test_who_dies_before_judging_leaves_ranks_and_a_job(
    large: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "orders.csv"
    file.write_text(ORDERS, encoding="utf-8")

    def dies(**_named: object) -> None:
        raise MemoryError("no room")

    with monkeypatch.context() as broken:
        broken.setattr(score_book, "fit_the_book", dies)
        entry = large("import", "orders", file, "--json")
    assert (entry["state"], entry["report"]["came"]) == ("in_force", 18)
    assert large("portfolio", "--json", "--period", "all")["accounts_to_80"] == 2
    assert (judged(), owed()) == ({}, ["todo"])
    assert "正在评定" in worth_page()
    # the queue comes
    assert score_book.judge_what_is_owed() is True
    assert sorted(judged()) == ["K1", "K2", "K3"]
    assert "正在评定" not in worth_page()
