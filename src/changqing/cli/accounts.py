"""Creating, editing, archiving and tagging accounts; taking a deed back."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any

from changqing.base.refused import Refused
from changqing.cli.book import opened, principal
from changqing.cli.words import gettext as _

if TYPE_CHECKING:
    from changqing.people.permissions import Principal

DOOR = "cli"


def new(words: Namespace) -> int:
    with opened():
        from changqing.dossier.actions.editing import create_account

        by = principal(words)
        made = create_account(
            by=by, fields={"name": words.name, **_fields(by, words.set)}, key=words.key, door=DOOR
        )
        print(_("已新建客户 %(key)s。") % {"key": made.key})
    return 0


def edit(words: Namespace) -> int:
    with opened():
        from changqing.accounts.queries import account_by_key
        from changqing.dossier.actions.editing import edit_account

        by = principal(words)
        found = account_by_key(by, words.key)
        if found is None:
            raise Refused(_("没有编号为 %(key)s 的客户，或您看不到它。") % {"key": words.key})
        done = edit_account(
            by=by,
            key=words.key,
            version=words.version or found.version,
            fields=_fields(by, words.set),
            door=DOOR,
        )
        number = done.deed.pk if done.deed else "–"
        print(
            _("已保存，版本 %(version)s；这一步的编号是 %(deed)s。")
            % {"version": done.account.version, "deed": number}
        )
    return 0


def archive(words: Namespace) -> int:
    return _many(words, "archive_accounts")


def restore(words: Namespace) -> int:
    return _many(words, "restore_accounts")


def tag(words: Namespace) -> int:
    return _many(words, "untag_accounts" if words.remove else "tag_accounts", tags=words.tag)


def assign(words: Namespace) -> int:
    with opened():
        from changqing.people.queries import department_named, user_named

        given = {
            "owner": user_named(words.owner) if words.owner else None,
            "backup": user_named(words.backup) if words.backup else None,
            "department": department_named(words.department) if words.department else None,
        }
        return _many(words, "assign_accounts", **given)


def undo(words: Namespace) -> int:
    with opened():
        from changqing.dossier.actions.deeds import undo_deed

        done = undo_deed(by=principal(words), pk=words.number, door=DOOR)
        print(
            _("已撤销：%(restored)s 家恢复原样，%(left)s 家后来又改过、没有动。")
            % {"restored": done.restored, "left": done.left}
        )
    return 0


def _many(words: Namespace, verb: str, **given: Any) -> int:
    with opened():
        from changqing.dossier.actions import deeds

        done = getattr(deeds, verb)(by=principal(words), keys=words.keys, door=DOOR, **given)
        number = done.deed.pk if done.deed else "–"
        print(
            _("改了 %(changed)s 家，共 %(asked)s 家；这一步的编号是 %(deed)s。")
            % {"changed": done.changed, "asked": done.asked, "deed": number}
        )
    return 0


def _fields(by: Principal, pairs: list[str]) -> dict[str, Any]:
    """``--set name=value`` as fields; an empty value takes the field away."""
    from changqing.accounts.queries import account_named
    from changqing.people.queries import department_named, user_named

    said: dict[str, Any] = {}
    for pair in pairs:
        name, separator, value = pair.partition("=")
        if not separator:
            raise Refused(_("请写成 字段=值：%(pair)s") % {"pair": pair})
        if name == "parent":
            said[name] = account_named(by, value).pk if value else None
        elif name in ("owner", "backup"):
            said[name] = user_named(value).pk if value else None
        elif name == "department":
            said[name] = department_named(value).pk if value else None
        else:
            said[name] = value
    return said
