"""Users, departments and roles."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from changqing.base.history import tracked


@tracked(silent=["path"])
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
    ADMIN = "admin", _("系统管理员")


class Users(BaseUserManager["User"]):
    def create_user(self, username: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(username=username.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


@tracked(silent=["password"])
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
        ]

    def __str__(self) -> str:
        return self.full_name or self.username

    @cached_property
    def departments_below(self) -> frozenset[int]:
        """Ids of this person's department and all below; remembered as long as the object, one request."""
        if self.department is None:
            return frozenset()
        if not self.department.path.strip("/"):
            # nobody has placed it in the tree: it leads nothing but itself
            return frozenset({self.department.pk})
        below = Department.objects.filter(path__startswith=self.department.path)
        return frozenset(below.values_list("pk", flat=True))
