"""Merges of persons that can be undone, and the ledger of those who asked to be forgotten."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from changqing.accounts.models import Person


class PersonMerge(models.Model):
    """Two rows were one person: ``gone``'s posts went to ``kept``; ``posts`` says which, for the way back."""

    kept = models.ForeignKey(Person, models.PROTECT, related_name="+")
    gone = models.ForeignKey(Person, models.PROTECT, related_name="+")
    posts = models.JSONField(default=list)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(kept=models.F("gone")), name="person_merges_with_another"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.gone_id} → {self.kept_id}"


class Erasure(models.Model):
    """A person was forgotten: their number, and nothing that says who it was."""

    person = models.OneToOneField(Person, models.PROTECT, related_name="+")
    because = models.CharField(max_length=200)
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.person_id} {self.at:%Y-%m-%d}"
