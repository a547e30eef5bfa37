"""What the settings ask."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from changqing.people.queries import User
from changqing.web.door.forms import TOO_LONG, ChooseForm, CodeForm


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
