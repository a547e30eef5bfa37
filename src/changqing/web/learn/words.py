"""How right the book was, as sentences and figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from changqing.engine.backtest import wilson
from changqing.reports.learn import LearnPage
from changqing.retention.queries import AccountWarning, RulePrecision
from changqing.value.queries.worth import BookTest
from changqing.value.rules.backtest import BackTest, Share
from changqing.web.components.figures import Arithmetic
from changqing.web.components.tags import share, whole
from changqing.web.methods.words import failed_fit, matrix_because, model_name

# what an 80 % interval should hold, give or take what the issue of this product calls kept
KEPT = (0.75, 0.85)
# fewer judged warnings than these say nothing about a rule
FEWEST_JUDGED = 5


@dataclass(frozen=True)
class Told:
    """A figure of the strip."""

    label: str
    value: str
    unit: str = ""
    note: str = ""
    tone: str = "ink"
    arithmetic: Arithmetic | None = None


def title(found: LearnPage) -> str:
    """下一单 79% 落在 80% 区间里，12 个月毛利 76%；活跃概率平均差 2 个点."""
    if not found.sees_book:
        return rules_title(found)
    tested = found.newest
    if tested is None:
        return _("预言还没有和实际核对过") if found.as_of else _("还没有账本，也就没有可核对的预言")
    return _("下一单 %(order)s 落在 80%% 区间里，12 个月毛利 %(margin)s；下单概率平均差 %(gap)s 个点") % {
        "order": share(tested.next_order.share, 0),
        "margin": share(tested.margin.share, 0),
        "gap": f"{100 * tested.calibration:.1f}",
    }


def caption(found: LearnPage) -> str:
    if not found.sees_book:
        return _("只含您可见的客户；回测按整本账算，只给看整本账的人")
    tested = found.newest
    if tested is None:
        return ""
    return _("站在 %(day)s，只用那天之前的账，核对到 %(until)s；%(n)s 家客户") % {
        "day": tested.fitted_at.isoformat(),
        "until": tested.until.isoformat(),
        "n": f"{tested.accounts:,}",
    }


def figures(found: LearnPage) -> list[Told]:
    tested, row = found.newest, found.newest_row
    assert tested is not None and row is not None
    method = str(row.method)
    return [
        _held(
            _("下一单在 80% 区间内"), _("区间内的家数 ÷ 再次下单的家数"), tested.next_order, tested, method
        ),
        _held(
            _("12 个月毛利在 80% 区间内"), _("区间内的家数 ÷ 毛利有预言的家数"), tested.margin, tested, method
        ),
        Told(
            _("下单概率平均差"),
            f"{100 * tested.calibration:.1f}",
            _("个点"),
            _("十组，按家数加权；句句属实时也差 %(chance)s")
            % {"chance": f"{100 * tested.calibration_by_chance:.1f}"},
            arithmetic=Arithmetic(
                formula=_("每组 |预言的占比 − 实际的占比| × 家数，合计 ÷ 总家数"),
                inputs=[
                    (_("第 %(n)s 组") % {"n": at}, f"{share(one.told)} / {share(one.came)} · {one.accounts}")
                    for at, one in enumerate(tested.deciles, 1)
                ],
                as_of=tested.until,
                method=method,
            ),
        ),
        _total(_("订单总数"), tested.orders_foreseen, tested.orders_came, tested, method),
        _total(_("毛利总额"), tested.margin_foreseen, tested.margin_came, tested, method),
    ]


def _held(label: str, formula: str, held: Share, tested: BackTest, method: str) -> Told:
    if not held.of:
        return Told(label, "–", note=_("没有样本"), tone="unknown")
    low, high = wilson(held.held, held.of)
    is_kept = KEPT[0] <= (held.share or 0) <= KEPT[1]
    return Told(
        label,
        share(held.share),
        note=_("%(held)s/%(of)s 家；抽样误差 %(low)s–%(high)s")
        % {"held": whole(held.held), "of": whole(held.of), "low": share(low, 0), "high": share(high, 0)},
        tone="ink" if is_kept else "amber",
        arithmetic=Arithmetic(
            formula=formula,
            inputs=[(_("区间内"), whole(held.held)), (_("一共"), whole(held.of))],
            as_of=tested.until,
            method=method,
            note=_("说好 80%，75%–85% 算说到做到"),
        ),
    )


def _total(label: str, told: float, came: float, tested: BackTest, method: str) -> Told:
    ratio = told / came - 1 if came else None
    sign = "+" if ratio is not None and ratio > 0 else ""
    return Told(
        label,
        f"{sign}{share(ratio)}",
        note=_("预言 %(told)s，实际 %(came)s") % {"told": f"{told:,.0f}", "came": f"{came:,.0f}"},
        tone="ink",
        arithmetic=Arithmetic(
            formula=_("预言 ÷ 实际 − 1"),
            inputs=[(_("预言"), f"{told:,.0f}"), (_("实际"), f"{came:,.0f}")],
            as_of=tested.until,
            method=method,
        ),
    )


def calibration_title(tested: BackTest) -> str:
    kept = sum(1 for one in tested.deciles if one.is_kept)
    return (
        _("十组里 %(kept)s 组的实际占比与预言相符") % {"kept": kept}
        if len(tested.deciles) == 10
        else _("%(all)s 组里 %(kept)s 组的实际占比与预言相符") % {"all": len(tested.deciles), "kept": kept}
    )


def calibration_means(tested: BackTest) -> str:
    """What the chances say, and by what they are judged."""
    return _(
        "活跃概率是尚未离开的概率，本身没有可核对的日子；核对的是由它得出的“%(days)s 天内再下单”，"
        "已离开的也按本账旧例算回来的机会。"
    ) % {"days": tested.horizon}


def models_title(found: LearnPage) -> str:
    total = sum(found.models.values())
    if not total:
        return _("还没有节奏：没有评定过的客户")
    return _("%(share)s 的客户按自己的节奏预言") % {"share": share(found.models.get("regular", 0) / total, 0)}


def models(found: LearnPage) -> list[tuple[str, str, float]]:
    total = sum(found.models.values()) or 1
    order = ("regular", "irregular", "prior", "none")
    return [
        (model_name(code), whole(found.models[code]), found.models[code] / total)
        for code in order
        if found.models.get(code)
    ]


def failed(tested: BackTest) -> list[str]:
    return [failed_fit(name, code) for name, code in tested.failed.items()]


def rules_title(found: LearnPage) -> str:
    raised = sum(rule.raised for rule in found.rules)
    if not raised:
        return _("还没有一条预警，规则准不准无从说起")
    judged = sum(_judged(rule) for rule in found.rules)
    unreal = sum(rule.unreal for rule in found.rules)
    told = ngettext("%(n)s 条预警", "%(n)s 条预警", raised) % {"n": whole(raised)}
    if not judged:
        return _("%(told)s还没有人判断过") % {"told": told}
    return _("%(told)s里 %(judged)s 条有人判断，%(unreal)s 条不属实") % {
        "told": told,
        "judged": whole(judged),
        "unreal": whole(unreal),
    }


def _judged(rule: RulePrecision) -> int:
    return rule.unreal + rule.answered


def rules(found: LearnPage) -> list[dict[str, Any]]:
    """Each rule with the share that people found real, and its interval; grey while too few judged."""
    rows = []
    for rule in found.rules:
        judged = _judged(rule)
        low, high = wilson(rule.answered, judged) if judged else (0.0, 1.0)
        rows.append(
            {
                "name": AccountWarning.Cause(rule.cause).label,
                "raised": whole(rule.raised),
                "active": whole(found.active.get(rule.cause, 0)),
                "judged": whole(judged),
                "unreal": whole(rule.unreal),
                "over": whole(rule.over),
                "real": share(rule.answered / judged, 0) if judged else "",
                "between": f"{share(low, 0)}–{share(high, 0)}",
                "is_enough": judged >= FEWEST_JUDGED,
            }
        )
    return rows


def unclear_title(found: LearnPage) -> str:
    if not found.accounts:
        return _("还没有评定过的客户")
    return _("%(n)s 家（%(share)s）没有归类或只能按先验说") % {
        "n": whole(found.unclear),
        "share": share(found.unclear_share),
    }


def unclear(found: LearnPage) -> list[tuple[str, str]]:
    """Why accounts are unclassified, on the prior, or without lifetime profit: reason and count."""
    rows = [
        (_("未归类：%(why)s") % {"why": matrix_because(code)}, whole(n))
        for code, n in found.unclassified.items()
    ]
    rows += [
        (_("节奏：%(why)s") % {"why": model_name(code)}, whole(found.models[code]))
        for code in ("prior", "none")
        if found.models.get(code)
    ]
    return rows + [
        (_("终身利润未知：%(why)s") % {"why": matrix_because(code)}, whole(n))
        for code, n in found.unknown_worth.items()
    ]


def known(found: LearnPage) -> list[tuple[str, str, float]]:
    """What the book can say, of how many accounts."""
    total = found.accounts or 1
    classified = found.accounts - sum(found.unclassified.values())
    timed = sum(found.models.get(code, 0) for code in ("regular", "irregular"))
    rows = [(_("有矩阵分类"), classified), (_("有自己的下单节奏"), timed)]
    if found.sees_margin:
        worth = found.accounts - sum(found.unknown_worth.values())
        rows += [
            (_("有终身利润"), worth),
            (_("知道服务成本"), found.knows_cost),
            (_("知道回款快慢"), found.knows_receivables),
        ]
    return [(name, whole(n), n / total) for name, n in rows]


def tests(found: LearnPage) -> list[dict[str, Any]]:
    rows = []
    for row in found.tests:
        said = BackTest.of_json(row.found) if row.found else None
        rows.append(
            {
                "row": row,
                "who": str(row.by) if row.by else row.principal,
                "method": str(row.method),
                "waits": row.state == BookTest.State.ASKED,
                "order": share(said.next_order.share) if said else "",
                "margin": share(said.margin.share) if said else "",
                "gap": f"{100 * said.calibration:.1f}" if said else "",
            }
        )
    return rows
