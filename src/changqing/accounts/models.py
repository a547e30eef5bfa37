"""The archive: accounts in their group tree, persons and the posts they hold."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from changqing.base.history import tracked
from changqing.base.lookups import Narrow, OneByOne
from changqing.people.models import Department
from changqing.people.permissions import Level, Part

# the accounts that are there at all, and by what else people see one
LIVE = models.Q(merged_into__isnull=True, withdrawn=False)
SEEN_BY = ("department", "owner", "backup", "is_sealed", "archived_at")
# a change of any of these is noted as an ``AccountStamp``; the trigger names them too
NOTED = (*SEEN_BY, "withdrawn", "merged_into", "industry", "region", "tags")
# what few accounts have, and what the index of those is called
EMPTY_OF_MOST = {"parent": "parent", "owner": "owner", "backup": "backup", "merged_into": "merged"}


@tracked(called=_("客户资料"), silent=["edited", "narrow", "wide", "core_name", "core_sound"])
class Account(models.Model):
    """A company we deal with; the unit that is billed and ranked.

    ``key`` is the name by which books and commands know it. ``search`` holds name, pinyin and initials in
    lower case; the database makes of it what words are looked for in: ``narrow``, for those without a wide
    character, and ``wide``, the wide characters one by one. ``core_name`` and ``core_sound`` are what
    companies are compared by; the database itself keeps them in step with name and pinyin, whoever writes
    those. ``withdrawn`` marks one whose every import was undone: gone from every page, kept for history,
    back with a redo. ``touched_at`` says that a person has worked on it, so it stays; ``edited`` names the
    fields a person has set, which no file overwrites. ``archived_at`` takes it off lists but out of no
    figure. ``merged_into`` says that it is the same company as another: it is gone from every page, its
    address leads to the other, and an unmerge brings it back.
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
    narrow = models.GeneratedField(
        expression=Narrow("search"), output_field=models.TextField(), db_persist=True
    )
    wide = models.GeneratedField(
        expression=OneByOne("search"), output_field=ArrayField(models.TextField()), db_persist=True
    )
    core_name = models.TextField(blank=True, default="", db_default="", editable=False)
    core_sound = models.TextField(blank=True, default="", db_default="", editable=False)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("上级客户"),
        db_index=False,
    )
    kind = models.CharField(_("类别"), max_length=20, choices=Kind.choices, default=Kind.CUSTOMER)
    industry = models.CharField(_("行业"), max_length=120, blank=True)
    region = models.CharField(_("地区"), max_length=200, blank=True)
    currency = models.CharField(_("币种"), max_length=3, blank=True)
    tax_number = models.CharField(_("税号"), max_length=60, blank=True)
    website = models.CharField(_("网址"), max_length=200, blank=True)
    tags = ArrayField(models.CharField(max_length=40), verbose_name=_("标签"), default=list, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("负责人"),
        db_index=False,
    )
    backup = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("后备负责人"),
        db_index=False,
    )
    department = models.ForeignKey(
        Department,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("部门"),
        # account_department is its index
        db_index=False,
    )
    version = models.PositiveIntegerField(default=1)
    touched_at = models.DateTimeField(null=True, blank=True)
    edited = models.JSONField(default=list, blank=True)
    withdrawn = models.BooleanField(default=False)
    # closed to who would see it by department only
    is_sealed = models.BooleanField(_("封存"), default=False, db_default=False)
    archived_at = models.DateTimeField(_("归档于"), null=True, blank=True)
    merged_into = models.ForeignKey(
        "self",
        models.PROTECT,
        verbose_name=_("并入"),
        null=True,
        blank=True,
        related_name="merged",
        db_index=False,
    )
    created_at = models.DateTimeField(auto_now_add=True)

    account_path = ""
    account_part = Part.BASIC

    class Meta:
        indexes = [
            # pieces of three are few and common where words are spelled, and nearly all different in Chinese
            GinIndex(OpClass(models.F("narrow"), name="gin_trgm_ops"), name="account_search"),
            GinIndex(fields=["wide"], name="account_characters"),
            # who sees which accounts: to sum them, to count those of a department and to walk them by name
            # without reading the accounts themselves
            models.Index(fields=["id"], include=SEEN_BY, condition=LIVE, name="account_live"),
            models.Index(
                fields=["department"], include=SEEN_BY[1:], condition=LIVE, name="account_department"
            ),
            models.Index(fields=["pinyin", "id"], include=SEEN_BY, condition=LIVE, name="account_named"),
            models.Index("core_name", name="account_core_name"),
            models.Index("core_sound", name="account_core_sound"),
            GinIndex(fields=["tags"], name="account_tags"),
            models.Index(
                "archived_at", condition=models.Q(archived_at__isnull=False), name="account_archived"
            ),
            # of most accounts these are empty, and whoever asks for one asks for none that is
            *(
                models.Index(
                    fields=[field], condition=models.Q(**{f"{field}__isnull": False}), name=f"account_{name}"
                )
                for field, name in EMPTY_OF_MOST.items()
            ),
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
            models.CheckConstraint(
                condition=models.Q(merged_into__isnull=True) | ~models.Q(merged_into=models.F("id")),
                name="account_is_not_merged_into_itself",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class AccountStamp(models.Model):
    """One row for each statement after which somebody may see other accounts, or what they are told apart by
    is another: the database itself writes it. By how many there are and the sum of their numbers, what was
    worked out over many accounts and kept is known to be of now."""

    # the transaction and the instant of the statement: one row, however many accounts it changed
    made_by = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["made_by", "at"], name="one_account_stamp_a_statement")
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.at}"


