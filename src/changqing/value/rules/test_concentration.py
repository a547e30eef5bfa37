from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from django.utils.translation import override

from changqing.base.packs import Vector, load, parse, shipped
from changqing.base.refused import Refused
from changqing.engine.computable import NotComputable
from changqing.engine.concentration import abc, bands, gini, hhi, pareto, whale_curve
from changqing.engine.test_real_ledger import reseller_book
from changqing.value.rules.concentration import (
    AbcClass,
    BandCounts,
    BookFacts,
    ConcentrationMethod,
    RankingResult,
    Verdict,
    is_stale,
    pareto_verdict,
    rank_book,
)

PACK = load("concentration", ConcentrationMethod)
METHOD = PACK.method
CNY = {band.code: band.lower for band in METHOD.bands.levels}


def book(**changes: Any) -> BookFacts:
    """Five accounts, of which the first holds 80 %, the third loses and the fifth has no cost on any line."""
    facts = BookFacts(
        keys=["a", "b", "c", "d", "e"],
        revenue=[8_000_000.0, 500_000.0, 500_000.0, 600_000.0, 400_000.0],
        margin=[100.0, 50.0, -30.0, 0.0, np.nan],
        margin_known=np.array([True, True, True, True, False]),
        annual=[5_000_000.0, 500_000.0, 499_999.99, 1_000_000.0, 0.0],
        industries={"汽车": Decimal(6_000_000), "电子": Decimal(2_000_000), "": Decimal(2_000_000)},
        families={"轴承": Decimal(5_000_000), "密封": Decimal(5_000_000)},
        accounts=7,
        orders=12,
        lines=30,
        total_revenue=Decimal(10_000_000),
        total_margin=Decimal(120),
        currency="CNY",
        period="36m",
        as_of=date(2026, 5, 31),
    )
    return replace(facts, **changes)


EMPTY = {
    "keys": [],
    "revenue": [],
    "margin": [],
    "margin_known": np.array([], bool),
    "annual": [],
    "industries": {},
    "families": {},
    "total_revenue": Decimal(0),
}


def verdict(result: RankingResult, question: str) -> Verdict:
    return next(found for found in result.verdicts if found.question == question)


# The pack -----------------------------------------------------------------------------------------------


def test_shipped_thresholds_are_the_documents() -> None:
    assert (METHOD.pareto.head_share.value, METHOD.pareto.value_share.value) == (
        Decimal("0.2"),
        Decimal("0.8"),
    )
    assert METHOD.abc.split.value == (Decimal("0.2"), Decimal("0.3"), Decimal("0.5"))
    assert METHOD.abc.expected.value == (Decimal("0.8"), Decimal("0.15"), Decimal("0.05"))
    assert CNY == {"strategic": 5_000_000, "key": 1_000_000, "basic": 500_000}
    limits = METHOD.limits
    ours = [limits.single_account, limits.top_five, limits.single_industry]
    assert [(limit.value, limit.is_ours) for limit in ours] == [
        (Decimal("0.1"), True),
        (Decimal("0.35"), True),
        (Decimal("0.35"), True),
    ]


ENGINE: Mapping[str, Any] = {
    "pareto": lambda values: vars(
        pareto(
            values,
            head_share=METHOD.pareto.head_share.value,
            value_share=METHOD.pareto.value_share.value,
        )
    ),
    "abc": lambda values: _abc(values),
    "bands": lambda values: {
        "bands": [[*CNY, "below"][at] for at in bands(values, [*map(float, CNY.values())])]
    },
    "gini": lambda values: {"gini": gini(values)},
    "hhi": lambda values: {"hhi": hhi(values)},
    "whale_curve": lambda values: vars(whale_curve(values)),
}


def _abc(values: list[float]) -> dict[str, Any]:
    found = abc(values, METHOD.abc.split.value)
    return {
        "classes": "".join("ABC"[at] for at in found.of),
        "accounts": found.accounts,
        "shares": found.shares,
    }


def _comparable(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_comparable(inner) for inner in value]
    return value if isinstance(value, str) else round(float(value), 12)


@pytest.mark.parametrize("vector", METHOD.vectors, ids=lambda vector: vector.name.en)
def test_the_engine_answers_the_packs_vectors(vector: Vector) -> None:
    answer = ENGINE[vector.question](
        **{name: list(map(float, given)) for name, given in vector.given.items()}
    )
    assert {name: _comparable(answer[name]) for name in vector.expect} == {
        name: _comparable(expected) for name, expected in vector.expect.items()
    }


