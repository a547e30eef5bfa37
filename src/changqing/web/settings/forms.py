"""What the settings ask."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from changqing.people.permissions import ROLES
from changqing.people.queries import User, department_tree
from changqing.web.door.forms import NAMES, TOO_LONG, ChooseForm, CodeForm


class NameForm(forms.Form):
    full_name = forms.CharField(
        label=_("姓名"),
        max_length=120,
        error_messages=TOO_LONG,
        widget=forms.TextInput({"autocomplete": "name"}),
    )
    email = forms.EmailField(
        label=_("邮箱"),
        required=False,
        max_length=254,
        error_messages={"invalid": _("邮箱写得不对，例如 li.na@example.com。")},
        widget=forms.EmailInput({"autocomplete": "email"}),
    )
    language = forms.ChoiceField(label=_("语言"), choices=User.Language.choices)


class AgainForm(forms.Form):
    password = forms.CharField(
        label=_("现在的密码"),
        max_length=200,
        strip=False,
        error_messages=TOO_LONG,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )


class CodeAgainForm(CodeForm):
    """A code of the authenticator or a recovery code, asked for inside."""


class PasswordForm(ChooseForm):
    """The present password, and the new one twice."""

    field_order = ("current", "password", "again")
    current = forms.CharField(
        label=_("现在的密码"),
        max_length=200,
        strip=False,
        error_messages=TOO_LONG,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )


class KeyNameForm(forms.Form):
    name = forms.CharField(
        label=_("给它起个名字"),
        max_length=60,
        error_messages=TOO_LONG,
        help_text=_("例如：办公桌抽屉里的那个。"),
    )


def department_choices() -> list[tuple[str, str]]:
    """Every department by its depth, and none."""
    return [("", "–"), *((str(row.pk), "　" * row.depth + row.name) for row in department_tree())]


class WithDepartments(forms.Form):
    """A form that asks for a role and one of the departments."""

    def __init__(self, *args: Any, departments: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.TypedChoiceField, self.fields["department"]).choices = departments


def _department() -> forms.TypedChoiceField:
    return forms.TypedChoiceField(label=_("部门"), coerce=int, empty_value=None, required=False)


def _role() -> forms.ChoiceField:
    return forms.ChoiceField(label=_("角色"), choices=ROLES)


class InviteForm(WithDepartments):
    full_name = forms.CharField(label=_("姓名"), max_length=120, error_messages=TOO_LONG)
    username = forms.CharField(
        label=_("用户名"),
        max_length=80,
        error_messages=TOO_LONG,
        widget=forms.TextInput(NAMES | {"autocomplete": "off"}),
        help_text=_("登录用，不分大小写。"),
    )
    email = forms.EmailField(
        label=_("邮箱"),
        required=False,
        max_length=254,
        error_messages={"invalid": _("邮箱写得不对，例如 li.na@example.com。")},
        help_text=_("可以不填；接了统一登录就靠它认人。"),
    )
    role = _role()
    department = _department()


class ChargeForm(WithDepartments):
    """A department that somebody answers for beside the own one."""

    department = forms.TypedChoiceField(label=_("部门"), coerce=int, empty_value=None)
    level = forms.ChoiceField(
        label=_("到哪一步"),
        choices=[("read", _("可查看")), ("edit", _("可编辑")), ("", _("收回"))],
        required=False,
    )


class UserForm(WithDepartments):
    role = _role()
    department = _department()
    version = forms.IntegerField(widget=forms.HiddenInput)


class DepartmentForm(forms.Form):
    name = forms.CharField(label=_("新部门的名称"), max_length=120, error_messages=TOO_LONG)
    parent = forms.TypedChoiceField(label=_("上级"), coerce=int, empty_value=None, required=False)

    def __init__(self, *args: Any, departments: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.TypedChoiceField, self.fields["parent"]).choices = departments


def _number(label: Any, least: int, most: int, help_text: Any = "") -> forms.IntegerField:
    said = _("请写 %(least)s 到 %(most)s 之间的整数。") % {"least": least, "most": most}
    wrong = dict.fromkeys(("min_value", "max_value", "invalid", "required"), said)
    return forms.IntegerField(
        label=label, min_value=least, max_value=most, error_messages=wrong, help_text=help_text
    )


class Versioned(forms.Form):
    """Carries which version of the settings was looked at."""

    version = forms.IntegerField(widget=forms.HiddenInput)


class SecurityForm(Versioned):
    second_factor_roles = forms.MultipleChoiceField(
        label=_("这些角色必须有第二步验证"),
        choices=ROLES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("没有的人会被请出去，下次登录时先加一个。"),
    )
    idle_hours = _number(_("多少小时不操作就退出"), 1, 720)
    longest_days = _number(_("一次登录最长几天"), 1, 90)
    tries = _number(_("15 分钟内最多猜几次密码"), 3, 10, _("按人和地址计，别处登录不受影响。"))


class OrganisationForm(Versioned):
    name = forms.CharField(
        label=_("组织名称"),
        max_length=120,
        required=False,
        error_messages=TOO_LONG,
        help_text=_("显示在同事手机的验证器里。"),
    )
    fiscal_month = _number(
        _("财年从几月开始"), 1, 12, _("计划和绩效按它分年；现有各页按自然月和最近 12 个月。")
    )
    language = forms.ChoiceField(label=_("新用户的语言"), choices=User.Language.choices)


class RetentionForm(Versioned):
    retention_months = _number(
        _("联系人资料默认保留几个月"), 1, 120, _("这是规定，登记新联系人时照它填“保留至”；已有的不变。")
    )
