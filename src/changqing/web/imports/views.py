"""Imports."""

from __future__ import annotations

import re
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_GET, require_POST

from changqing.journeys import import_ledger, try_import, watch_inbox
from changqing.journeys.hand_back import hand_back
from changqing.journeys.import_ledger import ask_switch
from changqing.ledger.inbox import failed_files
from changqing.ledger.queries import import_with_id
from changqing.people.permissions import check_may
from changqing.reports.drafts import open_views
from changqing.reports.imports import PER_PAGE, Deed, ImportList, import_list, running_imports
from changqing.web.accounts.amounts import in_words, to_the_cent
from changqing.web.components.lists import Column
from changqing.web.imports import words
from changqing.web.imports.giving import give_out
from changqing.web.imports.uploads import most_bytes
from changqing.web.reader import reader

INBOX_SHOWN = 50
COMMANDS = (
    "changqing import accounts 客户.csv",
    "changqing import products 产品.csv",
    "changqing import orders 订单明细.csv",
)


@require_GET
def imports_page(request: HttpRequest) -> HttpResponse:
    check_may(reader(request), "see imports")
    if request.GET.get("part") == "running":
        return _running(request)
    asked = request.GET.get("page", "1")
    page = int(asked) if re.fullmatch(r"[0-9]{1,6}", asked, re.ASCII) else 1
    found = import_list(reader(request), page=page)
    return render(request, "imports/page.html", _page(found) | _waiting(request, found) | _inbox(request))


def _inbox(request: HttpRequest) -> dict[str, Any]:
    """What was dropped into the watched folder and did not get in."""
    failed = list(failed_files(reader(request))[:INBOX_SHOWN])
    return {
        "inbox_trouble": watch_inbox.trouble(),
        "inbox_failed": failed,
        "inbox_title": ngettext(
            "夜间投放有 %(count)s 份没导进来", "夜间投放有 %(count)s 份没导进来", len(failed)
        )
        % {"count": f"{len(failed):,}"},
        "inbox_columns": [
            Column(label=pgettext("label", "文件")),
            Column(label=_("时间"), wide=True),
            Column(label=_("为什么")),
        ],
    }


@require_POST
def notice_inbox(request: HttpRequest) -> HttpResponse:
    watch_inbox.notice(by=reader(request))
    return redirect("imports")


def _waiting(request: HttpRequest, found: ImportList) -> dict[str, Any]:
    """What this person handed over and has not written yet."""
    views = open_views(reader(request)) if found.may_bring_in else []
    ready = sum(1 for view in views if view.is_tried and view.writable)
    return {
        "waiting": [(view, words.title(view)) for view in views],
        "waiting_title": ngettext("%(count)s 份文件等您点写入", "%(count)s 份文件等您点写入", len(views))
        % {"count": len(views)},
        "ready": ready,
        "given": give_out(request) if found.may_bring_in else [],
        "most_bytes": most_bytes(),
        "most_megabytes": f"{most_bytes() >> 20:,}",
    }


def _running(request: HttpRequest) -> HttpResponse:
    """The progress of what is on its way; when nothing is any more, the page is fetched anew."""
    deeds = running_imports(reader(request))
    response = render(
        request, "imports/running.html", {"running": [(deed, step_name(deed)) for deed in deeds]}
    )
    if not deeds:
        response["HX-Refresh"] = "true"
    return response


def _page(found: ImportList) -> dict[str, Any]:
    return {
        "found": found,
        "title": title(found),
        "caption": _("一份文件要么全部写入，要么一行不写；撤销以后，每个数都像它从没来过。"),
        "running": [(deed, step_name(deed)) for deed in found.running],
        "deeds": [(deed, _money(deed, found)) for deed in found.deeds if not deed.is_on_its_way],
        "commands": "\n".join(COMMANDS),
        "per_page": PER_PAGE,
    }


def title(found: ImportList) -> str:
    if not found.total:
        return _("还没有导入过文件")
    undone = sum(1 for deed in found.deeds if deed.can_redo or deed.entry.state == "undone")
    refused = sum(deed.refused for deed in found.deeds if deed.entry.state == "in_force")
    told = ngettext("%(count)s 份文件在账里", "%(count)s 份文件在账里", found.in_force) % {
        "count": f"{found.in_force:,}"
    }
    if refused:
        told += _("，退回 %(refused)s 行待改") % {"refused": f"{refused:,}"}
    if undone:
        told += _("，%(undone)s 份已撤销") % {"undone": f"{undone:,}"}
    return told


