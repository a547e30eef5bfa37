"""What each role may do and see, read from the table that decides it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_GET

from changqing.people.permissions import (
    MAY,
    OF_THE_BOOK,
    OF_THE_DEPARTMENT,
    OF_THE_OWNER,
    ROLES,
    Level,
    Levels,
    Part,
)
from changqing.people.queries import Role
from changqing.web.reader import reader
from changqing.web.settings.sections import section_page

PARTS: dict[Part, Any] = {
    Part.BASIC: gettext_lazy("基本资料"),
    Part.NAMES: gettext_lazy("姓名职务"),
    Part.CONTACTS: gettext_lazy("联系方式"),
    Part.ACTIVITIES: gettext_lazy("拜访记录"),
    Part.FILES: gettext_lazy("附件"),
    Part.PLAN: gettext_lazy("计划"),
    Part.SCORE: gettext_lazy("等级健康"),
    Part.REVENUE: gettext_lazy("收入"),
    Part.MARGIN: gettext_lazy("毛利成本"),
}
VERBS: dict[str, Any] = {
    "bring in files": gettext_lazy("导入文件"),
    "see imports": gettext_lazy("看导入记录"),
    "edit accounts": gettext_lazy("改客户"),
    "add users": gettext_lazy("管用户和部门"),
    "keep the book": gettext_lazy("备份和核对"),
    "rank the book": gettext_lazy("重算排名"),
    "answer subject requests": gettext_lazy("答复本人的请求"),
    "read methods": gettext_lazy("看方法"),
    "change methods": gettext_lazy("改方法"),
    "decide tiers": gettext_lazy("定等级"),
    "rate accounts": gettext_lazy("给客户打分"),
    "read the audit": gettext_lazy("看审计"),
    "keep settings": gettext_lazy("改安全和组织设置"),
    "guard personal data": gettext_lazy("管数据保护"),
}


@dataclass(frozen=True)
class RoleRow:
    name: str
    label: str
    accounts: str
    levels: list[tuple[str, str]]
    verbs: list[str]
    is_own: bool


@require_GET
def roles(request: HttpRequest) -> HttpResponse:
    own = reader(request).role
    return section_page(
        request,
        "settings/roles.html",
        "roles",
        title=_("每个角色能看什么、做什么"),
        caption=_("这张表就是判断用的那张表，改角色在“用户”里改。"),
        parts=list(PARTS.values()),
        rows=[_row(name, str(label), is_own=name == own) for name, label in ROLES],
    )


def _row(name: str, label: str, *, is_own: bool) -> RoleRow:
    given, accounts = _reach(name)
    levels = [(str(PARTS[part]), _level(given.get(part, Level.NONE))) for part in PARTS]
    verbs = [str(VERBS.get(verb, verb)) for verb, allowed in MAY.items() if name in allowed]
    return RoleRow(name, label, accounts, levels, verbs, is_own)


def _reach(role: str) -> tuple[Levels, str]:
    """The levels a role gives, and on which accounts."""
    if role in OF_THE_BOOK:
        return OF_THE_BOOK[role], _("全部客户")
    if role in OF_THE_DEPARTMENT:
        return OF_THE_DEPARTMENT[role], _("本部门和下级部门")
    if role == Role.MANAGER:
        return OF_THE_OWNER, _("自己负责或后备的，和被授权的")
    return {}, _("不看业务数据")


def _level(level: Level) -> str:
    return {Level.NONE: "–", Level.READ: pgettext("level", "看"), Level.EDIT: pgettext("level", "改")}[level]
