"""The structure of the portfolio: key accounts beside the others, quality of new ones, whom to serve less.

The documents' claims stand beside the book's figures and decide nothing (SEG-28: "training-doc claim")."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from changqing.reports.portfolio_worth import structure
from changqing.value.queries.methods import methods_in_force
from changqing.value.queries.structure import Side, to_prune
from changqing.web.accounts.amounts import in_words
from changqing.web.components.lists import Column
from changqing.web.components.tags import share, whole
from changqing.web.methods.words import fact_value, matrix_because
from changqing.web.reader import reader

KEY_TIERS = 2


def structure_part(request: HttpRequest) -> HttpResponse:
    by, scheme = reader(request), methods_in_force().tiers.governs
    tiers = scheme.tiers[:KEY_TIERS]
    key, other = structure(by, [tier.code for tier in tiers])
    return render(
        request,
        "portfolio/structure.html",
        {
            "title": _title(key, other),
            "caption": _("重点 = %(tiers)s") % {"tiers": "、".join(str(tier.name) for tier in tiers)},
            "columns": [
                Column(label=_("比什么")),
                Column(label=_("重点客户"), number=True),
                Column(label=_("其他客户"), number=True),
                Column(label=_("培训材料的说法"), number=True, wide=True),
            ],
            "rows": _rows(key, other),
            "prune": [
                (
                    row.account.name,
                    reverse("account", args=[row.account.key]),
                    fact_value("score", row.inputs.get("score")),
                    matrix_because(row.matrix_reason),
                )
                for row in to_prune(by)
            ],
        },
    )


def _title(key: Side, other: Side) -> str:
    if not key.accounts:
        return _("还没有重点客户，无从比较")
    if key.revenue is None or other.revenue is None or key.revenue + other.revenue <= 0:
        return _("%(n)s 家重点客户，平均合作 %(years)s 年") % {
            "n": whole(key.accounts),
            "years": _one(key.years),
        }
    return _("%(n)s 家重点客户带来 %(share)s 收入，每单是其他客户的 %(times)s 倍") % {
        "n": whole(key.accounts),
        "share": share(key.revenue / (key.revenue + other.revenue), 0),
        "times": _one(_times(key, other)),
    }


def _times(key: Side, other: Side) -> float | None:
    if key.order_value is None or not other.order_value:
        return None
    return key.order_value / other.order_value


def _one(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


def _money(value: float | None) -> str:
    return "–" if value is None else in_words(Decimal(repr(round(value, 2))), settings.BOOK_CURRENCY)


def _rows(key: Side, other: Side) -> list[tuple[str, str, str, str]]:
    total = (key.revenue or 0.0) + (other.revenue or 0.0)
    held = [None if one.revenue is None or total <= 0 else one.revenue / total for one in (key, other)]
    low = [one.low / one.accounts if one.accounts else None for one in (key, other)]
    return [
        (_("家数"), whole(key.accounts), whole(other.accounts), ""),
        (_("占近 12 个月收入"), share(held[0]), share(held[1]), "80%"),
        (_("平均合作年数"), _one(key.years), _one(other.years), _("3.5 年")),
        (_("每单金额"), _money(key.order_value), _money(other.order_value), _("4 倍")),
        (_("四维价值分，平均"), _one(key.score), _one(other.score), ""),
        (_("近一年新来的，家数"), whole(key.new), whole(other.new), ""),
        (_("新来的四维价值分，平均"), _one(key.new_score), _one(other.new_score), ""),
        (_("待优化的占家数"), share(low[0]), share(low[1]), ""),
    ]
