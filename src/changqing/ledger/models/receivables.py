"""What pages read instead of invoices and receipts: what is open, which bills are held, how fast is paid."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from changqing.accounts.models import Account
from changqing.people.permissions import Part


class OpenItem(models.Model):
    """Rollup: a charge of which something is open, or money of which something is left over.

    ``open`` is as of the book's last day; ``pending`` of it is covered by acceptances that fall due later.
    An invoice that names no due day has the method's (``due_is_stated`` false).
    """

    class Kind(models.TextChoices):
        INVOICE = "invoice", _("发票")
        OPENING = "opening", _("期初余额")
        REFUND = "refund", _("退款")
        RECEIPT = "receipt", _("回款")
        CREDIT = "credit", _("红字发票")
        ADVANCE = "advance", _("期初预收")

    account = models.ForeignKey(
        Account, models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    is_charge = models.BooleanField()
    kind = models.CharField(max_length=8, choices=Kind.choices)
    number = models.CharField(max_length=160, blank=True)
    day = models.DateField()
    due = models.DateField()
    due_is_stated = models.BooleanField()
    currency = models.CharField(max_length=3)
    amount = models.DecimalField(max_digits=22, decimal_places=4)
    open = models.DecimalField(max_digits=22, decimal_places=4)
    pending = models.DecimalField(max_digits=22, decimal_places=4)

    account_path = "account"
    on_merge = "derived"
    account_part = Part.REVENUE

    class Meta:
        indexes = [
            models.Index("account", "due", name="open_item_account"),
            models.Index("due", name="open_item_due"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.number} {self.open}"


class Acceptance(models.Model):
    """Rollup: a bank or commercial acceptance that was received; ``is_due`` by the book's last day."""

    account = models.ForeignKey(
        Account, models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    number = models.CharField(max_length=160, blank=True)
    method = models.CharField(max_length=120, blank=True)
    day = models.DateField()
    due = models.DateField()
    currency = models.CharField(max_length=3)
    amount = models.DecimalField(max_digits=22, decimal_places=4)
    is_due = models.BooleanField()

    account_path = "account"
    on_merge = "derived"
    account_part = Part.REVENUE

    class Meta:
        indexes = [
            models.Index("account", name="acceptance_account"),
            models.Index("due", name="acceptance_due"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.number} {self.amount}"


class AccountPayment(models.Model):
    """Rollup: what an account was charged and what it settled in a month, in one currency.

    ``charged`` holds openings and money given back too, ``billed`` invoices less credit notes.
    ``day_money`` is each settled amount × the days since its invoice, so that ÷ ``settled`` is days to pay;
    ``last_day`` the newest day of which an invoice or receipt of the month speaks.
    """

    account = models.ForeignKey(
        Account, models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    month = models.DateField()
    currency = models.CharField(max_length=3)
    charged = models.DecimalField(max_digits=22, decimal_places=4)
    billed = models.DecimalField(max_digits=22, decimal_places=4)
    settled = models.DecimalField(max_digits=22, decimal_places=4)
    day_money = models.DecimalField(max_digits=28, decimal_places=4)
    last_day = models.DateField(null=True)

    account_path = "account"
    on_merge = "derived"
    account_part = Part.REVENUE

    class Meta:
        indexes = [
            models.Index("account", "month", name="account_payment"),
            models.Index("month", name="payment_month"),
            models.Index("last_day", name="payment_last_day"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.month} {self.settled}"