@pytest.mark.parametrize(
    ("good", "bad", "at", "sentence"),
    [
        ("[0.20, 0.30, 0.50]", "[0.20, 0.30, 0.60]", "[abc.split]", "abc：各类占比之和应为 1。"),
        ("[0.80, 0.15, 0.05]", "[0.80, 0.20]", "[abc.split]", "abc：split 与 expected 的类数应相同。"),
        (
            "from = 1_000_000",
            "from = 6_000_000",
            "[bands]",
            "bands：各级下限（from）应从高到低，且互不相同。",
        ),
        ('code = "key"', 'code = "below"', "[bands]", "bands：各级代码（code）应互不相同，且不能是 below。"),
        (
            "value = 0.10",
            "value = 10",
            "value = 10\n",
            "limits.single_account.value：应不大于 1（现为 10）。",
        ),
        ("value = 36", "value = 0", "value = 0\n", "periods.portfolio_months.value：应大于 0（现为 0）。"),
        (
            "value = 0.02",
            "value = nan",
            "value = nan",
            "pareto.tolerance.value：应为有限的数字（现为 NaN）。",
        ),
    ],
)
def test_a_pack_that_makes_no_sense_is_refused_by_line(good: str, bad: str, at: str, sentence: str) -> None:
    shipped_text = shipped("concentration")
    assert good in shipped_text
    text = shipped_text.replace(good, bad, 1)
    line = text[: text.index(at)].count("\n") + 1
    with override("zh-hans"), pytest.raises(Refused) as refused:
        parse("concentration", text, ConcentrationMethod)
    kept = "方法包 methods/concentration.toml 未被采用，原有设置不变："
    assert refused.value.sentence == f"{kept} 第 {line} 行 {sentence} 请改正后重新提交。"


# The real ledger ----------------------------------------------------------------------------------------


def real_facts() -> BookFacts:
    real = reseller_book()
    industries: dict[str, Decimal] = defaultdict(Decimal)
    for name, money in zip(real.industries, real.revenue, strict=True):
        industries[name] += money
    return BookFacts(
        keys=real.keys,
        revenue=real.revenue,
        margin=real.margin,
        margin_known=np.ones(len(real.keys), bool),
        annual=real.revenue,
        industries=industries,
        families={"": sum(real.revenue, Decimal())},
        accounts=701,
        orders=real.orders,
        lines=real.lines,
        total_revenue=sum(real.revenue, Decimal()),
        total_margin=sum(real.margin, Decimal()),
        currency="USD",
        period="all",
        as_of=date(2020, 5, 31),
    )


def test_portfolio_of_the_real_ledger() -> None:
    facts = real_facts()
    printed = rank_book(facts, pack=PACK).as_json()
    for name in ("revenue_curve", "profit_curve", "verdicts", "method"):
        del printed[name]
    rounded = json.loads(json.dumps(printed), parse_float=lambda number: round(float(number), 6))
    assert rounded == {
        "period": "all",
        "as_of": "2020-05-31",
        "currency": "USD",
        "accounts": 701,
        "buying_accounts": 632,
        "orders": 3616,
        "lines": 57851,
        "revenue": "77548570.20",
        "margin": "999494.57",
        "margin_rate": 0.012889,
        "revenue_without_cost": "0",
        "revenue_converted": "0",
        "margin_unknown_accounts": 0,
        "negative_revenue_accounts": 0,
        "top20_share": 0.671626,
        "top20_accounts": 126,
        "accounts_to_80": 184,
        "profit_top20_share": 2.587879,
        "profit_accounts_to_80": 15,
        "loss_making": 324,
        "whale_peak": "2674728.67",
        "whale_peak_accounts": 308,
        "whale_eaten": "1675234.10",
        "gini": 0.658982,
        "hhi": 0.004607,
        "hhi_industry": 0.418214,
        "hhi_family": None,
        "abc": {
            "A": {"accounts": 126, "share": 0.671626, "expected": "0.80"},
            "B": {"accounts": 190, "share": 0.282177, "expected": "0.15"},
            "C": {"accounts": 316, "share": 0.046198, "expected": "0.05"},
        },
        "bands": {"currency": "CNY", "because": "no_rate", "accounts": {}},
        "unknown": {"hhi_family": "empty"},
    }


def test_curves_of_the_real_ledger_hold_the_points_the_titles_name() -> None:
    result = rank_book(real_facts(), pack=PACK)
    revenue, profit = dict(result.revenue_curve), dict(result.profit_curve)
    assert (revenue[0], revenue[126], revenue[184], revenue[632]) == (0.0, 0.671626, 0.801026, 1.0)
    assert (profit[0], profit[308], profit[632]) == (0.0, 2_674_728.67, 999_494.57)
    assert (max(profit.values()), len(revenue) <= 200, len(profit) <= 200) == (2_674_728.67, True, True)


