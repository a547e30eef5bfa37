"""The list of accounts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_GET

from changqing.accounts.queries import Part
from changqing.dossier.queries.lists import lists_for
from changqing.people.permissions import SEES_NOTHING, check_may, may
from changqing.people.queries import colleagues, department_choices
from changqing.reports.accounts import (
    PER_PAGE,
    AccountList,
    account_list,
    keys_listed,
    list_composition,
    list_facets,
)
from changqing.web.accounts.amounts import currency_name, period_choices, period_words
from changqing.web.accounts.asking import asked_in, kept
from changqing.web.accounts.export import export
from changqing.web.accounts.rows import ListRows
from changqing.web.components.lists import Choice, Column
from changqing.web.components.markup import escaped
from changqing.web.reader import reader

SILENT_DAYS = 90


@require_GET
def accounts(request: HttpRequest) -> HttpResponse:
    asked = asked_in(request.GET)
    part = request.GET.get("part", "")
    if request.GET.get("export"):
        return export(request, asked)
    if part == "filters":
        return render(request, "accounts/filters.html", _filters(request))
    if part == "lists":
        return render(request, "accounts/lists.html", _lists(request))
    if part == "bulk":
        check_may(reader(request), "edit accounts")
        return render(request, "accounts/bulk.html", _bulk(request))
    if part == "composition":
        return render(
            request, "accounts/composition.html", {"composition": list_composition(reader(request), asked)}
        )
    return render(request, "accounts/page.html", _page(request, account_list(reader(request), asked)))


def _page(request: HttpRequest, found: AccountList) -> dict[str, Any]:
    return {
        "found": found,
        "rows": ListRows(found, kept(request.GET)).written(),
        "title": title(found),
        "caption": _caption(found),
        "columns": _columns(found),
        "views": [
            Choice(label=_("按客户"), url=reverse("accounts"), current=True),
            Choice(label=_("按集团"), url=reverse("groups")),
        ],
        "period_choices": period_choices(found.asked.period, f"?{kept(request.GET, 'period')}&period="),
        "toggles": _toggles(request, found),
        "found_pairs": parse_qsl(kept(request.GET)),
        "per_page": PER_PAGE,
        "sees_nothing": reader(request).role in SEES_NOTHING,
        "may_bring_in": may(reader(request), "bring in files"),
        "may_edit": may(reader(request), "edit accounts"),
        "lists_url": f"?{kept(request.GET)}&part=lists",
        "bulk_url": f"?{kept(request.GET)}&part=bulk",
        "filters_url": f"?{kept(request.GET)}&part=filters",
        "composition_url": f"?{kept(request.GET)}&part=composition",
    }


def title(found: AccountList) -> str:
    """The list's answer as a sentence."""
    if found.asked.narrows:
        start = ngettext("找到 %(count)s 家客户", "找到 %(count)s 家客户", found.total)
    elif found.is_whole_book:
        start = ngettext("%(count)s 家客户", "%(count)s 家客户", found.total)
    else:
        start = ngettext("您可见 %(count)s 家客户", "您可见 %(count)s 家客户", found.total)
    start %= {"count": f"{found.total:,}"}
    parts = _parts(found)
    return _("%(start)s：%(parts)s") % {"start": start, "parts": _("，").join(parts)} if parts else start


def _parts(found: AccountList) -> list[str]:
    """What the list holds beside its length, unless it was asked for by just that."""
    held, asked = found.composition, found.asked
    if held is None:
        return []
    counted = [
        (held.a, _("A 类 %(count)s 家"), bool(asked.abc)),
        (held.loss_making, _("亏损 %(count)s 家"), asked.is_loss_making),
        (
            found.total - held.placed,
            _("本期未下单 %(count)s 家"),
            asked.never_bought or Part.REVENUE in found.hidden,
        ),
    ]
    return [words % {"count": f"{count:,}"} for count, words, is_asked in counted if count and not is_asked]


def _caption(found: AccountList) -> str:
    words = [
        period_words(found.asked.period, found.from_day, found.as_of),
        _("%(currency)s，不含税") % {"currency": currency_name(found.currency)},
    ]
    if found.ranked_accounts:
        words.append(_("名次和 ABC 按整本账的 %(count)s 家排定") % {"count": f"{found.ranked_accounts:,}"})
    return " · ".join(words)


