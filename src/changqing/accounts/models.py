"""The archive: accounts in their group tree, persons and the posts they hold."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from changqing.base.history import tracked
from changqing.people.models import Department


@tracked(silent=["edited"])
class Account(models.Model):
    """A company we deal with; the unit that is billed and ranked.

    ``key`` is the name by which books and commands know it. ``search`` holds name, pinyin and initials
    in lower case. ``withdrawn`` marks one whose every import was undone: gone from every page, kept for
    history, back with a redo. ``touched_at`` says that a person has worked on it, so it stays;
    ``edited`` names the fields a person has set, which no file overwrites.
    """

    class Kind(models.TextChoices):
        # one word for the archive and for those in it who buy
        CUSTOMER = "customer", pgettext_lazy("kind of account", "客户")
        PROSPECT = "prospect", _("潜在客户")
        RIVAL = "rival", _("竞争对手")
        PARTNER = "partner", _("合作伙伴")

    key = models.CharField(_("编号"), max_length=160, unique=True)
    name = models.CharField(_("名称"), max_length=240)
    short_name = models.CharField(_("简称"), max_length=120, blank=True)
    pinyin = models.CharField(max_length=600, blank=True)
    search = models.TextField(blank=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    kind = models.CharField(_("类别"), max_length=20, choices=Kind.choices, default=Kind.CUSTOMER)
    industry = models.CharField(_("行业"), max_length=120, blank=True)
    region = models.CharField(_("地区"), max_length=200, blank=True)
    currency = models.CharField(_("币种"), max_length=3, blank=True)
    tax_number = models.CharField(_("税号"), max_length=60, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    backup = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    department = models.ForeignKey(Department, models.PROTECT, null=True, blank=True, related_name="+")
    version = models.PositiveIntegerField(default=1)
    touched_at = models.DateTimeField(null=True, blank=True)
    edited = models.JSONField(default=list, blank=True)
    withdrawn = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    account_path = ""

    class Meta:
        indexes = [
            GinIndex(OpClass(models.F("search"), name="gin_trgm_ops"), name="account_search"),
            models.Index("owner", name="account_owner"),
            models.Index("department", name="account_department"),
            models.Index("pinyin", "id", name="account_pinyin"),
        ]
        constraints = [
            models.CheckConstraint(condition=~models.Q(key=""), name="account_has_a_key"),
            models.CheckConstraint(condition=~models.Q(name=""), name="account_has_a_name"),
            models.CheckConstraint(
                condition=models.Q(parent__isnull=True) | ~models.Q(parent=models.F("id")),
                name="account_is_not_its_own_parent",
            ),
            models.CheckConstraint(
                condition=models.Q(currency="") | models.Q(currency=Upper("currency")),
                name="account_currency_is_upper",
            ),
        ]

    def __str__(self) -> str:
        return self.name


@tracked()
class Person(models.Model):
    """A person, once; work data only. Posts are contacts."""

    name = models.CharField(_("姓名"), max_length=120)
    pinyin = models.CharField(max_length=300, blank=True)
    search = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [GinIndex(OpClass(models.F("search"), name="gin_trgm_ops"), name="person_search")]
        constraints = [models.CheckConstraint(condition=~models.Q(name=""), name="person_has_a_name")]

    def __str__(self) -> str:
        return self.name


@tracked()
class Contact(models.Model):
    """A person's post at one account, from–to, with why we hold it and until when."""

    account = models.ForeignKey(Account, models.PROTECT, related_name="contacts")
    person = models.ForeignKey(Person, models.PROTECT, related_name="contacts")
    title = models.CharField(_("职务"), max_length=120, blank=True)
    department = models.CharField(_("部门"), max_length=120, blank=True)
    email = models.EmailField(_("工作邮箱"), blank=True)
    phone = models.CharField(_("工作电话"), max_length=40, blank=True)
    since = models.DateField(_("任职起"), null=True, blank=True)
    until = models.DateField(_("任职止"), null=True, blank=True)
    basis = models.CharField(_("合法依据"), max_length=120, blank=True)
    purpose = models.CharField(_("用途"), max_length=200, blank=True)
    source = models.CharField(_("来源"), max_length=200, blank=True)
    retain_until = models.DateField(_("保留至"), null=True, blank=True)

    account_path = "account"

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(until__isnull=True)
                | models.Q(since__isnull=True)
                | models.Q(until__gte=models.F("since")),
                name="post_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} · {self.account}"
