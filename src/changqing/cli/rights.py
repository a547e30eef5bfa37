"""Who sees what, from the console: team places, sponsors, seals, why somebody sees an account, leaving."""

from __future__ import annotations

import json
from argparse import Namespace
from typing import TYPE_CHECKING

from changqing.base.refused import Refused
from changqing.cli.book import opened, principal
from changqing.cli.words import gettext as _

if TYPE_CHECKING:
    from changqing.people.permissions import Level, Part


def show_team(words: Namespace) -> int:
    with opened():
        from changqing.reports.who_sees import team_json

        print(json.dumps(team_json(principal(words), words.key), ensure_ascii=False, indent=2))
    return 0


def give(words: Namespace) -> int:
    with opened():
        from changqing.accounts.grants import give_team_role
        from changqing.people.queries import user_named

        levels = dict(_level(each) for each in words.level)
        give_team_role(
            by=principal(words),
            account=words.key,
            user=user_named(words.member),
            role=words.role,
            levels=levels,
            until=words.until,
        )
        print(_("已授予。下一次请求起生效。"))
    return 0


def end(words: Namespace) -> int:
    with opened():
        from changqing.accounts.grants import end_team_role
        from changqing.people.queries import user_named

        end_team_role(by=principal(words), account=words.key, user=user_named(words.member))
        print(_("已收回。下一次请求起生效。"))
    return 0


def seal(words: Namespace) -> int:
    with opened():
        from changqing.accounts.grants import seal as set_seal

        set_seal(by=principal(words), account=words.key, sealed=words.deed == "seal", because=words.because)
        print(_("已记录。下一次请求起生效。"))
    return 0


def ask_handover(words: Namespace) -> int:
    with opened():
        from changqing.dossier.actions.handover import ask_handover as ask
        from changqing.people.queries import user_named

        to = user_named(words.to)
        ask(by=principal(words), account=words.key, to=to, because=words.because, door="cli")
        print(_("已申请。批准之前什么都不变。"))
    return 0


def answer_handover(words: Namespace) -> int:
    with opened():
        from changqing.dossier.actions.handover import answer_handover as answer

        grant = words.deed == "grant"
        answer(by=principal(words), account=words.key, grant=grant, reply=words.reply, door="cli")
        print(_("已批准，负责人换好了。") if grant else _("已驳回。"))
    return 0


def withdraw_handover(words: Namespace) -> int:
    with opened():
        from changqing.dossier.actions.handover import withdraw_handover as withdraw

        withdraw(by=principal(words), account=words.key, door="cli")
        print(_("已撤回。"))
    return 0


def list_handovers(words: Namespace) -> int:
    with opened():
        from changqing.reports.who_sees import handovers_json

        print(json.dumps(handovers_json(principal(words)), ensure_ascii=False, indent=2))
    return 0


def why(words: Namespace) -> int:
    with opened():
        from changqing.reports.who_sees import why_json

        print(json.dumps(why_json(principal(words), words.key, words.whom), ensure_ascii=False, indent=2))
    return 0


def _level(said: str) -> tuple[Part, Level]:
    from changqing.people.permissions import Level, Part

    name, _is, level = said.partition("=")
    try:
        return Part(name), Level[level.upper()]
    except (KeyError, ValueError):
        known = ", ".join(Part)
        raise Refused(
            _("请写成 部分=none|read|edit；部分有：%(known)s") % {"known": known}, field="level"
        ) from None
