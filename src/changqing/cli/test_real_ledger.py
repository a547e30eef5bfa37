"""A real reseller ledger, brought in with no mapping given by hand, and what the console says of it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

FACTS: dict[str, Any] = {
    "accounts": 701,
    "buying_accounts": 632,
    "orders": 3616,
    "lines": 57851,
    "revenue": 77548570.20,
    "margin": 999494.57,
    "top20_accounts": 126,
    "accounts_to_80": 184,
    "loss_making": 324,
    "whale_peak": 2674728.67,
    "as_of": "2020-05-31",
    "period": "all",
}


def ledger() -> Path:
    """The folder of the ledger; skipped, saying so, where it does not lie beside the checkout."""
    beside = Path(__file__).resolve().parents[3].parent / "shared"
    folder = Path(os.environ.get("CHANGQING_SHARED", beside)) / "data" / "adventureworks-resellers"
    if not folder.is_dir():
        pytest.skip("the AdventureWorks reseller ledger is not beside this checkout")
    return folder


@pytest.fixture
def say(command: Callable[..., Any], transactional_db: None) -> Callable[..., Any]:
    """A command on an empty book; its JSON when it was asked for, else its words."""

    def run(*words: object) -> Any:
        ran = command(*words)
        assert ran.code == 0, ran.err
        return json.loads(ran.out) if "--json" in words else ran.out

    return run


def bring_all(say: Callable[..., Any]) -> dict[str, Any]:
    folder = ledger()
    say("import", "accounts", folder / "resellers.csv")
    say("import", "products", folder / "products.csv")
    report: dict[str, Any] = say("import", "orders", folder / "order_lines.csv", "--json")
    return report


@pytest.mark.row("SEG-05", shows="184 accounts make 80 % of the real ledger, the best 20 % hold 67.2 %")
@pytest.mark.row("SEG-06", shows="A 126, B 190 and C 316 accounts hold 67.16, 28.22 and 4.62 % of revenue")
@pytest.mark.row(
    "SEG-27", shows="HHI of the real ledger is .004607 by account; by industry and family it is told"
)
def test_the_real_ledger_gives_its_known_figures(say: Callable[..., Any]) -> None:
    entry = bring_all(say)
    assert (entry["report"]["came"], entry["report"]["refused"]) == (57851, 0)
    said = say("portfolio", "--json", "--period", "all")
    assert {name: said[name] for name in FACTS} == FACTS
    assert (round(said["top20_share"], 3), round(said["gini"], 4)) == (0.672, 0.659)
    assert round(said["hhi"], 6) == 0.004607
    assert said["hhi_industry"] > 0
    assert said["hhi_family"] > 0
    classes = {name: (one["accounts"], round(one["share"], 4)) for name, one in said["abc"].items()}
    assert classes == {"A": (126, 0.6716), "B": (190, 0.2822), "C": (316, 0.0462)}
    assert say("check") != ""


def test_the_same_file_again_changes_nothing_and_undo_brings_every_figure_back(
    say: Callable[..., Any],
) -> None:
    bring_all(say)
    before = say("portfolio", "--json", "--period", "all")
    again = say("import", "orders", ledger() / "order_lines.csv", "--json")
    told = again["report"]
    assert (told["came"], told["changed"], told["went"], told["same"]) == (0, 0, 0, 57851)
    assert say("portfolio", "--json", "--period", "all") == before
    say("imports", "undo", again["number"])
    assert say("portfolio", "--json", "--period", "all") == before
    say("imports", "undo", again["number"] - 1)
    emptied = say("portfolio", "--json", "--period", "all")
    assert (emptied["accounts"], emptied["lines"], emptied["revenue"]) == (701, 0, 0.0)
    past_ones = say("portfolio", "--json", "--period", "all", "--history")["history"]
    marked = [past["undone_imports"] for past in past_ones]
    assert marked == [[again["number"] - 1]], "the judgement made meanwhile stays, marked"
    say("imports", "redo", again["number"] - 1)
    assert say("portfolio", "--json", "--period", "all") == before


def test_one_account_of_the_real_ledger(say: Callable[..., Any]) -> None:
    bring_all(say)
    said = say("account", "697", "--json")
    assert said["name"] == "Brakes and Gears"
    assert said["key"] == "697"
