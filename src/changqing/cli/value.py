"""Fitting, scoring and back-testing; tiers and ratings."""

from __future__ import annotations

import json
from argparse import Namespace
from typing import Any

from changqing.cli.book import opened, principal
from changqing.cli.words import gettext as _


def fit(words: Namespace) -> int:
    with opened():
        from changqing.journeys import score_book

        changed = score_book.fit(by=principal(words), because=words.because)
        print(_("已重新拟合，%(n)s 行有变化。") % {"n": f"{changed:,}"})
    return 0


def score(words: Namespace) -> int:
    with opened():
        from changqing.journeys import score_book

        changed = score_book.score(by=principal(words))
        print(_("已按现行版本重新评定，%(n)s 行有变化。") % {"n": f"{changed:,}"})
    return 0


def back_test(words: Namespace) -> int:
    with opened():
        from changqing.journeys.back_test import back_test_book

        found = back_test_book(by=principal(words), day=words.as_of)
        if words.json:
            print(json.dumps(found.as_json(), ensure_ascii=False, indent=2))
        else:
            print("\n".join(_told(found)))
    return 0


def _told(found: Any) -> list[str]:
    lines = [
        _("拟合于 %(day)s，核对到 %(until)s：%(n)s 家客户")
        % {"day": found.fitted_at, "until": found.until, "n": found.accounts},
        _("模型：%(models)s") % {"models": ", ".join(f"{k} {v}" for k, v in found.models.items())},
        _held(_("再次下单的客户中，下一单落在 80%% 区间内") % {}, found.next_order),
        _held(_("全部客户中，12 个月毛利落在 80%% 区间内") % {}, found.margin),
        _("P(活跃)：尚未离开的概率。检验：按它说 %(days)s 天内再下单（离开的也按本账旧例回来），与实际比")
        % {"days": found.horizon},
        _("十组平均偏差 %(gap).1f 个百分点；即使句句属实，样本这么大平均也差 %(chance).1f")
        % {"gap": 100 * found.calibration, "chance": 100 * found.calibration_by_chance},
        _("  组   家数   P(活跃)   预言再下单   实际   抽样误差（95%%）") % {},
    ]
    lines += [
        f"  {at:>2}  {one.accounts:>5}  {one.alive:>8.1%}  {one.told:>10.1%}  {one.came:>7.1%}"
        f"   {one.by_chance[0]:.0%}–{one.by_chance[1]:.0%}{'' if one.is_kept else ' *'}"
        for at, one in enumerate(found.deciles, 1)
    ]
    lines.append(
        _("订单：预言 %(told).0f，实际 %(came).0f；毛利：预言 %(margin).0f，实际 %(real).0f")
        % {
            "told": found.orders_foreseen,
            "came": found.orders_came,
            "margin": found.margin_foreseen,
            "real": found.margin_came,
        }
    )
    if found.failed:
        failed = ", ".join(f"{name} ({code})" for name, code in found.failed.items())
        lines.append(_("没有拟合成功的模型：%(failed)s") % {"failed": failed})
    return lines


def _held(words: str, share: Any) -> str:
    if not share.of:
        return _("%(words)s：没有样本") % {"words": words}
    low, high = share.by_chance
    return _("%(words)s：%(share).1f%%（%(held)s/%(of)s；抽样误差 %(low).0f–%(high).0f%%）") % {
        "words": words,
        "share": 100 * share.share,
        "held": share.held,
        "of": share.of,
        "low": 100 * low,
        "high": 100 * high,
    }


def tiers(words: Namespace) -> int:
    """Tiers in view, what moved, and which steps down wait for approval."""
    with opened():
        from changqing.reports.worth import tier_report

        found = tier_report(principal(words))
        if words.json:
            print(json.dumps(found, ensure_ascii=False, indent=2))
            return 0
        for code, row in found["tiers"].items():
            print(f"{code or '?':>4}  {row['accounts']:>6}  {row['name']}")
        for row in found["proposals"]:
            print(f"{row['key']:>12}  {row['tier']} → {row['proposed']}  {row['name']}")
    return 0


def tier_answer(words: Namespace) -> int:
    with opened():
        from changqing.journeys.decide_tiers import account_named
        from changqing.value.actions.tiers import answer_proposal

        by = principal(words)
        account = account_named(by, words.key)
        answer_proposal(by=by, account=account, approve=words.approve, reason=words.reason)
        print(_("已记下。"))
    return 0


def tier_set(words: Namespace) -> int:
    with opened():
        from django.utils import timezone

        from changqing.journeys.decide_tiers import account_named
        from changqing.value.actions.tiers import set_tier

        by = principal(words)
        set_tier(
            by=by,
            account=account_named(by, words.key),
            tier=words.tier,
            reason=words.reason,
            expires=words.until,
            today=timezone.localdate(),
        )
        print(_("已设定，到 %(day)s 为止。") % {"day": words.until})
    return 0


def tier_lift(words: Namespace) -> int:
    with opened():
        from changqing.journeys.decide_tiers import account_named
        from changqing.value.actions.tiers import lift_tier

        by = principal(words)
        lift_tier(by=by, account=account_named(by, words.key), reason=words.reason)
        print(_("已恢复方案给出的等级。"))
    return 0


def tier_history(words: Namespace) -> int:
    with opened():
        from changqing.journeys.decide_tiers import account_named
        from changqing.reports.worth import tier_history as history

        by = principal(words)
        rows = history(by, account_named(by, words.key))
        if words.json:
            print(json.dumps(rows, ensure_ascii=False, indent=2))
            return 0
        for row in rows:
            print(
                f"{row['since']}  {row['tier'] or '?':>4}  {row['matrix']}  {row['method']}  {row['reason']}"
            )
    return 0


def rate(words: Namespace) -> int:
    with opened():
        from changqing.journeys.decide_tiers import rate_account

        rate_account(
            by=principal(words),
            key=words.key,
            factor=words.factor,
            rating=words.rating,
            evidence=words.evidence,
        )
        print(_("已记下评分。"))
    return 0


def nominate(words: Namespace) -> int:
    with opened():
        from changqing.journeys.decide_tiers import account_named
        from changqing.value.actions.tiers import answer_nomination
        from changqing.value.actions.tiers import nominate as put_forward

        by = principal(words)
        account = account_named(by, words.key)
        if words.answer:
            answer_nomination(by=by, account=account, approve=words.answer == "approve", reason=words.reason)
        else:
            put_forward(by=by, account=account, reason=words.reason)
        print(_("已记下。"))
    return 0
