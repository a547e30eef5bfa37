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
