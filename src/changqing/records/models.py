"""Audit lines and the versions of the methods in force."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from changqing.base.history import tracked


class Deed(models.Func):
    """The deed that the running transaction does: all its changes and audit lines bear one number."""

    function = "changqing_deed"
    output_field = models.UUIDField()


class Change(models.Model):
    """What one statement did to one row that people edit; written by the trigger of ``@tracked`` alone.

    ``was`` and ``became`` hold the columns that differ; an insert has no ``was``, a delete no ``became``.
    ``account`` is the account it belongs to, as a plain number, since accounts stand above this room.
    """

    class Kind(models.TextChoices):
        MADE = "insert", _("新建")
        EDITED = "update", _("修改")
        TAKEN = "delete", _("删除")

    at = models.DateTimeField(db_default=Now())
    deed = models.UUIDField(db_default=Deed())
    model = models.CharField(max_length=60)
    row = models.CharField(max_length=60)
    account = models.BigIntegerField(null=True)
    kind = models.CharField(max_length=6, choices=Kind.choices)
    was = models.JSONField(null=True)
    became = models.JSONField(null=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, null=True, related_name="+", db_constraint=False
    )
    principal = models.CharField(max_length=120, blank=True)
    door = models.CharField(max_length=20, blank=True)
    because = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["account", "-id"], condition=models.Q(account__isnull=False), name="change_of_account"
            ),
            models.Index(fields=["model", "row", "-id"], name="change_of_row"),
            models.Index("deed", name="change_of_deed"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.model} {self.row}"


class AuditLine(models.Model):
    """Who did what to what, when, through which door and why; written with the deed, never changed.

    ``mac`` says that the program wrote it: a line put in by anybody else lacks it. The database refuses every
    change to this table but an addition, and the same for the seals.
    """

    at = models.DateTimeField(default=timezone.now)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    principal = models.CharField(max_length=120)
    door = models.CharField(max_length=20, blank=True)
    verb = models.CharField(max_length=60)
    subject_kind = models.CharField(max_length=40)
    subject_key = models.CharField(max_length=200)
    because = models.TextField(blank=True)
    details = models.JSONField(default=dict)
    deed = models.UUIDField(null=True, db_default=Deed())
    mac = models.CharField(max_length=100, blank=True)

    class Meta:
        indexes = [
            models.Index("subject_kind", "subject_key", "at", name="audit_of_a_subject"),
            models.Index("deed", name="audit_of_a_deed"),
        ]

    def __str__(self) -> str:
        return f"{self.principal} {self.verb} {self.subject_kind} {self.subject_key}"


class AuditSeal(models.Model):
    """One link of the chain: the line's place in it, and a hash over the line and the link before.

    Lines are sealed some seconds after they were written, in batches, so that no deed waits for another.
    ``key`` is the fingerprint of the key that sealed it; ``founding`` lines were there before the chain.
    """

    sequence = models.BigIntegerField(primary_key=True)
    line = models.OneToOneField(AuditLine, models.PROTECT, related_name="seal")
    hash = models.CharField(max_length=64)
    key = models.CharField(max_length=16)
    founding = models.BooleanField(default=False)
    sealed_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.sequence} {self.hash[:12]}"


@tracked(called=_("方法"), silent=["text"], news=["version"])
class MethodVersion(models.Model):
    """One version of one method pack: what shipped, or what an operator made of it and why."""

    pack = models.CharField(max_length=60)
    version = models.PositiveIntegerField()
    text = models.TextField()
    digest = models.CharField(max_length=64)
    in_force = models.BooleanField(default=True)
    because = models.TextField(blank=True)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["pack", "version"], name="method_version_once"),
            models.UniqueConstraint(
                fields=["pack"], condition=models.Q(in_force=True), name="one_method_version_in_force"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pack} v{self.version}"
