"""Two accounts become one, and two again: rows that hang on an account, chosen fields, the group tree.

The ledger's own part, whose customer is whose account, stands in ``journeys/merge_accounts.py``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from django.apps import apps
from django.db import IntegrityError, models, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from changqing.accounts.models import Account
from changqing.accounts.queries import line_above
from changqing.base.refused import Refused
from changqing.dossier.actions.writing import (
    check_may_set,
    column,
    editable,
    lock_the_tree,
    search_of,
    value_of,
)
from changqing.dossier.models import AccountMerge, NotTheSame
from changqing.dossier.rules.fields import EDITABLE, MOST_TAGS
from changqing.people.models import User
from changqing.people.permissions import Principal

# What a table says of its rows when their account is merged.
MOVES, STAYS, DERIVED = "moves", "stays", "derived"


def followers() -> Iterator[tuple[type[models.Model], str]]:
    """The tables whose rows go over with a merge, and the column that names their account."""
    for model in apps.get_app_config("changqing").get_models():
        if getattr(model, "on_merge", STAYS) == MOVES:
            yield model, model.account_path  # type: ignore[attr-defined]


def merge_entries(*, by: Principal, kept: str, lost: str, take: Collection[str]) -> AccountMerge:
    """``lost`` goes into ``kept``; the fields ``take`` are its. The caller's transaction goes on."""
    if kept == lost:
        raise Refused(_("请选两家不同的客户。"))
    lock_the_tree()
    pair = {account.key: account for account in editable(by=by, keys=[kept, lost])}
    winner, loser = pair[kept], pair[lost]
    values = _chosen(winner, loser, take)
    fields = {name: [value_of(winner, name), value] for name, value in values.items()}
    fields = {name: change for name, change in fields.items() if change[0] != change[1]}
    check_may_set(by, fields)
    differs = [
        name
        for name in EDITABLE
        if (name in values if name == "pinyin" else value_of(winner, name) != value_of(loser, name))
    ]
    merge = AccountMerge.objects.create(
        kept=winner,
        lost=loser,
        fields=fields,
        marked=[name for name in differs if name not in winner.edited],
        moved={**_move_over(winner, loser), "differs": differs},
        by=by if isinstance(by, User) else None,
        principal=str(by),
        at=timezone.now(),
    )
    edited = sorted({*winner.edited, *differs})
    _set(winner, {name: change[1] for name, change in fields.items()}, edited=edited)
    Account.objects.filter(pk=loser.pk).update(merged_into=winner, version=F("version") + 1)
    return merge


def unmerge_entries(*, by: Principal, merge: AccountMerge) -> tuple[Account, Account]:
    """Take ``merge`` apart: what moved goes back, fields too where nobody has set them since."""
    lock_the_tree()
    AccountMerge.objects.select_for_update().get(pk=merge.pk)
    merge.refresh_from_db()
    if merge.unmerged_at:
        raise Refused(_("这次合并已经拆回了。"))
    winner = editable(by=by, keys=[merge.kept.key])[0]
    loser = Account.objects.select_for_update().get(pk=merge.lost_id)
    later = list(AccountMerge.objects.filter(kept=winner, unmerged_at=None, pk__gt=merge.pk).order_by("pk"))
    values = _values_back(winner, merge, later)
    check_may_set(by, values)
    edited = _marks_back(winner, merge, later)
    Account.objects.filter(pk=loser.pk).update(merged_into=None, version=F("version") + 1)
    for model, path in followers():
        rows = model._default_manager.filter(pk__in=merge.moved.get(model.__name__, []), **{path: winner.pk})
        rows.update(**{path: loser.pk})
    Account.objects.filter(pk__in=merge.moved["children"], parent=winner).update(parent=loser)
    if values.get("parent") and winner.pk in line_above(values["parent"]):
        raise Refused(_("集团关系后来变了，拆回会绕回自己。请先改上级客户。什么都没有改动。"), field="parent")
    _set(winner, values, edited=edited)
    AccountMerge.objects.filter(pk=merge.pk).update(unmerged_at=timezone.now())
    return winner, loser


