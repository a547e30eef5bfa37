"""The organisation's settings, the sessions of its people, and the links that open a door once."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils.translation import gettext_lazy as _

from changqing.base.history import tracked
from changqing.organisation.sessions import SessionStore


@tracked()
class OrganisationSettings(models.Model):
    """What the organisation decided about itself: one row, made at the first start, never a second."""

    number = models.PositiveSmallIntegerField(primary_key=True, default=1)
    version = models.PositiveIntegerField(default=1)
    name = models.CharField(_("名称"), max_length=120, blank=True)
    fiscal_month = models.PositiveSmallIntegerField(_("财年从几月开始"), default=1)
    language = models.CharField(
        _("新用户的语言"), max_length=10, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE
    )
    second_factor_roles = ArrayField(
        models.CharField(max_length=20), default=list, blank=True, verbose_name=_("必须有第二步验证的角色")
    )
    idle_hours = models.PositiveSmallIntegerField(_("多少小时不操作就退出"), default=12)
    longest_days = models.PositiveSmallIntegerField(_("一次登录最长几天"), default=14)
    tries = models.PositiveSmallIntegerField(_("15 分钟内最多猜几次密码"), default=10)
    retention_months = models.PositiveSmallIntegerField(_("联系人资料默认保留几个月"), default=36)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(number=1), name="one_organisation"),
            models.CheckConstraint(
                condition=models.Q(fiscal_month__gte=1, fiscal_month__lte=12), name="fiscal_month_is_a_month"
            ),
            models.CheckConstraint(
                condition=models.Q(idle_hours__gte=1, idle_hours__lte=720), name="idle_hours_within_a_month"
            ),
            models.CheckConstraint(
                condition=models.Q(longest_days__gte=1, longest_days__lte=90), name="longest_days_within_90"
            ),
            models.CheckConstraint(
                condition=models.Q(tries__gte=3, tries__lte=10), name="tries_from_3_to_10"
            ),
            models.CheckConstraint(
                condition=models.Q(retention_months__gte=1, retention_months__lte=120),
                name="retention_within_ten_years",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SignedInSession(AbstractBaseSession):
    """One browser's session; while somebody is signed in it says who, from where and since when."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    address = models.CharField(max_length=60, blank=True)
    agent = models.CharField(max_length=300, blank=True)
    began_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)

    @classmethod
    def get_session_store_class(cls) -> Any:
        return SessionStore


class OneTimeLink(models.Model):
    """A way to choose a password: it works once and for a while. Only a hash of its code is kept."""

    digest = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("made_at")), name="link_ends_after_it_was_made"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.ends_at:%Y-%m-%d %H:%M}"
