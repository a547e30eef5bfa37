"""Saving the list of accounts as it is filtered and sorted, and taking a saved one away."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from changqing.dossier.actions.lists import remove_list, save_list
from changqing.web.accounts.asking import asked_in, kept
from changqing.web.reader import reader


@require_POST
def save(request: HttpRequest) -> HttpResponse:
    said = QueryDict(request.POST.get("filter", ""))
    # a name or value that no link of ours carries is a bad request here too
    asked_in(said)
    address = kept(said)
    shared = request.POST.get("shared") == "1"
    saved = save_list(
        by=reader(request), name=request.POST.get("name", ""), address=address, is_shared=shared, door="web"
    )
    messages.success(request, _("名单“%(name)s”已存下。") % {"name": saved.name})
    return redirect(f"{reverse('accounts')}?{address}" if address else reverse("accounts"))


@require_POST
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    remove_list(by=reader(request), pk=pk, door="web")
    messages.success(request, _("名单已去掉，客户没有变。"))
    return redirect("accounts")
