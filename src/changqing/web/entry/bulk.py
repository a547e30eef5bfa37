"""Changing many accounts at once: those ticked in the list, or the whole list as it is filtered."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from changqing.dossier.actions.deeds import (
    Done,
    archive_accounts,
    assign_accounts,
    restore_accounts,
    tag_accounts,
    untag_accounts,
)
from changqing.people.permissions import check_may
from changqing.people.queries import department_by_id, user_with_id
from changqing.reports.accounts import keys_listed
from changqing.web.accounts.asking import asked_in
from changqing.web.entry.views import onward
from changqing.web.reader import reader


@require_POST
def change(request: HttpRequest) -> HttpResponse:
    """One deed on the accounts asked for; then back to the list, with a way to take it back."""
    check_may(reader(request), "edit accounts")
    done = _act(request, _keys(request))
    if done.changed:
        told = ngettext("已改 %(count)s 家客户。", "已改 %(count)s 家客户。", done.changed) % {
            "count": f"{done.changed:,}"
        }
    else:
        told = _("选中的客户本来就是这样，没有改动。")
    messages.success(request, told, extra_tags=f"deed:{done.deed.pk}" if done.deed else "")
    answer = HttpResponse(status=204)
    answer["HX-Redirect"] = onward(request) or reverse("accounts")
    return answer


def _keys(request: HttpRequest) -> list[str]:
    """The ticked accounts, or with ``all`` every account of the filter that the address carried."""
    if request.POST.get("all") != "1":
        return [key[:160] for key in request.POST.getlist("key")]
    return keys_listed(reader(request), asked_in(QueryDict(request.POST.get("filter", ""))))


def _act(request: HttpRequest, keys: list[str]) -> Done:
    by, said = reader(request), request.POST
    match said.get("deed"):
        case "assign":
            return assign_accounts(
                by=by,
                keys=keys,
                owner=user_with_id(_number(said, "owner")) if said.get("owner") else None,
                backup=user_with_id(_number(said, "backup")) if said.get("backup") else None,
                department=department_by_id(_number(said, "department")) if said.get("department") else None,
                door="web",
            )
        case "tag":
            return tag_accounts(by=by, keys=keys, tags=[said.get("tags", "")], door="web")
        case "untag":
            return untag_accounts(by=by, keys=keys, tags=[said.get("tags", "")], door="web")
        case "archive":
            return archive_accounts(by=by, keys=keys, door="web")
        case "restore":
            return restore_accounts(by=by, keys=keys, door="web")
    raise BadRequest("deed")


def _number(said: QueryDict, name: str) -> int:
    value = said.get(name, "")
    if not value.isascii() or not value.isdigit() or len(value) > 9:
        raise BadRequest(name)
    return int(value)
