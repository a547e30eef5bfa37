"""Keeping a list of accounts under a name."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from changqing.base.refused import Refused
from changqing.dossier.models import SavedList
from changqing.dossier.rules.fields import plain
from changqing.people.models import User
from changqing.people.permissions import may
from changqing.records.actions import write_audit

LONGEST_NAME, MOST = 60, 50


@transaction.atomic
def save_list(*, by: User, name: str, address: str, is_shared: bool = False, door: str = "") -> SavedList:
    """Keep ``address``, which the door has checked, under ``name``; the same name is written over."""
    said = plain(name)
    if not said:
        raise Refused(_("请给名单起个名字。"), field="name")
    if len(said) > LONGEST_NAME or len(address) > 1000:
        raise Refused(_("太长了：最多 %(most)s 个字。") % {"most": LONGEST_NAME}, field="name")
    if is_shared and not may(by, "edit accounts"):
        raise Refused(_("您的角色不能存给大家用，可以存给自己。"), field="shared")
    mine = SavedList.objects.filter(owner=by)
    if not mine.filter(name=said).exists() and mine.count() >= MOST:
        raise Refused(_("最多存 %(most)s 份名单，请先去掉一份。") % {"most": MOST}, field="name")
    saved, _made = SavedList.objects.update_or_create(
        owner=by, name=said, defaults={"address": address, "is_shared": is_shared, "at": timezone.now()}
    )
    write_audit(by=by, verb="save list", subject=("list", saved.pk), door=door, name=said, shared=is_shared)
    return saved


@transaction.atomic
def remove_list(*, by: User, pk: int, door: str = "") -> None:
    """Only who saved a list takes it away."""
    saved = SavedList.objects.filter(pk=pk, owner=by).first()
    if saved is None:
        raise Refused(_("没有您存的这份名单。"))
    saved.delete()
    write_audit(by=by, verb="remove list", subject=("list", pk), door=door, name=saved.name)
