"""Deeds on many accounts at once, and taking a deed back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from changqing.accounts.models import Account
from changqing.accounts.queries import line_above
from changqing.base.refused import Refused
from changqing.dossier.actions.writing import (
    carry_out,
    check_may_set,
    editable,
    lock_the_tree,
    value_of,
    write_fields,
)
from changqing.dossier.models import Revision, RevisionLine
from changqing.dossier.queries.deeds import deed_with_id
from changqing.dossier.rules.fields import MOST_TAGS, clean_tags
from changqing.people.models import Department, User
from changqing.people.permissions import Principal, check_may
from changqing.records.actions import write_audit

# More at once would hold their rows for longer than others can wait.
MOST_AT_ONCE = 20_000


@dataclass(frozen=True)
class Done:
    """How many accounts a deed changed, of how many it was asked of; None as deed when nothing differed."""

    deed: Revision | None
    changed: int
    asked: int


@dataclass(frozen=True)
class Undone:
    """How many accounts are as before, and on how many somebody has set the same fields since."""

    restored: int
    left: int


def assign_accounts(
    *,
    by: Principal,
    keys: Iterable[str],
    owner: User | None = None,
    backup: User | None = None,
    department: Department | None = None,
    door: str = "",
) -> Done:
    """Give accounts an owner, a backup, a department; what is None stays as it is."""
    for name, person in (("owner", owner), ("backup", backup)):
        if person and not person.is_active:
            raise Refused(_("这个人已不在职，不能负责客户。"), field=name)
    given = {"owner": owner, "backup": backup, "department": department}
    fields = {name: value.pk for name, value in given.items() if value is not None}
    if not fields:
        raise Refused(_("请先选负责人、备份或部门。什么都没有改动。"))
    return _each(by=by, verb=Revision.Verb.ASSIGN, keys=keys, fields_of=lambda _account: fields, door=door)


def tag_accounts(*, by: Principal, keys: Iterable[str], tags: Iterable[str], door: str = "") -> Done:
    """Add tags to accounts, behind those they have."""
    new = _wanted_tags(tags)

    def fields_of(account: Account) -> Mapping[str, Any]:
        have = {tag.casefold() for tag in account.tags}
        joined = [*account.tags, *(tag for tag in new if tag.casefold() not in have)]
        if len(joined) > MOST_TAGS:
            raise Refused(
                _("%(name)s 的标签会超过 %(most)s 个。什么都没有改动。")
                % {"name": account.name, "most": MOST_TAGS}
            )
        return {"tags": joined}

    return _each(by=by, verb=Revision.Verb.TAG, keys=keys, fields_of=fields_of, door=door)


def untag_accounts(*, by: Principal, keys: Iterable[str], tags: Iterable[str], door: str = "") -> Done:
    """Take tags off accounts."""
    gone = {tag.casefold() for tag in _wanted_tags(tags)}

    def fields_of(account: Account) -> Mapping[str, Any]:
        return {"tags": [tag for tag in account.tags if tag.casefold() not in gone]}

    return _each(by=by, verb=Revision.Verb.UNTAG, keys=keys, fields_of=fields_of, door=door)


def archive_accounts(*, by: Principal, keys: Iterable[str], door: str = "") -> Done:
    """Take accounts off lists; they keep every figure and their place in the whole book."""
    now = timezone.now().isoformat()
    return _each(
        by=by,
        verb=Revision.Verb.ARCHIVE,
        keys=keys,
        fields_of=lambda account: {} if account.archived_at else {"archived_at": now},
        door=door,
    )


def restore_accounts(*, by: Principal, keys: Iterable[str], door: str = "") -> Done:
    """Bring archived accounts back onto lists."""
    return _each(
        by=by,
        verb=Revision.Verb.RESTORE,
        keys=keys,
        fields_of=lambda _account: {"archived_at": None},
        door=door,
    )


@transaction.atomic
def undo_deed(*, by: Principal, pk: int, door: str = "") -> Undone:
    """Set back what deed ``pk`` set, where nobody has set it anew since."""
    check_may(by, "edit accounts")
    deed = deed_with_id(by, pk)
    if deed is None:
        raise Refused(_("没有您能撤销的这一步。"))
    deed = Revision.objects.select_for_update().get(pk=pk)
    if deed.undone_at:
        raise Refused(_("这一步已经撤销过了。"))
    if deed.verb == Revision.Verb.CREATE:
        raise Refused(_("新建的客户不能撤销，可以归档。"))
    lines = {line.account_id: line for line in RevisionLine.objects.filter(deed=pk)}
    known = Account.objects.filter(pk__in=lines).values_list("key", flat=True)
    found = editable(by=by, keys=known)
    back = [(account, _back(account, lines[account.pk])) for account in found]
    if any("parent" in fields for _account, fields in back):
        _check_parents(back)
    real = [(account, fields) for account, fields in back if fields]
    check_may_set(by, {name for _account, fields in real for name in fields})
    if real:
        write_fields(changes=real)
    whole = sum(len(fields) == len(lines[account.pk].after) for account, fields in back)
    Revision.objects.filter(pk=pk).update(undone_at=timezone.now(), undone_by=str(by))
    write_audit(
        by=by,
        verb="undo",
        subject=("deed", pk),
        door=door,
        restored=whole,
        accounts=[account.key for account, _fields in back[:100]],
    )
    return Undone(restored=whole, left=len(back) - whole)


def _back(account: Account, line: RevisionLine) -> dict[str, Any]:
    return {name: line.before[name] for name, value in line.after.items() if value_of(account, name) == value}


def _check_parents(back: Iterable[tuple[Account, Mapping[str, Any]]]) -> None:
    lock_the_tree()
    for account, fields in back:
        parent = fields.get("parent")
        if parent and account.pk in line_above(parent):
            raise Refused(
                _("%(name)s 的集团关系后来变了，撤销会绕回自己。什么都没有改动。") % {"name": account.name}
            )


def _wanted_tags(tags: Iterable[str]) -> list[str]:
    found = clean_tags(tags)
    if not found:
        raise Refused(_("请先写标签。什么都没有改动。"), field="tags")
    return found


@transaction.atomic
def _each(
    *,
    by: Principal,
    verb: str,
    keys: Iterable[str],
    fields_of: Callable[[Account], Mapping[str, Any]],
    door: str,
) -> Done:
    wanted = list(dict.fromkeys(keys))
    if not wanted:
        raise Refused(_("请先选中客户（X 选中）。什么都没有改动。"))
    if len(wanted) > MOST_AT_ONCE:
        raise Refused(
            _("一次最多改 %(most)s 家，这里有 %(count)s 家。请先加筛选条件。什么都没有改动。")
            % {"most": f"{MOST_AT_ONCE:,}", "count": f"{len(wanted):,}"}
        )
    found = editable(by=by, keys=wanted)
    deed = carry_out(by=by, verb=verb, changes=[(each, fields_of(each)) for each in found], door=door)
    return Done(deed, deed.accounts if deed else 0, len(found))
