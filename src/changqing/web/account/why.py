"""Why this colour: each signal beside what is usual for this account, and its warnings with their keys."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from changqing.people.permissions import check_may
from changqing.reports.why import WhyPage, why_page
from changqing.retention.queries import AccountWarning, warning_with_id
from changqing.web.components.lists import Column
from changqing.web.components.tags import share
from changqing.web.methods.words import fact_value
from changqing.web.reader import reader
from changqing.web.today import words
from changqing.web.today.items import item
from changqing.web.today.views import answered, done_words

CAUSES = ("overdue", "breadth", "returns", "margin", "payment")


@dataclass(frozen=True)
class Signal:
    """One thing that is looked at: ``verdict`` is a word, ``tone`` its chip's; ``url`` leads to the rows."""

    name: str
    seen: str
    usual: str
    n: str
    age: str
    verdict: str
    tone: str
    url: str


def why_part(request: HttpRequest, key: str) -> HttpResponse:
    return _shown(request, _found(request, key))


@require_POST
def answer_here(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Answer a warning on its account's page; the card comes back."""
    by = reader(request)
    check_may(by, "answer warnings")
    row = warning_with_id(by, pk)
    if row is None or row.account.key != key:
        raise Http404
    done, refused = answered(request, pk)
    more = {"refused": refused, "refused_pk": pk, "done": done, "done_words": done_words(request, done)}
    return _shown(request, _found(request, key), **more)


def _found(request: HttpRequest, key: str) -> WhyPage:
    found = why_page(reader(request), key, today=date.today())
    if found is None:
        raise Http404
    return found


def _shown(request: HttpRequest, found: WhyPage, **more: Any) -> HttpResponse:
    key = found.account.key
    items = [
        item(
            row,
            today=found.today,
            currency=found.currency,
            rank=at,
            is_open=True,
            answer_url=reverse("answer_here", args=[row.pk, key]),
        )
        for at, row in enumerate(found.active, 1)
    ]
    done = more.get("done")
    context = {
        "found": found,
        "title": title(found),
        "signals": signals(found),
        "signal_columns": [
            Column(label=_("信号")),
            Column(label=_("看到"), number=True),
            Column(label=_("平常"), number=True),
            Column(label="n", number=True, wide=True),
            Column(label=_("看于"), wide=True),
            Column(label=_("判断")),
        ],
        "items": items,
        "past": [(row, words.sentence(row), row.get_state_display()) for row in found.past[:6]],
        "until_default": (found.today + timedelta(days=3)).isoformat(),
        "me": reader(request).username,
        "undo_url": reverse("answer_here", args=[done.pk, key]) if done else "",
        **more,
    }
    return render(request, "account/why.html", context)


def title(found: WhyPage) -> str:
    """红：152 天没有下单，平常约 21 天一单."""
    worst = min(found.open, key=lambda row: (not row.is_red, row.until), default=None)
    if worst is not None:
        told = _("红：%(what)s") if worst.is_red else _("黄：%(what)s")
        return told % {"what": words.sentence(worst)}
    if found.rhythm is None or found.rhythm.every is None:
        return _("灰：下单太少，还看不出什么算平常")
    return _("没有一条信号偏离它自己的平常")


def signals(found: WhyPage) -> list[Signal]:
    """All that is looked at, warnings first, what is not known last; nothing unknown is called normal."""
    raised = {row.cause: row for row in found.open}
    rows = [_raised(raised[cause], found) if cause in raised else _quiet(cause, found) for cause in CAUSES]
    order = {"red": 0, "amber": 1, "grey": 2, "unknown": 3}
    return sorted(rows, key=lambda one: order[one.tone])


def _raised(row: AccountWarning, found: WhyPage) -> Signal:
    number = {"overdue": _days, "breadth": _count, "payment": _days}.get(row.cause, share)
    return Signal(
        name=row.get_cause_display(),
        seen=number(row.seen),
        usual=number(row.usual),
        n=f"{row.samples:,}",
        age=row.last_seen.isoformat(),
        verdict=_("要处理") if row.is_red else _("留意"),
        tone="red" if row.is_red else "amber",
        url=_rows_of(row.cause),
    )


def _days(value: float) -> str:
    return _("%(days)s 天") % {"days": f"{value:,.0f}"}


def _count(value: float) -> str:
    return f"{value:,.0f}"


def _rows_of(cause: str) -> str:
    return {
        "overdue": "#track",
        "breadth": "#money",
        "returns": "#lines",
        "margin": "#money",
        "payment": "#receivables",
    }[cause]


def _quiet(cause: str, found: WhyPage) -> Signal:
    """A signal that no rule raised: beside its usual where the rhythm knows it."""
    if cause == "payment":
        return _payment(found)
    row, name = found.rhythm, str(AccountWarning.Cause(cause).label)
    if row is None or row.every is None:
        return Signal(name, "–", "–", "–", "–", _("未知：下单太少"), "unknown", _rows_of(cause))
    seen, usual = {
        "overdue": (_days(row.silence or 0.0), _days(row.every)),
        "breadth": (fact_value("", row.families), fact_value("", row.families_before)),
        "returns": (share(row.return_rate), share(row.return_rate_before)),
        "margin": ("–", "–"),
    }[cause]
    day = row.as_of.isoformat()
    return Signal(name, seen, usual, f"{row.purchases:,}", day, _("平常"), "grey", _rows_of(cause))


def _payment(found: WhyPage) -> Signal:
    row = found.rhythm
    name = str(AccountWarning.Cause.PAYMENT.label)
    if row is None or row.days_to_pay is None:
        return Signal(name, "–", "–", "–", "–", _("未知：账里没有它的发票和回款"), "unknown", "#receivables")
    before = "–" if row.days_to_pay_before is None else _days(row.days_to_pay_before)
    day = row.as_of.isoformat()
    return Signal(name, _days(row.days_to_pay), before, "–", day, _("平常"), "grey", "#receivables")
