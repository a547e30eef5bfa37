"""Every example in docs/engine prints what the page says."""

from __future__ import annotations

import doctest
from importlib.util import find_spec
from pathlib import Path

import pytest

PAGES = sorted((Path(__file__).parents[3] / "docs" / "engine").glob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_examples_print_what_the_page_says(page: Path) -> None:
    if "lifetimes" in page.read_text("utf-8") and find_spec("lifetimes") is None:
        pytest.skip("the published data are in the package lifetimes, which is not installed")
    found = doctest.testfile(str(page), module_relative=False, encoding="utf-8")
    assert found.failed == 0


def test_each_module_of_a_model_has_a_page() -> None:
    modules = {"bgnbd", "mbgnbd", "pareto_nbd", "bgbb", "gamma_gamma", "sbg", "profit", "rhythm", "drift"}
    modules |= {"mbgcnbd", "choice", "backtest", "segments", "retention", "winback", "forecast", "judgement"}
    assert {page.stem.replace("-", "_") for page in PAGES} >= modules