def step_name(deed: Deed) -> str:
    names = {
        "reading": _("读文件"),
        "checking": _("核对每一行"),
        "entering": _("写入账本"),
        "undoing": _("正在撤销，名次和合计随之重算"),
        "redoing": _("正在恢复，名次和合计随之重算"),
    }
    name = names.get(deed.entry.step, _("排队中"))
    left, gone = deed.seconds_left(timezone.now()), deed.seconds_gone(timezone.now())
    if left is not None:
        return _("%(step)s · 约剩 %(left)s 秒") % {"step": name, "left": left}
    if deed.entry.step in ("checking", "entering") and gone:
        rate = deed.entry.rows_total // gone
        return _("%(step)s · 已用 %(gone)s 秒，每秒 %(rate)s 行") % {
            "step": name,
            "gone": gone,
            "rate": f"{rate:,}",
        }
    return name


def change_amount(amount: str | None, currency: str) -> str:
    return "" if amount is None else to_the_cent(Decimal(amount), currency)


def _money(deed: Deed, found: ImportList) -> tuple[str, str]:
    """What the import moved the book's revenue by, in short and exactly; empty where it carries no money."""
    if deed.money is None or not deed.money:
        return "", ""
    sign = "+" if deed.money > 0 else ""
    return sign + in_words(deed.money, found.currency), sign + to_the_cent(deed.money, found.currency)


@require_POST
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    """End an import before it is in the book: whole or not at all."""
    if not import_ledger.stop(by=reader(request), pk=pk):
        raise Http404
    messages.info(request, _("已请它停下；来不及停的话，写完后可以撤销。"))
    return redirect("imports")


@require_GET
def weigh(request: HttpRequest, number: int) -> HttpResponse:
    """What an undo or redo would do, before anybody asks for it."""
    found = try_import.weigh_switch(by=reader(request), number=number)
    if found is None:
        raise Http404
    entry, trial = found
    currency = str(settings.BOOK_CURRENCY)
    sides = [to_the_cent(side, currency) for side in (trial.money_before, trial.money_after)]
    has_money = entry.kind not in ("accounts", "products", "rates")
    context = {
        "entry": entry,
        "trial": trial,
        "sides": sides if has_money else [],
        "largest": [
            (change, change_amount(change.old, currency), change_amount(change.new, currency))
            for change in trial.largest[:3]
        ],
    }
    return render(request, "imports/switch.html", context)


@require_POST
def mend(request: HttpRequest, pk: int) -> HttpResponse:
    """Open the refused rows of an import, to be mended on the page and written."""
    draft = try_import.mend_refused(by=reader(request), pk=pk)
    if draft is None:
        raise Http404
    return redirect("draft", draft.pk)


@require_POST
def undo(request: HttpRequest, number: int) -> HttpResponse:
    changes = ask_switch(by=reader(request), number=number, to="undo")
    if changes is None:
        return redirect("imports")
    messages.success(
        request,
        _("导入 %(number)s 已撤销：移去 %(went)s 行，恢复 %(came)s 行。可以随时恢复。")
        % {"number": number, "went": f"{changes.went:,}", "came": f"{changes.came:,}"},
    )
    return redirect("imports")


@require_POST
def redo(request: HttpRequest, number: int) -> HttpResponse:
    changes = ask_switch(by=reader(request), number=number, to="redo")
    if changes is None:
        return redirect("imports")
    messages.success(
        request,
        _("导入 %(number)s 已恢复：新增 %(came)s 行，更改 %(changed)s 行。")
        % {"number": number, "came": f"{changes.came:,}", "changed": f"{changes.changed:,}"},
    )
    return redirect("imports")


@require_GET
def refused_rows(request: HttpRequest, pk: int) -> HttpResponse:
    """The refused rows as a file of the format they came in, to be mended and sent again."""
    check_may(reader(request), "see imports")
    entry = import_with_id(reader(request), pk)
    if entry is None:
        raise Http404
    came = Path(entry.file_name)
    shape = ".xlsx" if came.suffix.lower() in {".xlsx", ".xls", ".xlsm"} else ".csv"
    with tempfile.TemporaryDirectory(prefix="changqing-") as folder:
        to = Path(folder) / f"refused{shape}"
        hand_back(by=reader(request), pk=pk, to=to)
        answer = HttpResponse(to.read_bytes(), content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="refused-{pk}{shape}"'
    return answer
