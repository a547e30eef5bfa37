"""The team card: who has which place, giving and ending one, and why somebody sees the account."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from changqing.accounts.grants import end_team_role, give_team_role, seal
from changqing.accounts.queries import (
    Candidate,
    Level,
    Part,
    TeamMembership,
    part_name,
    team_candidates,
    team_roles,
)
from changqing.base.refused import Refused
from changqing.dossier.actions.handover import answer_handover, ask_handover, withdraw_handover
from changqing.people.queries import User, user_named
from changqing.reports.who_sees import WhoSees, who_sees
from changqing.web.components.markup import escaped
from changqing.web.reader import reader


@require_http_methods(["GET", "POST"])
def team(request: HttpRequest, key: str) -> HttpResponse:
    found = who_sees(reader(request), key)
    if found is None:
        raise Http404
    if request.method == "POST":
        _done(reader(request), key, request.POST)
        if not request.headers.get("HX-Request"):
            return redirect(f"{reverse('account', args=[key])}#team")
        found = who_sees(reader(request), key)
        if found is None:
            # who gave back the own place may see the account no more
            return HttpResponse(headers={"HX-Redirect": reverse("accounts")})
    elif username := request.GET.get("user", ""):
        found = who_sees(reader(request), key, username)
    return render(request, "team/card.html", _card(request, found) if found else {})


def _done(by: User, key: str, said: QueryDict) -> None:
    """The one deed that ``said`` asks for."""
    deed, because = said.get("deed", ""), said.get("because", "")
    if deed in {"seal", "unseal"}:
        seal(by=by, account=key, sealed=deed == "seal", because=because)
    elif deed == "ask":
        ask_handover(by=by, account=key, to=_colleague(said.get("user", "")), because=because, door="web")
    elif deed in {"grant", "decline"}:
        answer_handover(by=by, account=key, grant=deed == "grant", reply=said.get("reply", ""), door="web")
    elif deed == "withdraw":
        withdraw_handover(by=by, account=key, door="web")
    elif deed == "end":
        end_team_role(by=by, account=key, user=user_named(said.get("user", "")))
    else:
        # a wish that is no deed is one to give: refused by whoever may not, before what it says is read
        give_team_role(
            by=by,
            account=key,
            user=_colleague(said.get("user", "")),
            role=said.get("role", "reader"),
            levels=_levels(said),
            until=_day(said.get("until", "")),
        )


def _colleague(username: str) -> User:
    return user_named(username) if username else User(is_active=False, full_name="–")


def _levels(said: QueryDict) -> dict[Part, Level]:
    """What differs from the role's default; an empty choice does not."""
    given = {part: said.get(f"level-{part}", "") for part in TeamMembership.PARTS}
    return {part: Level(int(level)) for part, level in given.items() if level in {"0", "1", "2"}}


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused(_("请把最后一天写成 2026-12-31 的样子。"), field="until") from None


def _card(request: HttpRequest, found: WhoSees) -> dict[str, Any]:
    levels = [(1, _("可查看")), (2, _("可编辑")), (0, _("看不到"))]
    return {
        "found": found,
        "title": _title(found),
        "ways_title": _ways_title(request, found),
        "url": reverse("team", args=[found.account.key]),
        **_choices(found, reader(request)),
        "roles": [(role.code, str(role.name)) for role in team_roles().values()],
        "parts": [(part, part_name(part), levels) for part in TeamMembership.PARTS if part != Part.BASIC],
        "me": reader(request),
    }


def _choices(found: WhoSees, me: User) -> dict[str, SafeString]:
    """The colleagues as the card's lists offer them; hundreds, so that no template goes through them."""
    people = team_candidates()
    placed = [(each, f"{each.name} · {each.department}" if each.department else each.name) for each in people]
    asked = found.whom.pk if found.whom and found.whom != me else None
    given = placed if found.may_give else []
    others = placed if found.may_ask and not found.handover else []
    return {
        "candidates": _options(given),
        "successors": _options((each, words) for each, words in others if each.pk != found.account.owner_id),
        "colleagues": _options(((each, each.name) for each in people), chosen=asked),
    }


def _options(people: Iterable[tuple[Candidate, str]], chosen: int | None = None) -> SafeString:
    return SafeString("".join([_option(each.username, words, each.pk == chosen) for each, words in people]))


@lru_cache(maxsize=4_000)
def _option(username: str, words: str, is_chosen: bool) -> str:
    """One colleague; the same hundreds stand on every card."""
    mark = " selected" if is_chosen else ""
    return f'<option value="{escaped(username)}"{mark}>{escaped(words)}</option>'


def _title(found: WhoSees) -> str:
    if not found.team:
        return _("客户团队里还没有别人")
    return _("客户团队有 %(count)s 位同事") % {"count": len(found.team)}


def _ways_title(request: HttpRequest, found: WhoSees) -> str:
    if found.whom is None or found.whom.pk == reader(request).pk:
        return _("您为什么看得到")
    words = _("%(name)s 为什么看得到") if found.ways else _("%(name)s 看不到这家客户")
    return words % {"name": found.whom.full_name}
