"""Learn: the newest back-test as the answer; a new one is asked for and comes from the queue."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from changqing.base.refused import Refused
from changqing.journeys import back_test
from changqing.people.permissions import check_may
from changqing.reports.learn import LearnPage, learn_page
from changqing.web.components.lists import Column
from changqing.web.learn import drawing, words
from changqing.web.reader import reader


@require_GET
def learn(request: HttpRequest) -> HttpResponse:
    found = learn_page(reader(request))
    if request.GET.get("part") == "waiting":
        answer = render(request, "learn/waiting.html", {"found": found})
        if found.waits is None:
            answer["HX-Refresh"] = "true"
        return answer
    return render(request, "learn/page.html", _page(found))


@require_POST
def ask_test(request: HttpRequest) -> HttpResponse:
    by = reader(request)
    check_may(by, "rank the book")
    try:
        day = date.fromisoformat(request.POST["day"]) if request.POST.get("day") else None
    except ValueError:
        messages.error(request, _("日期写成 2025-06-30 的样子。"))
        return redirect("learn")
    try:
        back_test.ask(by=by, day=day)
    except Refused as no:
        messages.error(request, no.sentence)
    return redirect("learn")


def _page(found: LearnPage) -> dict[str, Any]:
    tested = found.newest
    return {
        "found": found,
        "title": words.title(found),
        "caption": words.caption(found),
        "figures": words.figures(found) if tested else [],
        "calibration": drawing.calibration_chart(tested) if tested else None,
        "calibration_title": words.calibration_title(tested) if tested else "",
        "calibration_means": words.calibration_means(tested) if tested else "",
        "calibration_caption": _("横轴是说的，纵轴是来的；竖条是抽样误差（95%）"),
        "models": words.models(found),
        "models_title": words.models_title(found),
        "failed": words.failed(tested) if tested else [],
        "rules": words.rules(found),
        "rules_title": words.rules_title(found),
        "rule_columns": [
            Column(label=_("规则")),
            Column(label=_("响过"), number=True),
            Column(label=_("正在响"), number=True, wide=True),
            Column(label=_("有人判断"), number=True),
            Column(label=_("不属实"), number=True),
            Column(label=_("属实的占比"), number=True),
            Column(label=_("自己过去"), number=True, wide=True),
        ],
        "unclear_title": words.unclear_title(found),
        "unclear": words.unclear(found),
        "known": words.known(found),
        "test_columns": [
            Column(label=_("问于")),
            Column(label=_("回测日")),
            Column(label=_("下一单在区间内"), number=True),
            Column(label=_("毛利在区间内"), number=True),
            Column(label=_("概率平均差（点）"), number=True, wide=True),
            Column(label=_("方法"), wide=True),
            Column(label=_("谁"), wide=True),
        ],
        "tests": words.tests(found),
    }