def test_places_of_the_real_ledger_agree_with_the_whole() -> None:
    facts = real_facts()
    places = rank_book(facts, pack=PACK).places
    assert places is not None
    assert places.cumulative_share is not None
    by_rank = sorted(zip(places.rank.tolist(), places.cumulative_share.tolist(), places.abc, strict=True))
    assert [place[0] for place in by_rank] == list(range(1, 633))
    assert [place[2] for place in by_rank] == ["A"] * 126 + ["B"] * 190 + ["C"] * 316
    assert [round(place[1], 4) for place in (by_rank[125], by_rank[183], by_rank[631])] == [
        0.6716,
        0.8010,
        1.0,
    ]
    assert set(places.band) == {""}


# A small book, whole ------------------------------------------------------------------------------------


def test_a_small_book_whole() -> None:
    result = rank_book(book(), pack=PACK)
    assert result.as_json(money=float) == {
        "period": "36m",
        "as_of": "2026-05-31",
        "currency": "CNY",
        "accounts": 7,
        "buying_accounts": 5,
        "orders": 12,
        "lines": 30,
        "revenue": 10_000_000.0,
        "margin": 120.0,
        "margin_rate": 1.2e-05,
        "revenue_converted": 0.0,
        "revenue_without_cost": 0.0,
        "margin_unknown_accounts": 1,
        "negative_revenue_accounts": 0,
        "top20_share": 0.8,
        "top20_accounts": 1,
        "accounts_to_80": 1,
        "profit_top20_share": 0.0,
        "profit_accounts_to_80": 1,
        "revenue_curve": [[0, 0.0], [1, 0.8], [2, 0.86], [3, 0.91], [4, 0.96], [5, 1.0]],
        "profit_curve": [[0, 0.0], [1, 100.0], [2, 150.0], [3, 150.0], [4, 120.0]],
        "loss_making": 1,
        "whale_peak": 150.0,
        "whale_peak_accounts": 2,
        "whale_eaten": 30.0,
        "gini": 0.612,
        "hhi": 0.6502,
        "hhi_industry": 0.625,
        "hhi_family": 0.5,
        "abc": {
            "A": {"accounts": 1, "share": 0.8, "expected": 0.8},
            "B": {"accounts": 1, "share": 0.06, "expected": 0.15},
            "C": {"accounts": 3, "share": 0.14, "expected": 0.05},
        },
        "bands": {
            "currency": "CNY",
            "because": "",
            "accounts": {"strategic": 1, "key": 1, "basic": 1, "below": 2},
        },
        "unknown": {},
        "verdicts": [
            {
                "question": "revenue_pareto",
                "code": "at",
                "numbers": {
                    "head": 0.2,
                    "expected": 0.8,
                    "share": 0.8,
                    "head_accounts": 1,
                    "accounts_to": 1,
                    "accounts": 5,
                },
            },
            {
                "question": "profit_pareto",
                "code": "below",
                "numbers": {
                    "head": 0.2,
                    "expected": 0.8,
                    "share": 0.0,
                    "head_accounts": 0,
                    "accounts_to": 1,
                    "accounts": 4,
                },
            },
            {
                "question": "whale",
                "code": "losses",
                "numbers": {
                    "peak": 150.0,
                    "peak_accounts": 2,
                    "eaten": 30.0,
                    "loss_making": 1,
                    "total": 120.0,
                    "accounts": 4,
                },
            },
            {
                "question": "single_account",
                "code": "over",
                "numbers": {"share": 0.8, "limit": 0.1, "key": "a"},
            },
            {"question": "top_five", "code": "over", "numbers": {"share": 1.0, "limit": 0.35}},
            {
                "question": "single_industry",
                "code": "over",
                "numbers": {"share": 0.6, "limit": 0.35, "name": "汽车", "without": 0.2},
            },
        ],
        "method": {"name": "concentration", "version": 0, "digest": PACK.digest},
    }
    assert result.places is not None
    assert result.places.rank.tolist() == [1, 3, 4, 2, 5]
    assert (result.places.abc, result.places.band) == (
        ["A", "C", "C", "B", "C"],
        ["strategic", "basic", "below", "key", "below"],
    )


