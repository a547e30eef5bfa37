"""Creating and editing one account; the second of two editors chooses, nobody is overwritten unseen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from changqing.accounts.actions import check_can_hold
from changqing.accounts.models import Account
from changqing.accounts.queries import editable_by, line_above, visible_to
from changqing.base.refused import Refused
from changqing.dossier.actions.writing import (
    TABLE,
    carry_out,
    column,
    editable,
    lock_the_tree,
    note_creation,
    search_of,
    value_of,
)
from changqing.dossier.models import Revision
from changqing.dossier.queries.deeds import last_deed_on
from changqing.dossier.rules.fields import EDITABLE, LONGEST, Difference, clean_tags, clean_text, meet, plain
from changqing.people.models import Department, User
from changqing.people.permissions import Principal, check_may, sees_the_whole_book

LONGEST_KEY = 160


class Conflicting(Refused):
    """Somebody else set the same fields meanwhile; ``clashes`` holds both versions of each.

    ``mine`` names what I alone changed: it waits for the choice and is saved with it.
    """

    def __init__(
        self,
        *,
        account: Account,
        clashes: Sequence[Difference],
        mine: Iterable[str],
        who: str,
        when: datetime | None,
    ) -> None:
        super().__init__(
            _("您打开编辑以后，%(who)s 改了同样的内容。还没有保存；请逐项选定。") % {"who": who or _("别人")}
        )
        self.account = account
        self.clashes = list(clashes)
        self.mine = frozenset(mine)
        self.who = who
        self.when = when


@dataclass(frozen=True)
class Edited:
    """What an edit did: the account, its deed if anything changed, and fields that others set meanwhile."""

    account: Account
    deed: Revision | None
    theirs: tuple[str, ...]


@transaction.atomic
def create_account(*, by: Principal, fields: Mapping[str, Any], key: str = "", door: str = "") -> Account:
    """A new account; whoever does not see the whole book becomes its owner, so that it is theirs to see."""
    check_may(by, "edit accounts")
    wanted = _clean({"name": "", **fields})
    if isinstance(by, User) and not sees_the_whole_book(by):
        wanted["owner"] = wanted.get("owner") or by.pk
        wanted["department"] = wanted.get("department") or by.department_id
    _check_links(by=by, account=None, wanted=wanted)
    said = plain(key)
    if len(said) > LONGEST_KEY:
        raise Refused(_("太长了：最多 %(most)s 个字。") % {"most": LONGEST_KEY}, field="key")
    pk, free = _free_key()
    said = said or free
    if Account.objects.filter(key=said).exists():
        raise Refused(_("编号 %(key)s 已有客户在用。") % {"key": said}, field="key")
    account = Account(pk=pk, key=said, touched_at=timezone.now())
    for name, value in wanted.items():
        setattr(account, column(name), value)
    by_hand = wanted.get("pinyin", "")
    account.pinyin, account.search = search_of(account.name, account.short_name, said, by_hand=by_hand)
    account.edited = sorted(name for name, value in wanted.items() if value)
    account.save(force_insert=True)
    note_creation(by=by, account=account, said=wanted, door=door)
    return account


@transaction.atomic
def edit_account(
    *,
    by: Principal,
    key: str,
    version: int,
    fields: Mapping[str, Any],
    was: Mapping[str, Any] | None = None,
    door: str = "",
) -> Edited:
    """Set ``fields`` of the account as it stood at ``version``.

    ``was`` is what the editor saw. Where somebody else has set other fields meanwhile, both edits stand;
    where both set the same field, Conflicting, and nothing is saved. Without ``was`` every field that
    differs from a newer version is a conflict.
    """
    account = editable(by=by, keys=[key])[0]
    now = {name: value_of(account, name) for name in EDITABLE}
    wanted = _clean(fields)
    is_stale = account.version != version
    base = {**now, **_clean(was)} if was is not None and is_stale else now
    meeting = meet(base, now, wanted)
    clashes = meeting.clashes
    if is_stale and was is None:
        clashes = [Difference(name, None, now[name], value) for name, value in meeting.mine.items()]
    if clashes:
        last = last_deed_on(account)
        raise Conflicting(
            account=account,
            clashes=clashes,
            mine=meeting.mine,
            who=last.who if last else "",
            when=last.at if last else None,
        )
    _check_links(by=by, account=account, wanted=meeting.mine)
    deed = carry_out(by=by, verb=Revision.Verb.EDIT, changes=[(account, meeting.mine)], door=door)
    account.refresh_from_db()
    return Edited(account, deed, tuple(meeting.theirs))


def _clean(fields: Mapping[str, Any]) -> dict[str, Any]:
    """``fields`` as they are kept; Refused for one that cannot be, or that nobody may write."""
    if unknown := sorted(set(fields) - set(EDITABLE)):
        raise Refused(_("没有“%(field)s”这个字段。") % {"field": unknown[0]}, field=unknown[0])
    said: dict[str, Any] = {}
    for name, value in fields.items():
        if name in LONGEST:
            said[name] = clean_text(name, value)
        elif name == "tags":
            said[name] = clean_tags([value] if isinstance(value, str) else value)
        elif name == "kind":
            if value not in Account.Kind.values:
                raise Refused(_("没有“%(kind)s”这种客户。") % {"kind": value}, field="kind")
            said[name] = value
        else:
            said[name] = value if value is None or isinstance(value, int) else value.pk
    return said


def _check_links(*, by: Principal, account: Account | None, wanted: Mapping[str, Any]) -> None:
    """Whom and what an account is linked to must be there, be the writer's to link, and close no circle."""
    for name in ("owner", "backup"):
        who = User.objects.filter(pk=wanted[name], is_active=True).first() if wanted.get(name) else None
        if wanted.get(name) and who is None:
            raise Refused(_("这个人已不在职，不能负责客户。"), field=name)
        check_can_hold(owner=who, backup=None)
    if wanted.get("department") and not Department.objects.filter(pk=wanted["department"]).exists():
        raise Refused(_("没有这个部门。"), field="department")
    if not wanted.get("parent"):
        return
    lock_the_tree()
    above = Account.objects.filter(pk=wanted["parent"])
    if not visible_to(by, above).exists():
        raise Refused(_("没有您能看到的这家上级客户。"), field="parent")
    # a link changes both its ends
    if not editable_by(by, above).exists():
        raise Refused(_("您不能改动那家上级客户，因此不能把客户归到它下面。"), field="parent")
    if account and account.pk in line_above(wanted["parent"]):
        raise Refused(_("不能这样归属：那家客户就在这家客户的下面，集团会绕回自己。"), field="parent")


def _free_key() -> tuple[int, str]:
    """The next account's id and a key made of it that nobody bears."""
    while True:
        with connection.cursor() as cursor:
            cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [TABLE])
            pk = int(cursor.fetchone()[0])
        if not Account.objects.filter(key=f"K{pk:06d}").exists():
            return pk, f"K{pk:06d}"
