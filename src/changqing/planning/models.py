"""Reviews of accounts and the decisions they end in."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from changqing.accounts.models import Account
from changqing.base.history import tracked


@tracked(called=_("客户评审"))
class Review(models.Model):
    """One sitting of a person over their accounts, open until it is closed; one is open at a time."""

    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("主持"), related_name="+")
    opened_on = models.DateField(_("开始"))
    closed_on = models.DateField(_("结束"), null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["by"], condition=models.Q(closed_on=None), name="one_open_review_a_person"
            )
        ]

    def __str__(self) -> str:
        return f"{self.by_id} {self.opened_on}"


@tracked(called=_("评审决定"))
class ReviewDecision(models.Model):
    """What a review decided about one account: its tier kept, raised or lowered, and the next step.

    A verdict is a request: the tier itself follows by its scheme, an approval or a nomination. ``tier`` and
    ``as_of`` are those that stood before the reviewer.
    """

    class Verdict(models.TextChoices):
        KEEP = "keep", _("保持")
        RAISE = "raise", _("申请升级")
        LOWER = "lower", _("申请降级")

    review = models.ForeignKey(Review, models.PROTECT, related_name="decisions")
    account = models.ForeignKey(Account, models.PROTECT, related_name="+")
    verdict = models.CharField(_("决定"), max_length=5, choices=Verdict.choices)
    because = models.CharField(_("为什么"), max_length=400)
    step = models.CharField(_("下一步"), max_length=400)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("谁来做"), related_name="+"
    )
    until = models.DateField(_("期限"))
    tier = models.CharField(_("当时的等级"), max_length=20, blank=True)
    as_of = models.DateField(_("账至"), null=True)
    done_on = models.DateField(_("办完"), null=True)
    outcome = models.CharField(_("结果"), max_length=400, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("决定人"), related_name="+"
    )
    at = models.DateTimeField(auto_now_add=True)

    account_path = "account"
    account_part = "plan"
    on_merge = "stays"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["review", "account"], name="one_decision_an_account_and_review"),
            models.CheckConstraint(
                condition=~models.Q(step="") & ~models.Q(because=""), name="decision_says_why_and_what_next"
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-at"], name="review_decision_of_account"),
            models.Index(fields=["until"], condition=models.Q(done_on=None), name="review_decision_open"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.verdict}"
