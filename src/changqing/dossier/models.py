"""Deeds on accounts that can be undone, and what people keep about an account."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from changqing.accounts.models import Account


class Revision(models.Model):
    """One change that a person made to one account or to many at once; its lines know what was before."""

    class Verb(models.TextChoices):
        CREATE = "create", pgettext_lazy("deed", "新建")
        EDIT = "edit", pgettext_lazy("deed", "编辑")
        ASSIGN = "assign", _("指派")
        TAG = "tag", _("加标签")
        UNTAG = "untag", _("去标签")
        ARCHIVE = "archive", _("归档")
        RESTORE = "restore", _("取消归档")

    verb = models.CharField(max_length=12, choices=Verb.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    principal = models.CharField(max_length=120)
    at = models.DateTimeField()
    accounts = models.PositiveIntegerField()
    undone_at = models.DateTimeField(null=True)
    undone_by = models.CharField(max_length=120, blank=True)

    def __str__(self) -> str:
        return f"{self.principal} {self.verb} {self.accounts}"


class RevisionLine(models.Model):
    """What a deed changed on one account: field → value, before and after."""

    deed = models.ForeignKey(Revision, models.CASCADE, related_name="lines")
    account = models.ForeignKey(Account, models.CASCADE, related_name="+", db_index=False)
    before = models.JSONField()
    after = models.JSONField()

    account_path = "account"
    account_part = "basic"
    on_merge = "stays"

    class Meta:
        indexes = [models.Index("account", "deed", name="deed_of_account")]

    def __str__(self) -> str:
        return f"{self.deed_id} {self.account_id}"
