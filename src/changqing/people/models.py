"""Users, departments and roles."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import connection, models
from django.db.models.functions import Lower
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from changqing.base.history import tracked


@tracked(called=_("部门"), silent=["path"])
class Department(models.Model):
    """One node of the organisation; ``path`` lists the ids from the root, so a subtree is a prefix."""

    name = models.CharField(_("名称"), max_length=120)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    path = models.CharField(max_length=400, default="/", editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "parent", Lower("name"), name="department_name_once", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    """What a person is here for; who may do what hangs on it in ``people/permissions.py``."""

    MANAGER = "manager", _("客户经理")
    DIRECTOR = "director", _("部门负责人")
    EXECUTIVE = "executive", _("高管")
    OPERATOR = "operator", _("运营")
    SERVICE = "service", _("客户服务")
    FINANCE = "finance", _("财务")
    COMPLIANCE = "compliance", _("合规")
    PRIVACY = "privacy", _("隐私专员")
    ADMIN = "admin", _("系统管理员")
    AUDITOR = "auditor", _("审计")
    INTEGRATION = "integration", _("系统集成")


class Users(BaseUserManager["User"]):
    def create_user(self, username: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(username=username.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


# Departments led and all below them, with whether any of the ways to one lets its accounts be changed. Every
# request of a head of department asks, so it is one question. One that nobody has placed in the tree has no
# path: it leads nothing but itself.
IN_CHARGE = """
WITH led AS (
    SELECT id, path, TRUE AS may_edit FROM changqing_department WHERE id = %(own)s
    UNION ALL
    SELECT department_id, path, may_edit FROM changqing_charge
    JOIN changqing_department ON changqing_department.id = department_id WHERE user_id = %(user)s
)
SELECT below.id, bool_or(led.may_edit) FROM led JOIN changqing_department below
ON below.id = led.id OR (trim(led.path, '/') <> '' AND starts_with(below.path, led.path))
GROUP BY below.id
"""


@tracked(called=_("用户账号"), silent=["password"])
class User(AbstractBaseUser):
    """A person who signs in."""

    class Language(models.TextChoices):
        CHINESE = "zh-hans", "中文"
        ENGLISH = "en", "English"

    username = models.CharField(_("用户名"), max_length=80, unique=True)
    full_name = models.CharField(_("姓名"), max_length=120)
    email = models.EmailField(_("邮箱"), blank=True)
    role = models.CharField(_("角色"), max_length=20, choices=Role.choices, default=Role.MANAGER)
    department = models.ForeignKey(
        Department, models.PROTECT, null=True, blank=True, related_name="members", verbose_name=_("部门")
    )
    language = models.CharField(_("语言"), max_length=10, choices=Language.choices, default=Language.CHINESE)
    is_active = models.BooleanField(default=True)
    # of a program: for whom it reads, and which parts of an account it was declared to need
    acts_for = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="programs", verbose_name=_("代表")
    )
    scopes = models.JSONField(_("范围"), default=list, blank=True)
    must_change_password = models.BooleanField(_("要换密码"), default=False)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = Users()
    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["full_name"]

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(username=Lower("username")), name="username_is_lower_case"
            ),
            models.CheckConstraint(condition=~models.Q(full_name=""), name="user_has_a_name"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="user_role_is_known"),
            models.CheckConstraint(
                condition=models.Q(acts_for__isnull=True) | models.Q(role=Role.INTEGRATION),
                name="only_a_program_acts_for_another",
            ),
        ]

    def __str__(self) -> str:
        return self.full_name or self.username

    @cached_property
    def departments_below(self) -> frozenset[int]:
        """Ids of this person's department and all below, and of those in their charge; see ``charges``."""
        return frozenset(self.charges)

    @cached_property
    def charges(self) -> dict[int, bool]:
        """Departments in this person's charge, all below included, and whether to change their accounts too.

        The own one is; others are by a ``Charge``. Remembered as long as the object lives, one request.
        """
        with connection.cursor() as cursor:
            cursor.execute(IN_CHARGE, {"user": self.pk, "own": self.department_id})
            return dict(cursor.fetchall())


@tracked()
class Charge(models.Model):
    """A department that a person answers for beside the own one, all below it included."""

    user = models.ForeignKey(User, models.CASCADE, related_name="charged_with", verbose_name=_("分管人"))
    department = models.ForeignKey(
        Department, models.CASCADE, related_name="charged_to", verbose_name=_("部门")
    )
    may_edit = models.BooleanField(_("可编辑"), default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "department"], name="charge_once")]

    def __str__(self) -> str:
        return f"{self.user} · {self.department}"
