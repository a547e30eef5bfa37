"""What is asked at the door."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

NAMES = {"autocapitalize": "none", "spellcheck": "false"}
TOO_LONG = {"required": _("请填写这一项。"), "max_length": _("太长了。")}


class SignInForm(forms.Form):
    username = forms.CharField(
        label=_("用户名"),
        max_length=80,
        error_messages=TOO_LONG,
        widget=forms.TextInput(NAMES | {"autocomplete": "username", "autofocus": True}),
    )
    password = forms.CharField(
        label=_("密码"),
        max_length=200,
        strip=False,
        error_messages=TOO_LONG,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )

    def ask_again(self) -> None:
        """After a refusal the name is likely right: the cursor waits in the password."""
        self.fields["username"].widget.attrs.pop("autofocus", None)
        self.fields["password"].widget.attrs["autofocus"] = True


class FirstUserForm(forms.Form):
    code = forms.CharField(
        label=_("一次性代码"),
        max_length=100,
        error_messages=TOO_LONG,
        widget=forms.TextInput(NAMES | {"autocomplete": "off"}),
        help_text=_("启动常青时，终端里给出的链接带着它。"),
    )
    full_name = forms.CharField(
        label=_("姓名"),
        max_length=120,
        error_messages=TOO_LONG,
        widget=forms.TextInput({"autocomplete": "name"}),
    )
    username = forms.CharField(
        label=_("用户名"),
        max_length=80,
        error_messages=TOO_LONG,
        widget=forms.TextInput(NAMES | {"autocomplete": "username"}),
        help_text=_("登录用，不分大小写。"),
    )
    password = forms.CharField(
        label=_("密码"),
        max_length=200,
        strip=False,
        error_messages=TOO_LONG,
        widget=forms.PasswordInput({"autocomplete": "new-password"}, render_value=False),
        help_text=_("至少 10 个字符，不要只用数字。"),
    )


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("验证码"),
        max_length=40,
        error_messages=TOO_LONG,
        widget=forms.TextInput(
            NAMES | {"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}
        ),
    )


class ChooseForm(forms.Form):
    password = forms.CharField(
        label=_("新密码"),
        max_length=200,
        strip=False,
        error_messages=TOO_LONG,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text=_("至少 10 个字符，不要只用数字。"),
    )
    again = forms.CharField(
        label=_("再写一遍"),
        max_length=200,
        strip=False,
        error_messages=TOO_LONG,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("again") and given.get("password") != given["again"]:
            self.add_error("again", gettext("两遍不一样。"))
        return given
