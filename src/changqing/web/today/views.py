"""Today's list; an answer comes back as the list without what was answered, and with a way back."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST

from changqing.base.refused import Refused
from changqing.journeys.answer_warning import answer
from changqing.journeys.watch_inbox import trouble
from changqing.ledger.inbox import failed_files
from changqing.people.permissions import check_may, may
from changqing.reports.today import TodayPage, today_page
from changqing.retention.queries import AccountWarning, warning_with_id
from changqing.web.reader import reader
from changqing.web.today import words
from changqing.web.today.items import item
from changqing.web.today.rows import WorkLines

GROUPS = {"now": gettext_lazy("今天必须"), "week": gettext_lazy("本周"), "later": gettext_lazy("可以排期")}


@require_GET
def today_list(request: HttpRequest) -> HttpResponse:
    found = today_page(reader(request), today=date.today())
    part = request.GET.get("part") == "list"
    opened = _number(request.GET.get("open", ""))
    context = _page(request, found, opened) | {"not_in": _not_in(request)}
    return render(request, "today/list.html" if part else "today/page.html", context)


def _not_in(request: HttpRequest) -> str:
    """What was dropped into the watched place and did not get in, for who brings files in."""
    if may(reader(request), "bring in files") and (sentence := trouble()):
        return sentence
    failed = [file.path for file in failed_files(reader(request))[:4]]
    if not failed:
        return ""
    names = _("、").join(failed[:3]) + ("…" if len(failed) > 3 else "")
    return _("夜间投放没导进来：%(names)s。去「导入」页看原因。") % {"names": names}


@require_POST
def answer_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Do, snooze, not real, done or take back; a refusal is a sentence on the same row."""
    check_may(reader(request), "answer warnings")
    if warning_with_id(reader(request), pk) is None:
        raise Http404
    done, refused = answered(request, pk)
    found = today_page(reader(request), today=date.today())
    context = _page(request, found, pk if refused else None)
    context |= {"refused": refused, "refused_pk": pk, "done": done, "done_words": done_words(request, done)}
    return render(request, "today/list.html", context)


def answered(request: HttpRequest, pk: int) -> tuple[AccountWarning | None, Refused | None]:
    """What the form of warning ``pk`` asks for: the warning as it stands then, or why not."""
    given = request.POST
    try:
        done = answer(
            by=reader(request),
            pk=pk,
            kind=_kind(given.get("kind", "")),
            version=_number(given.get("version", "")) or 0,
            words=given.get("words", ""),
            who=given.get("who", ""),
            until=_day(given.get("until", "")),
        )
    except Refused as error:
        return None, error
    return done, None


def _kind(asked: str) -> str:
    if asked not in {"do", "snooze", "unreal", "done", "reopen"}:
        raise Refused(_("没有这种处理方式。"))
    return asked


def _number(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text, re.ASCII) else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def done_words(request: HttpRequest, done: AccountWarning | None) -> str:
    if done is None:
        return ""
    name = done.account.name
    return {
        "do": _("%(name)s：已记下要做什么，到期再提醒"),
        "snooze": _("%(name)s：过几天再来"),
        "unreal": _("%(name)s：已记为不属实，规则会计入"),
        "done": _("%(name)s：已办"),
        "reopen": _("%(name)s：已撤销，回到原处"),
    }[request.POST["kind"]] % {"name": name}


def _page(request: HttpRequest, found: TodayPage, opened: int | None) -> dict[str, Any]:
    first = found.groups[0][1][0].pk if found.groups else None
    shown = {item.pk for _name, items in found.groups for item in items}
    opened = opened if opened in shown else first
    rank = iter(range(1, found.shown + 1))
    lines = WorkLines(sees_money=found.sees_money)

    def shown_as(row: AccountWarning) -> dict[str, Any]:
        it = item(row, today=found.today, currency=found.currency, rank=next(rank), is_open=row.pk == opened)
        return it | {"line": lines.line(it)}

    return {
        "found": found,
        "title": _title(found),
        "caption": _caption(found),
        "groups": [
            (
                str(GROUPS[name]),
                len(items),
                [shown_as(row) for row in items],
            )
            for name, items in found.groups
        ],
        "promises": [(row, *words.due(row, found.today), row.answers.all()) for row in found.promises],
        "lighter": _lighter(found),
        "until_default": (found.today + timedelta(days=3)).isoformat(),
        "me": reader(request).username,
        "may_bring_in": may(reader(request), "bring in files"),
    }


def _title(found: TodayPage) -> str:
    if not found.shown:
        return _("今天没有事非您动手不可") if found.as_of else _("还没有账本，也就没有预警")
    now = next((len(items) for name, items in found.groups if name == "now"), 0)
    told = ngettext("今天 %(n)s 件事值得您动手", "今天 %(n)s 件事值得您动手", found.shown) % {
        "n": found.shown
    }
    if not now:
        return told
    return _("%(told)s，其中 %(now)s 件今天就该处理") % {"told": told, "now": now}


def _caption(found: TodayPage) -> str:
    parts = []
    if found.sees_money and found.waiting.at_stake:
        parts.append(
            _("在险毛利 %(money)s/年，期望值")
            % {"money": words.money(found.waiting.at_stake, found.currency)}
        )
    if found.as_of:
        parts.append(_("账至 %(day)s") % {"day": found.as_of.isoformat()})
    return " · ".join(parts)


def _lighter(found: TodayPage) -> str:
    if found.unshown <= 0:
        return ""
    return ngettext(
        "另有 %(n)s 条较轻的信号没有打扰您", "另有 %(n)s 条较轻的信号没有打扰您", found.unshown
    ) % {"n": found.unshown}
