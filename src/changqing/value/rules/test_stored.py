"""What is stored of a scoring, made for all accounts at once, against one account at a time."""

import json

import numpy as np
import pytest

from changqing.base.packs import load
from changqing.value.rules.schemes import RULED, WORDS, Scheme, TiersMethod, because, place
from changqing.value.rules.stored import reasons_of

SIZE = 400
SCHEMES = load("tiers", TiersMethod).method.schemes


def facts_for(scheme: Scheme, seed: int) -> dict[str, np.ndarray]:
    """Of every fact the scheme asks for: what its conditions tell apart, and here and there nothing."""
    source = np.random.default_rng(seed)
    asked = {one.fact for tier in scheme.tiers for conditions in tier.any_of or () for one in conditions}
    found = {}
    for name in sorted(asked | {scheme.on or ""}):
        if name in WORDS:
            found[name] = source.integers(0, len(WORDS[name]), SIZE).astype(float)
        else:
            found[name] = source.choice([0.0, 0.2, 0.5, 0.8, 1.0, 3.0, 5.0, 70.0, 2e6, -1.0], SIZE)
        found[name][source.random(SIZE) < 0.1] = np.nan
    return found


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: scheme.code)
def test_reasons_of_all_accounts_are_those_of_each(scheme: Scheme) -> None:
    cuts = [50.0, 0.5, 0.1][: len(scheme.tiers) - 1]
    for seed in range(3):
        facts = facts_for(scheme, seed)
        placed = place(scheme, facts, cuts=cuts, currency="CNY", size=SIZE)
        told = [json.loads(said) for said in reasons_of(placed, facts, cuts)]
        alone = [[one.as_json() for one in because(placed, at, facts, cuts)] for at in range(SIZE)]
        assert told == alone
        assert len({json.dumps(each) for each in told}) > 1, "the facts tell accounts apart"


def test_some_schemes_are_ruled_and_some_cut() -> None:
    assert {scheme.basis in RULED for scheme in SCHEMES} == {True, False}
