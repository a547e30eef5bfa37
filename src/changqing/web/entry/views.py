"""Creating and editing an account; archiving it; taking a deed back."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from changqing.accounts.queries import Account, Part, account_by_key, accounts, check_may_edit, searched
from changqing.base.refused import Refused
from changqing.dossier.actions.deeds import archive_accounts, restore_accounts, undo_deed
from changqing.dossier.actions.editing import Conflicting, create_account, edit_account
from changqing.people.permissions import check_may
from changqing.web.entry.forms import LABELS, AccountForm, seen, seen_in, shown
from changqing.web.entry.words import in_words
from changqing.web.reader import reader

BLOCKS = (
    ("who", ("name", "short_name", "pinyin", "kind", "tax_number", "website")),
    ("where", ("parent", "industry", "region", "currency", "tags")),
    ("ours", ("owner", "backup", "department")),
)
SUGGESTED = 8


@require_http_methods(["GET", "POST"])
def new_account(request: HttpRequest) -> HttpResponse:
    check_may(reader(request), "edit accounts")
    form = AccountForm(request.POST or None, reader=reader(request), is_new=True)
    if request.method == "POST" and form.is_valid():
        try:
            made = create_account(
                by=reader(request), fields=form.fields_given, key=form.cleaned_data["key"], door="web"
            )
        except Refused as refused:
            _say_beside(form, refused)
        else:
            messages.success(request, _("已新建 %(name)s，编号 %(key)s。") % {"name": made, "key": made.key})
            return redirect("account", key=made.key)
    return _form(request, form, None)


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, key: str) -> HttpResponse:
    check_may(reader(request), "edit accounts")
    account = account_by_key(reader(request), key)
    if account is None:
        raise Http404
    check_may_edit(by=reader(request), accounts=[account], part=Part.BASIC)
    if request.GET.get("part") == "parents":
        return parents(request, account)
    if request.method == "GET":
        return _form(request, AccountForm(initial=shown(account), reader=reader(request)), account)
    form = AccountForm(request.POST, initial=shown(account), reader=reader(request))
    version = request.POST.get("version", "")
    if not re.fullmatch(r"[0-9]{1,9}", version, re.ASCII):
        raise BadRequest("version")
    if not form.is_valid():
        return _form(request, form, account, kept=request.POST)
    return _edit(request, form, account, int(version))


def _edit(request: HttpRequest, form: AccountForm, account: Account, version: int) -> HttpResponse:
    was = seen_in(request.POST.get("was", ""))
    fields = form.fields_given
    if was is not None:
        # what was chosen in the conflict dialog: theirs is what the account says now
        fields |= {name: was[name] for name in fields if request.POST.get(f"keep-{name}") == "theirs"}
    try:
        done = edit_account(
            by=reader(request), key=account.key, version=version, fields=fields, was=was, door="web"
        )
    except Conflicting as conflict:
        return _conflict(request, form, conflict)
    except Refused as refused:
        _say_beside(form, refused)
        return _form(request, form, account, kept=request.POST)
    _say_done(request, done.account, done.deed, done.theirs)
    return redirect("account", key=account.key)


def _say_done(request: HttpRequest, account: Account, deed: Any, theirs: tuple[str, ...]) -> None:
    if theirs:
        fields = "、".join(str(LABELS[name]) for name in theirs)
        told = _("已保存。同时有人改了%(fields)s，两边的改动都保留了。") % {"fields": fields}
    else:
        told = _("已保存 %(name)s。") % {"name": account} if deed else _("没有改动。")
    messages.success(request, told, extra_tags=f"deed:{deed.pk}" if deed else "")


def _say_beside(form: AccountForm, refused: Refused) -> None:
    form.add_error(refused.field if refused.field in form.fields else None, refused.sentence)


def _form(
    request: HttpRequest, form: AccountForm, account: Account | None, *, kept: Any = None
) -> HttpResponse:
    blocks = [(name, [form[field] for field in fields if field in form.fields]) for name, fields in BLOCKS]
    told = {
        "form": form,
        "account": account,
        "blocks": blocks,
        "version": (kept or {}).get("version") or (account.version if account else ""),
        "was": (kept or {}).get("was") or (seen(account) if account else ""),
    }
    return render(request, "entry/page.html", told, status=422 if form.errors else 200)


@dataclass(frozen=True)
class Choice:
    """One field of the conflict dialog: both versions as people read them."""

    field: str
    label: str
    base: str
    theirs: str
    mine: str


def _conflict(request: HttpRequest, form: AccountForm, conflict: Conflicting) -> HttpResponse:
    """Both versions, field by field; nothing is saved until each is chosen."""
    account = conflict.account
    pairs = [
        Choice(
            each.field,
            str(LABELS[each.field]),
            *(in_words(reader(request), each.field, value) for value in (each.base, each.theirs, each.mine)),
        )
        for each in conflict.clashes
    ]
    told = {
        "account": account,
        "conflict": conflict,
        "choices": pairs,
        "given": _rebased(form, conflict),
        "version": account.version,
        "was": seen(account),
    }
    return render(request, "entry/conflict.html", told, status=409)


def _rebased(form: AccountForm, conflict: Conflicting) -> list[tuple[str, Any]]:
    """What the dialog sends back: my own changes over what the account says now."""
    own = conflict.mine | {each.field for each in conflict.clashes}
    now = shown(conflict.account)
    return [
        (name, form.data.get(name, "") if name in own else "" if now[name] is None else now[name])
        for name in form.fields
    ]


def parents(request: HttpRequest, account: Account) -> HttpResponse:
    """Accounts that could stand above this one, for the field's list."""
    words = request.GET.get("parent", "").replace("\0", "")[:100]
    found = searched(accounts(reader(request)), words).exclude(pk=account.pk).order_by("pinyin", "pk")
    pairs = found.values_list("key", "name")[:SUGGESTED] if words.strip() else []
    return render(request, "entry/parents.html", {"pairs": pairs})


@require_POST
def archive(request: HttpRequest, key: str) -> HttpResponse:
    _must_be_there(request, key)
    done = archive_accounts(by=reader(request), keys=[key], door="web")
    told = _("已归档：不再出现在名单里，数字和名次照旧。")
    messages.success(request, told, extra_tags=f"deed:{done.deed.pk}" if done.deed else "")
    return redirect("account", key=key)


@require_POST
def restore(request: HttpRequest, key: str) -> HttpResponse:
    _must_be_there(request, key)
    done = restore_accounts(by=reader(request), keys=[key], door="web")
    told = _("已取消归档，回到名单里。")
    messages.success(request, told, extra_tags=f"deed:{done.deed.pk}" if done.deed else "")
    return redirect("account", key=key)


def _must_be_there(request: HttpRequest, key: str) -> None:
    if account_by_key(reader(request), key) is None:
        raise Http404


@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    done = undo_deed(by=reader(request), pk=pk, door="web")
    told = _("已撤销，%(count)s 家客户恢复原样。") % {"count": f"{done.restored:,}"}
    if done.left:
        told += _("%(count)s 家后来又有人改过同样的内容，那些内容没有动。") % {"count": f"{done.left:,}"}
    messages.success(request, told)
    return redirect(onward(request) or "accounts")


def onward(request: HttpRequest) -> str:
    """The page of ours that the deed was asked from, for coming back to it."""
    wanted = request.POST.get("next", "")
    return wanted if re.fullmatch(r"/(?!/)[^\\\s]{0,2000}", wanted) else ""