def test_order_of_the_accounts_changes_nothing() -> None:
    back = slice(None, None, -1)
    facts = book()
    arrays = ("keys", "revenue", "margin", "margin_known", "annual")
    turned = book(**{name: getattr(facts, name)[back] for name in arrays})
    assert rank_book(turned, pack=PACK) == rank_book(facts, pack=PACK)


# Books that lack something ------------------------------------------------------------------------------


def test_a_book_without_orders_has_no_figures_and_says_why() -> None:
    result = rank_book(book(**EMPTY), pack=PACK)
    assert result.unknown == dict.fromkeys(
        ["pareto", "profit_pareto", "whale", "abc", "hhi_industry", "hhi_family", "gini", "hhi"], "empty"
    )
    assert (result.top20_share, result.gini, result.whale_peak, result.places) == (None, None, None, None)
    assert result.abc == {
        "A": AbcClass(0, None, Decimal("0.80")),
        "B": AbcClass(0, None, Decimal("0.15")),
        "C": AbcClass(0, None, Decimal("0.05")),
    }
    assert result.bands == BandCounts("CNY", "no_accounts", {})
    assert {found.code for found in result.verdicts} == {"unknown"}
    json.dumps(result.as_json())


def test_bands_need_a_rate_when_the_book_is_in_another_currency() -> None:
    unknown = rank_book(book(currency="USD"), pack=PACK)
    assert unknown.bands == BandCounts("CNY", "no_rate", {})
    converted = rank_book(book(currency="USD", band_rate=Decimal("7.1")), pack=PACK)
    assert converted.bands == BandCounts("CNY", "", {"strategic": 2, "key": 2, "basic": 0, "below": 1})
    assert rank_book(book(annual=None), pack=PACK).bands == BandCounts("CNY", "no_annual_revenue", {})


def test_returns_beyond_sales_stay_out_of_gini_and_hhi_and_are_counted() -> None:
    result = rank_book(book(revenue=[8.0, 1.0, 1.0, 0.0, -2.0], total_revenue=Decimal(8)), pack=PACK)
    assert (result.negative_revenue_accounts, result.gini, result.hhi) == (1, gini([8, 1, 1, 0]), 0.66)
    assert (result.top20_share, result.accounts_to_80) == (1.0, 1)


def test_a_book_that_only_had_returns() -> None:
    result = rank_book(
        book(revenue=[-1.0] * 5, total_revenue=Decimal(-5), industries={"x": Decimal(-5)}), pack=PACK
    )
    assert result.unknown == {
        "pareto": "negative_total",
        "gini": "empty",
        "hhi": "empty",
        "hhi_industry": "negative_value",
    }
    assert result.places is not None
    assert (result.places.rank.tolist(), result.places.cumulative_share) == ([1, 2, 3, 4, 5], None)
    assert verdict(result, "single_account").code == "unknown"


def test_a_book_without_any_cost_has_no_profit_curve() -> None:
    result = rank_book(book(margin_known=np.zeros(5, bool)), pack=PACK)
    assert (result.margin_unknown_accounts, result.profit_curve, result.whale_peak) == (5, (), None)
    assert verdict(result, "whale") == Verdict("whale", "unknown", {})


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"revenue": [1.0, 2.0]}, "unequal_lengths"),
        ({"margin_known": np.ones(5, bool)}, "not_finite"),
        ({"revenue": [1.0, 2.0, 3.0, 4.0, float("nan")]}, "not_finite"),
        ({"annual": [1.0]}, "unequal_lengths"),
    ],
)
def test_faulty_facts_are_refused_not_ranked(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(NotComputable) as refused:
        rank_book(book(**changes), pack=PACK)
    assert refused.value.code == code


# Verdicts -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "code"), [(77.0, "below"), (78.0, "at"), (80.0, "at"), (82.0, "at"), (83.0, "above")]
)
def test_is_this_book_80_20(head: float, code: str) -> None:
    rest = (100 - head) / 4
    found = pareto_verdict("revenue_pareto", pareto([head, rest, rest, rest, rest]), METHOD.pareto)
    assert found.code == code


def test_the_real_ledger_is_below_80_20_and_depends_on_nobody() -> None:
    result = rank_book(real_facts(), pack=PACK)
    codes = {found.question: found.code for found in result.verdicts}
    assert codes == {
        "revenue_pareto": "below",
        "profit_pareto": "above",
        "whale": "losses",
        "single_account": "within",
        "top_five": "within",
        "single_industry": "over",
    }


def test_a_book_is_old_after_35_days() -> None:
    asked = [
        is_stale(date(2026, 5, 31), today=day, method=METHOD) for day in (date(2026, 7, 5), date(2026, 7, 6))
    ]
    assert asked == [False, True]
