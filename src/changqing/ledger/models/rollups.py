"""What pages read instead of order lines.

Rollups are written by millions in one transaction, from keys that the account table itself gave; looking
each key up once more would take longer than writing the row, so the database does not, and ``changqing
check`` compares every row with the ledger instead.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from changqing.accounts.models import Account
from changqing.ledger.models.files import FileKind
from changqing.people.permissions import Part


class AccountMonth(models.Model):
    """Rollup: one account's money in one month and product family, in the book's currency, without tax.

    ``margin`` is over the lines whose cost is known; ``revenue_without_cost`` is the rest. The primary key is
    Django's alone: a large book has millions of these, and nobody asks the database for one by it.
    """

    pk = models.CompositePrimaryKey("account_id", "month", "family")
    account = models.ForeignKey(
        Account, models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    month = models.DateField()
    family = models.CharField(max_length=120)
    revenue = models.DecimalField(max_digits=22, decimal_places=4)
    margin = models.DecimalField(max_digits=22, decimal_places=4)
    revenue_without_cost = models.DecimalField(max_digits=22, decimal_places=4)
    lines = models.IntegerField()

    account_path = "account"
    on_merge = "derived"
    account_part = Part.REVENUE

    class Meta:
        indexes = [models.Index("account", "month", name="account_month")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.month} {self.family}"


class AccountFlow(models.Model):
    """Rollup: an account's invoices, receipts, costs to serve and openings by month and currency."""

    account = models.ForeignKey(
        Account, models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    month = models.DateField()
    kind = models.CharField(max_length=12, choices=FileKind.choices)
    currency = models.CharField(max_length=3)
    amount = models.DecimalField(max_digits=22, decimal_places=4)
    rows = models.IntegerField()

    account_path = "account"
    on_merge = "derived"
    account_part = Part.REVENUE

    class Meta:
        indexes = [models.Index("account", "month", name="account_flow")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.month} {self.kind}"


class AccountTotals(models.Model):
    """Rollup: one row per account with order lines, over the whole book.

    ``purchases`` counts days with an order whose net amount is above zero. A line in another currency counts
    at the rate of its day: ``revenue_converted`` is of ``lines_converted`` such lines. Where there is no rate
    it is kept, counted in ``lines_without_rate``, and in no sum.
    """

    account = models.OneToOneField(
        Account, models.CASCADE, primary_key=True, related_name="totals", db_constraint=False
    )
    first_day = models.DateField()
    last_day = models.DateField()
    orders = models.IntegerField()
    purchases = models.IntegerField()
    lines = models.IntegerField()
    lines_without_cost = models.IntegerField()
    lines_without_rate = models.IntegerField()
    lines_converted = models.IntegerField(default=0, db_default=0)
    revenue = models.DecimalField(max_digits=22, decimal_places=4)
    margin = models.DecimalField(max_digits=22, decimal_places=4, null=True)
    revenue_without_cost = models.DecimalField(max_digits=22, decimal_places=4, default=0, db_default=0)
    revenue_converted = models.DecimalField(max_digits=22, decimal_places=4, default=0, db_default=0)

    account_path = "account"
    on_merge = "derived"
    account_part = Part.REVENUE

    class Meta:
        # every page asks for the book's last day
        indexes = [models.Index("last_day", name="totals_last_day")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.revenue}"


class AccountDays(models.Model):
    """Rollup: every day on which an account has order lines, as columns of equal length, oldest first.

    What engines read: ``days`` are counted from 1970-01-01, money is float. ``margin`` is over the lines
    whose cost is known, ``without_cost`` the revenue of the others; ``returned`` is what lines below zero
    took off. ``bought``: 1 on a purchase, a day with a sale and a net amount above zero.
    """

    account = models.OneToOneField(
        Account, models.CASCADE, primary_key=True, related_name="+", db_constraint=False
    )
    days = ArrayField(models.IntegerField())
    revenue = ArrayField(models.FloatField())
    margin = ArrayField(models.FloatField())
    without_cost = ArrayField(models.FloatField())
    returned = ArrayField(models.FloatField())
    bought = ArrayField(models.SmallIntegerField())

    account_path = "account"
    on_merge = "derived"
    account_part = "margin"

    def __str__(self) -> str:
        return f"{self.account_id} {len(self.days)}"
