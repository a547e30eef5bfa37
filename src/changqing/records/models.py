"""Audit lines and the versions of the methods in force."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class AuditLine(models.Model):
    """Who did what to what, when, through which door and why; written with the deed, never changed."""

    at = models.DateTimeField(auto_now_add=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    principal = models.CharField(max_length=120)
    door = models.CharField(max_length=20, blank=True)
    verb = models.CharField(max_length=60)
    subject_kind = models.CharField(max_length=40)
    subject_key = models.CharField(max_length=200)
    because = models.TextField(blank=True)
    details = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index("subject_kind", "subject_key", "at", name="audit_of_a_subject")]

    def __str__(self) -> str:
        return f"{self.principal} {self.verb} {self.subject_kind} {self.subject_key}"


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