def _level(name: Any, default: Level = Level.NONE) -> models.PositiveSmallIntegerField[int, int]:
    """How far a place goes in the part that people call ``name``."""
    choices = [(Level.NONE, _("看不到")), (Level.READ, _("可查看")), (Level.EDIT, _("可编辑"))]
    return models.PositiveSmallIntegerField(name, default=default, choices=choices)


@tracked(called=_("客户团队"))
class TeamMembership(models.Model):
    """A colleague's place in an account's team: which role, from–to, and how far in each part.

    ``role`` is a code of the method pack ``team``. ``until`` is the last day it was given for;
    ``ended_at`` is the instant it was taken back, and from then on it gives nothing.
    """

    SPONSOR = "sponsor"
    PARTS = tuple(part for part in Part if part is not Part.NAMES)

    account = models.ForeignKey(Account, models.CASCADE, related_name="team", verbose_name=_("所属客户"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("同事")
    )
    role = models.CharField(_("团队角色"), max_length=40)
    basic = _level(pgettext_lazy("part of an account", "基本信息"), Level.READ)
    contacts = _level(pgettext_lazy("part of an account", "联系人"))
    activities = _level(pgettext_lazy("part of an account", "跟进记录"))
    files = _level(pgettext_lazy("part of an account", "文件"))
    plan = _level(pgettext_lazy("part of an account", "策略和计划"))
    score = _level(pgettext_lazy("part of an account", "等级和预警"))
    revenue = _level(pgettext_lazy("part of an account", "收入和订单"))
    margin = _level(pgettext_lazy("part of an account", "毛利和成本"))
    since = models.DateField(_("起"))
    until = models.DateField(_("止"), null=True, blank=True)
    ended_at = models.DateTimeField(_("收回于"), null=True, blank=True)
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("授权人")
    )
    created_at = models.DateTimeField(auto_now_add=True)

    account_path = "account"
    on_merge = "moves"
    account_part = Part.BASIC

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "user"],
                condition=models.Q(ended_at=None),
                name="one_place_in_a_team_at_a_time",
            ),
            models.UniqueConstraint(
                fields=["account"],
                condition=models.Q(ended_at=None, role="sponsor"),
                name="one_sponsor_an_account",
            ),
            models.CheckConstraint(
                condition=models.Q(until=None) | models.Q(until__gte=models.F("since")),
                name="team_place_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=models.Q(basic__range=(Level.READ, Level.EDIT)),
                name="who_is_in_a_team_sees_the_basics",
            ),
            # the books say what came in; nobody edits that
            models.CheckConstraint(
                condition=models.Q(revenue__lte=Level.READ, margin__lte=Level.READ), name="money_is_only_read"
            ),
            *(
                models.CheckConstraint(
                    condition=models.Q((f"{part}__lte", Level.EDIT)), name=f"team_level_of_{part}_is_known"
                )
                for part in ("contacts", "activities", "files", "plan", "score")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.account} · {self.role}"

    def level(self, part: Part) -> Level:
        """How far this place goes in ``part``; names go with the contacts."""
        return Level(getattr(self, Part.CONTACTS if part is Part.NAMES else part))


@tracked(called=_("人员"), parts={"name": "names"})
class Person(models.Model):
    """A person, once; work data only. Posts are contacts.

    ``merged_into`` is who this row turned out to be; ``erased_at`` says that nothing tells who it was.
    """

    name = models.CharField(_("姓名"), max_length=120)
    pinyin = models.CharField(max_length=300, blank=True)
    search = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=1)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("并入")
    )
    erased_at = models.DateTimeField(_("抹去于"), null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [GinIndex(OpClass(models.F("search"), name="gin_trgm_ops"), name="person_search")]
        constraints = [models.CheckConstraint(condition=~models.Q(name=""), name="person_has_a_name")]

    def __str__(self) -> str:
        return self.name


@tracked(
    called=_("任职"),
    parts=dict.fromkeys(("person", "account", "title", "department", "since", "until"), "names"),
)
class Contact(models.Model):
    """A person's post at one account, from–to, with why we hold it and until when."""

    account = models.ForeignKey(Account, models.PROTECT, related_name="contacts", verbose_name=_("所属客户"))
    person = models.ForeignKey(Person, models.PROTECT, related_name="contacts", verbose_name=_("人员"))
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
    version = models.PositiveIntegerField(default=1)

    account_path = "account"
    on_merge = "moves"
    account_part = Part.CONTACTS

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