def _columns(found: AccountList) -> list[Column]:
    """What this reader sees nowhere cannot be sorted by."""
    barred = {"margin"} if Part.MARGIN in found.hidden else set()
    barred |= {"rank", "revenue", "last"} if Part.REVENUE in found.hidden else set()
    return [replace(each, key="") if each.key in barred else each for each in _all_columns()]


def _all_columns() -> list[Column]:
    return [
        Column(label=_("名次"), key="rank", wide=True),
        Column(label=pgettext("kind of account", "客户"), key="name"),
        Column(label=_("等级"), wide=True),
        Column(label=_("收入"), key="revenue", number=True),
        Column(label=_("毛利"), key="margin", number=True),
        Column(label=_("24 个月走势"), wide=True, hint=_("近 12 个整月与此前 12 个整月相比")),
        Column(label=_("最近下单"), key="last", number=True, wide=True),
        Column(label=_("行业 · 地区"), wide=True),
        Column(label=_("负责人"), wide=True),
    ]


@dataclass(frozen=True)
class Toggle:
    """A filter that one click sets and another takes away."""

    label: str
    url: str
    is_on: bool


def _toggles(request: HttpRequest, found: AccountList) -> list[Toggle]:
    asked = found.asked
    made = [("archived=only", _("已归档"), asked.archived == "only", "archived")]
    if may(reader(request), "hand accounts over"):
        made.append(("unassigned=1", _("待分配"), asked.unassigned, "unassigned"))
    if Part.REVENUE not in found.hidden:
        made = _of_money(found) + made
    return [
        Toggle(label, f"?{kept(request.GET, name)}" + ("" if is_on else f"&{pair}"), is_on)
        for pair, label, is_on, name in made
    ]


def _of_money(found: AccountList) -> list[tuple[str, str, bool, str]]:
    """Filters by what accounts brought: (pair of the address, label, whether it is on, its name)."""
    asked = found.asked
    made = [
        (f"abc={letter}", _("%(letter)s 类") % {"letter": letter}, letter in asked.abc, "abc")
        for letter in found.letters
    ]
    made += [(f"band={code}", name, code in asked.band, "band") for code, name in found.band_names.items()]
    if Part.MARGIN not in found.hidden:
        made.append(("loss=1", _("亏损"), asked.is_loss_making, "loss"))
    made += [
        ("never=1", _("从未下单"), asked.never_bought, "never"),
        (
            f"silent={SILENT_DAYS}",
            _("%(days)s 天没下单") % {"days": SILENT_DAYS},
            asked.silent_days == SILENT_DAYS,
            "silent",
        ),
    ]
    return made


def _lists(request: HttpRequest) -> dict[str, Any]:
    """The saved lists that the reader may use, and the address to save this one by."""
    address = kept(request.GET)
    return {
        "lists": [(each, each.address == address) for each in lists_for(reader(request))],
        "address": address,
        "reader_id": reader(request).pk,
        "may_share": may(reader(request), "edit accounts"),
    }


def _bulk(request: HttpRequest) -> dict[str, Any]:
    """What many accounts can be given, and which list is meant."""
    asked = asked_in(request.GET)
    address = kept(request.GET)
    return {
        "people": colleagues(),
        "departments": department_choices(),
        "total": len(keys_listed(reader(request), asked)),
        "filter": address,
        "back": f"{reverse('accounts')}?{address}" if address else reverse("accounts"),
        "is_archive": asked.archived == "only",
    }


def _filters(request: HttpRequest) -> dict[str, Any]:
    asked, facets = asked_in(request.GET), list_facets(reader(request))
    return {
        "facets": facets,
        "industries": _options(zip(facets.industries, facets.industries, strict=True), asked.industry),
        "regions": _options(zip(facets.regions, facets.regions, strict=True), asked.region),
        "tags": _options(zip(facets.tags, facets.tags, strict=True), *asked.tags),
        "owners": _options(facets.owners, asked.owner),
        "departments": _options(facets.departments, asked.department),
    }


def _options(known: Iterable[tuple[str | int, str]], *chosen: str | int | None) -> SafeString:
    """The choices of a select, (value, name), written at once: a large house has hundreds of owners."""
    return SafeString(
        "".join(
            f"<option{_value(value)}{' selected' if value in chosen else ''}>{escaped(name)}</option>"
            for value, name in known
        )
    )


def _value(value: str | int) -> str:
    """What is sent for a choice; a word is sent as it is read."""
    return f' value="{value}"' if isinstance(value, int) else ""
