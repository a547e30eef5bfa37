"""The essentials of an account as the panel beside a list shows them."""

from __future__ import annotations

from decimal import Decimal

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from changqing.accounts.queries import Part
from changqing.reports.peek import Peek, peek
from changqing.web.accounts.amounts import in_words
from changqing.web.components.tags import share
from changqing.web.methods.words import matrix_name
from changqing.web.reader import reader
from changqing.web.today import words


def peek_part(request: HttpRequest, key: str) -> HttpResponse:
    found = peek(reader(request), key)
    if found is None:
        raise Http404
    return render(
        request,
        "account/peek.html",
        {
            "found": found,
            "who": found.account,
            "facts": _facts(found),
            "warnings": [(row, words.sentence(row)) for row in found.warnings],
        },
    )


def _facts(found: Peek) -> list[tuple[str, str]]:
    standing, worth, rhythm = found.judged.standing, found.judged.worth, found.judged.rhythm
    rows = []
    if standing is not None:
        rows += [(_("等级"), found.tier or _("未知")), (_("矩阵分类"), matrix_name(standing.matrix))]
    if Part.REVENUE not in found.hidden:
        rows.append((_("近 12 个月收入"), in_words(found.revenue, found.currency) if found.revenue else "–"))
        if found.days is not None:
            rows.append((_("最近下单"), _("%(days)s 天前") % {"days": f"{found.days:,}"}))
    if worth is not None and worth.profit is not None:
        profit = in_words(Decimal(repr(round(worth.profit, 2))), found.currency)
        rows.append((_("终身利润"), profit))
    if rhythm is not None:
        rows.append((_("仍活跃的概率"), share(rhythm.alive, 0)))
        if rhythm.next_expected:
            rows.append((_("预计下一单"), rhythm.next_expected.isoformat()))
    return rows
