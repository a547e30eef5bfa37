"""The form of an account's entry, and what the editor saw when it was opened."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from changqing.accounts.queries import Account, account_named
from changqing.base.refused import Refused
from changqing.dossier.rules.fields import EDITABLE, LONGEST
from changqing.people.permissions import Principal, may
from changqing.people.queries import colleagues, department_choices

LABELS = {
    "name": gettext_lazy("名称"),
    "short_name": gettext_lazy("简称"),
    "pinyin": gettext_lazy("拼音"),
    "kind": gettext_lazy("类别"),
    "industry": gettext_lazy("行业"),
    "region": gettext_lazy("地区"),
    "currency": gettext_lazy("币种"),
    "tax_number": gettext_lazy("税号"),
    "website": gettext_lazy("网址"),
    "parent": gettext_lazy("上级客户"),
    "owner": gettext_lazy("负责人"),
    "backup": pgettext_lazy("field", "备份"),
    "department": gettext_lazy("部门"),
    "tags": gettext_lazy("标签"),
}
HELP = {
    "pinyin": gettext_lazy("读错时改这里，音节之间空一格；排序和查找都按它。"),
    "currency": gettext_lazy("三个字母的代码，例如 CNY。"),
    "parent": gettext_lazy("写编号或全名；留空就是独立客户。"),
    "tags": gettext_lazy("用逗号隔开。"),
}
NOBODY = [("", "–")]


class AccountForm(forms.Form):
    """The fields of an account; empty when nothing is known."""

    key = forms.CharField(
        label=gettext_lazy("编号"),
        max_length=160,
        required=False,
        help_text=gettext_lazy("留空就自动编号。导入的文件按编号认客户，所以能写就写 ERP 里的编号。"),
    )
    kind = forms.ChoiceField(label=LABELS["kind"], choices=Account.Kind.choices)
    owner = forms.TypedChoiceField(label=LABELS["owner"], required=False, coerce=int, empty_value=None)
    backup = forms.TypedChoiceField(label=LABELS["backup"], required=False, coerce=int, empty_value=None)
    department = forms.TypedChoiceField(
        label=pgettext_lazy("of our house", "部门"), required=False, coerce=int, empty_value=None
    )
    parent = forms.CharField(label=LABELS["parent"], required=False, max_length=240, help_text=HELP["parent"])
    tags = forms.CharField(label=LABELS["tags"], required=False, max_length=900, help_text=HELP["tags"])

    def __init__(self, *args: Any, reader: Principal, is_new: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reader = reader
        for name, longest in LONGEST.items():
            self.fields[name] = forms.CharField(
                label=LABELS[name],
                required=False,
                max_length=longest if name != "currency" else 10,
                help_text=HELP.get(name, ""),
                error_messages={"max_length": gettext_lazy("太长了。")},
            )
        people = [(str(pk), name) for pk, name in colleagues()]
        for name in ("owner", "backup"):
            self._choices(name, people)
        self._choices("department", [(str(pk), name) for pk, name in department_choices()])
        self.fields["parent"].widget.attrs["list"] = "parents"
        self.fields["name"].widget.attrs["autofocus"] = True
        if not is_new:
            del self.fields["key"]
            self._lock_whose_it_is()

    def _lock_whose_it_is(self) -> None:
        """Owner and department change by who may hand accounts over; others ask on the account's page."""
        if may(self.reader, "hand accounts over"):
            return
        for name in ("owner", "department"):
            self.fields[name].disabled = True
        self.fields["owner"].help_text = _("换负责人请在客户页的“客户团队”里申请，由部门负责人或运营批准。")

    def _choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        """What may be chosen, with who is there already even when they have left."""
        kept = self.initial.get(name)
        extra = [(str(kept), _("（已离职或已取消）"))] if kept and str(kept) not in dict(choices) else []
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = [*NOBODY, *extra, *choices]

    def clean_parent(self) -> int | None:
        said = self.cleaned_data["parent"]
        if not said:
            return None
        try:
            return account_named(self.reader, said).pk
        except Refused as refused:
            raise forms.ValidationError(refused.sentence) from refused

    @property
    def fields_given(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in EDITABLE}


def shown(account: Account) -> dict[str, Any]:
    """The entry as the form shows it."""
    return {
        name: getattr(account, name)
        for name in EDITABLE
        if name not in {"parent", "owner", "backup", "department", "tags"}
    } | {
        "parent": account.parent.key if account.parent else "",
        "owner": account.owner_id,
        "backup": account.backup_id,
        "department": account.department_id,
        "tags": "，".join(account.tags),
    }


def seen(account: Account) -> str:
    """The entry as the editor saw it, to be sent back with the edit."""
    values = {
        name: getattr(account, f"{name}_id" if name in {"parent", "owner", "backup", "department"} else name)
        for name in EDITABLE
    }
    return json.dumps(values, ensure_ascii=False)


def seen_in(text: str) -> dict[str, Any] | None:
    """What the editor saw; None when the form did not say it in our words."""
    try:
        said = json.loads(text)
    except ValueError:
        return None
    if not isinstance(said, dict) or set(said) != set(EDITABLE):
        return None
    texts = all(isinstance(said[name], str) for name in (*LONGEST, "kind"))
    links = all(said[name] is None or type(said[name]) is int for name in ("parent", "owner", "backup"))
    tags = isinstance(said["tags"], list) and all(isinstance(tag, str) for tag in said["tags"])
    return said if texts and links and tags else None
