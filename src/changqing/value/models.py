"""Rankings: what the whole book said on a day, by which method, and each account's place in it."""

from __future__ import annotations

from django.db import models

from changqing.accounts.models import Account
from changqing.people.permissions import Part
from changqing.records.models import MethodVersion


class Ranking(models.Model):
    """One ranking of the whole book over one period, kept for ever with its inputs and method."""

    class Period(models.TextChoices):
        ALL = "all"
        THREE_YEARS = "36m"
        ONE_YEAR = "12m"

    period = models.CharField(max_length=4, choices=Period.choices)
    from_day = models.DateField(null=True)
    as_of = models.DateField(null=True)
    method = models.ForeignKey(MethodVersion, models.PROTECT, related_name="+")
    inputs = models.JSONField()
    results = models.JSONField()
    is_current = models.BooleanField(default=True)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["period"], condition=models.Q(is_current=True), name="one_current_ranking_a_period"
            )
        ]

    def __str__(self) -> str:
        return f"{self.period} {self.as_of}"


class AccountRank(models.Model):
    """One account's place in a current ranking. Written whole, so no key is looked up row by row."""

    ranking = models.ForeignKey(
        Ranking, models.CASCADE, related_name="accounts", db_index=False, db_constraint=False
    )
    account = models.ForeignKey(
        Account, models.CASCADE, related_name="ranks", db_index=False, db_constraint=False
    )
    rank = models.IntegerField()
    revenue = models.DecimalField(max_digits=22, decimal_places=4)
    margin = models.DecimalField(max_digits=22, decimal_places=4, null=True)
    revenue_without_cost = models.DecimalField(max_digits=22, decimal_places=4, default=0, db_default=0)
    revenue_converted = models.DecimalField(max_digits=22, decimal_places=4, default=0, db_default=0)
    orders = models.IntegerField()
    lines = models.IntegerField()
    cumulative_share = models.FloatField(null=True)
    abc = models.CharField(max_length=1)
    band = models.CharField(max_length=20, blank=True)

    account_path = "account"
    account_part = Part.REVENUE

    class Meta:
        indexes = [
            models.Index("ranking", "rank", name="rank_in_ranking"),
            models.Index("account", "ranking", name="rank_of_account"),
        ]

    def __str__(self) -> str:
        return f"{self.ranking_id} {self.rank}"