def say_apart(*, by: Principal, one: str, other: str) -> None:
    """Say that two accounts that look alike are two companies; they are not suggested again."""
    with transaction.atomic():
        pair = editable(by=by, keys=[one, other])
        if len(pair) != 2:
            raise Refused(_("请选两家不同的客户。"))
        NotTheSame.objects.get_or_create(
            one=pair[0], other=pair[1], defaults={"principal": str(by), "at": timezone.now()}
        )


def _chosen(winner: Account, loser: Account, take: Collection[str]) -> dict[str, Any]:
    """What the one account shall say: chosen fields, all tags of both, and a group that closes no circle."""
    if unknown := sorted(set(take) - set(EDITABLE)):
        raise Refused(_("没有“%(field)s”这个字段。") % {"field": unknown[0]}, field=unknown[0])
    values = {name: value_of(loser, name) for name in take if name not in ("tags", "pinyin")}
    if "name" in take and "pinyin" in loser.edited:
        values["pinyin"] = loser.pinyin
    have = {tag.casefold() for tag in winner.tags}
    values["tags"] = [*winner.tags, *(tag for tag in loser.tags if tag.casefold() not in have)][:MOST_TAGS]
    if loser.pk in line_above(winner.pk):
        values["parent"] = loser.parent_id
    parent = values.get("parent")
    if parent and winner.pk in line_above(parent):
        raise Refused(_("不能取它的上级：那家客户就在留下的这家下面。"), field="parent")
    return values


def _move_over(winner: Account, loser: Account) -> dict[str, list[Any]]:
    """Hang the loser's rows and children on the winner; ids by table, for the way back."""
    moved: dict[str, list[Any]] = {}
    for model, path in followers():
        rows = model._default_manager.filter(**{path: loser.pk})
        moved[model.__name__] = [
            pk for pk in rows.values_list("pk", flat=True) if _moves(model, path, pk, winner)
        ]
    children = Account.objects.filter(parent=loser).exclude(pk=winner.pk)
    moved["children"] = list(children.values_list("pk", flat=True))
    Account.objects.filter(pk__in=moved["children"]).update(parent=winner)
    return moved


def _moves(model: type[models.Model], path: str, pk: Any, winner: Account) -> bool:
    """Move one row; not when the winner has its like already, such as the same person in its team."""
    try:
        with transaction.atomic():
            model._default_manager.filter(pk=pk).update(**{path: winner.pk})
    except IntegrityError:
        return False
    return True


def _values_back(winner: Account, merge: AccountMerge, later: Collection[AccountMerge]) -> dict[str, Any]:
    """Fields to set back. One that a later merge set again is set back in what that merge remembers."""
    values: dict[str, Any] = {}
    for name, (before, after) in merge.fields.items():
        heir = next((each for each in later if name in each.fields), None)
        if heir:
            heir.fields[name][0] = before
            AccountMerge.objects.filter(pk=heir.pk).update(fields=heir.fields)
        elif value_of(winner, name) == after:
            values[name] = before
    return values


def _marks_back(winner: Account, merge: AccountMerge, later: Collection[AccountMerge]) -> list[str]:
    """The fields of ``winner`` that a person has set, without those that only this merge marked."""
    gone: set[str] = set()
    for name in merge.marked:
        heir = next((each for each in later if _differs(each, name)), None)
        if heir:
            heir.marked = sorted({*heir.marked, name})
            AccountMerge.objects.filter(pk=heir.pk).update(marked=heir.marked)
        elif name not in merge.fields or value_of(winner, name) == merge.fields[name][1]:
            gone.add(name)
    return sorted(set(winner.edited) - gone)


def _differs(merge: AccountMerge, name: str) -> bool:
    return name in merge.fields or name in merge.moved.get("differs", [])


def _set(account: Account, values: dict[str, Any], *, edited: list[str]) -> None:
    """Write ``values`` and what hangs on them; who touched the account last is left as it was."""
    for name, value in values.items():
        setattr(account, column(name), value)
    by_hand = account.pinyin if "pinyin" in edited else ""
    sort, search = search_of(account.name, account.short_name, account.key, by_hand=by_hand)
    Account.objects.filter(pk=account.pk).update(
        **{column(name): value for name, value in values.items()},
        **{"pinyin": account.pinyin if by_hand else sort, "search": search, "edited": edited},
        version=F("version") + 1,
    )
