"""Customers that files named and nobody told us of: to be matched to accounts, one by one or in bulk."""

from __future__ import annotations

import re

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from changqing.accounts.queries import account_by_key
from changqing.base.refused import Refused
from changqing.journeys.import_ledger import rematch_many
from changqing.ledger.matching import strangers
from changqing.web.reader import reader

PER_PAGE = 50
# So alike that one click takes them all.
SURE = 0.9


@require_GET
def strangers_page(request: HttpRequest) -> HttpResponse:
    asked = request.GET.get("page", "1")
    page = max(1, int(asked)) if re.fullmatch(r"[0-9]{1,6}", asked, re.ASCII) else 1
    found, total = strangers(reader(request), offset=(page - 1) * PER_PAGE, limit=PER_PAGE)
    sure = sum(1 for each in found if each.suggestions and each.suggestions[0].likeness >= SURE)
    title = (
        ngettext(
            "%(count)s 家客户只在单据里出现过，%(sure)s 家有很像的",
            "%(count)s 家客户只在单据里出现过，%(sure)s 家有很像的",
            total,
        )
        % {"count": f"{total:,}", "sure": sure}
        if total
        else _("每一家客户都对上了")
    )
    context = {
        "found": found,
        "title": title,
        "sure": SURE,
        "total": total,
        "page": page,
        "pages": max(1, -(-total // PER_PAGE)),
        "per_page": PER_PAGE,
    }
    return render(request, "imports/strangers.html", context)


@require_POST
def match(request: HttpRequest) -> HttpResponse:
    """Match those ticked to the suggestion or the code chosen; all together, with one ranking."""
    wanted: dict[int, int] = {}
    for ticked in request.POST.getlist("stranger")[:PER_PAGE]:
        if not re.fullmatch(r"[0-9]{1,12}", ticked, re.ASCII):
            continue
        code = request.POST.get(f"code-{ticked}", "").strip()
        chosen = request.POST.get(f"account-{ticked}", "")
        if code:
            account = account_by_key(reader(request), code)
            if account is None:
                raise Refused(_("没有编号为 %(key)s 的客户，或您看不到它。") % {"key": code})
            wanted[int(ticked)] = account.pk
        elif re.fullmatch(r"[0-9]{1,12}", chosen, re.ASCII):
            wanted[int(ticked)] = int(chosen)
    count = rematch_many(by=reader(request), wanted=wanted)
    messages.success(
        request,
        ngettext("%(count)s 家客户已对上，名次已重排。", "%(count)s 家客户已对上，名次已重排。", count)
        % {"count": count},
    )
    return redirect("strangers")
