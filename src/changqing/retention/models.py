"""Warnings and the answers people give them. A warning is the queue for delivery and the statistic in one."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from changqing.accounts.models import Account
from changqing.records.models import MethodVersion


class AccountWarning(models.Model):
    """What was seen at one account, by one rule: one row from its first sight until it is over.

    ``seen`` and ``usual`` are in the rule's own unit (days, rate, families), ``chance`` says how often a
    steady account shows as much, ``allowed`` what the rule's budget allowed it. ``looks`` is the evidence,
    newest last. ``at_stake`` is margin a year; it is read by who reads margins only.
    """

    class Cause(models.TextChoices):
        OVERDUE = "overdue", _("停购")
        BREADTH = "breadth", _("品类流失")
        RETURNS = "returns", _("退货增多")
        MARGIN = "margin", _("毛利下滑")
        PAYMENT = "payment", _("付款变慢")

    class State(models.TextChoices):
        OPEN = "open", _("待处理")
        SNOOZED = "snoozed", _("稍后")
        ANSWERED = "answered", _("处理中")
        UNREAL = "unreal", _("不属实")
        OVER = "over", _("已过去")

    account = models.ForeignKey(
        Account, models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    cause = models.CharField(_("原因"), max_length=10, choices=Cause.choices)
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.OPEN)
    first_seen = models.DateField()
    last_seen = models.DateField()
    until = models.DateField(_("期限"))
    is_red = models.BooleanField(default=False)
    chance = models.FloatField()
    allowed = models.FloatField()
    seen = models.FloatField()
    usual = models.FloatField()
    samples = models.IntegerField()
    at_stake = models.FloatField(null=True)
    looks = models.JSONField(default=list)
    method = models.ForeignKey(MethodVersion, models.PROTECT, related_name="+", db_index=False)
    version = models.PositiveIntegerField(default=1)
    made_at = models.DateTimeField(auto_now_add=True)

    account_path = "account"
    account_part = "score"
    on_merge = "stays"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "cause"],
                condition=models.Q(state__in=["open", "snoozed", "answered", "unreal"]),
                name="one_warning_an_account_and_cause",
            ),
        ]
        indexes = [
            models.Index("state", "until", name="warning_queue"),
            models.Index("account", "first_seen", name="warning_of_account"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.cause} {self.state}"


class WarningAnswer(models.Model):
    """What a person decided about a warning: what will be done, by whom, until when; or why not."""

    class Kind(models.TextChoices):
        DO = "do", _("处理")
        SNOOZE = "snooze", _("稍后")
        UNREAL = "unreal", _("不属实")
        DONE = "done", _("已办")
        REOPEN = "reopen", _("撤销")

    warning = models.ForeignKey(AccountWarning, models.CASCADE, related_name="answers")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    words = models.CharField(_("要做什么"), max_length=400, blank=True)
    who = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    until = models.DateField(_("期限"), null=True)
    state_before = models.CharField(max_length=10)
    until_before = models.DateField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    principal = models.CharField(max_length=120)
    at = models.DateTimeField(auto_now_add=True)

    account_path = "warning__account"
    account_part = "score"
    on_merge = "stays"

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(kind__in=["do", "unreal"]) | ~models.Q(words=""),
                name="answer_says_what",
            )
        ]

    def __str__(self) -> str:
        return f"{self.warning_id} {self.kind}"
