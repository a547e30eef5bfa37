"""Every example in docs/engine prints what the page says."""

from __future__ import annotations

import doctest
import re
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from changqing.engine.bgbb import BgBb
from changqing.engine.bgnbd import BgNbd
from changqing.engine.gamma_gamma import GammaGamma
from changqing.engine.mbgnbd import MbgNbd
from changqing.engine.pareto_nbd import ParetoNbd
from changqing.engine.sbg import Sbg

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


def test_the_comparison_sends_readers_to_names_that_exist() -> None:
    page = next(page for page in PAGES if page.stem == "comparison").read_text("utf-8")
    rows = [row.split("|")[1:-1] for row in page.splitlines() if row.startswith("| `")]
    cells = " ".join(row[2] if row[0].startswith((" `clv", " `.expected_p")) else row[1] for row in rows)
    modules = re.findall(r"`(orders|plots)\.(\w+)", cells)
    assert {module for module, _ in modules} == {"orders", "plots"}
    models = (BgNbd, BgBb, GammaGamma, MbgNbd, ParetoNbd, Sbg)
    assert set(re.findall(r"`([A-Z]\w+)", cells)) == {model.__name__ for model in models}
    known = {name for model in models for name in (*dir(model), *model.__dataclass_fields__)}
    methods = set(re.findall(r"`\.(\w+)", cells))
    assert len(methods) > 8 and methods <= known
    for module, name in modules:
        assert hasattr(import_module(f"changqing.engine.{module}"), name)
