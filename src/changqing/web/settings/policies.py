"""What holds for everybody: security, the organisation itself, the protection of personal data."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from changqing.accounts.queries import PersonalData, personal_data
from changqing.base.refused import Refused
from changqing.organisation.actions.policy import change_settings
from changqing.organisation.queries import organisation_settings, people_without_factor
from changqing.people.permissions import ROLES, check_may
from changqing.people.queries import Role, people_of_role
from changqing.web.accounts.amounts import currency_name
from changqing.web.reader import reader
from changqing.web.settings.forms import OrganisationForm, RetentionForm, SecurityForm
from changqing.web.settings.sections import section_page
from changqing.web.settings.step_up import recently_proved


@recently_proved(back_to="settings-security", posts_only=True)
@require_http_methods(["GET", "POST"])
def security(request: HttpRequest) -> HttpResponse:
    check_may(reader(request), "keep settings")
    form = _form(request, SecurityForm)
    if _saved(request, form):
        return redirect("settings-security")
    roles = organisation_settings().second_factor_roles
    return section_page(
        request,
        "settings/policy.html",
        "security",
        title=_security_title(roles, people_without_factor(roles)),
        caption=_("密码至少 10 个字符，不能太常见，也不能和姓名相似；验证码和恢复码只能用一次。"),
        form=form,
    )


def _security_title(roles: list[str], without: int) -> str:
    if not roles:
        return _("没有角色必须用第二步验证")
    names = _("、").join(str(dict(ROLES).get(role, role)) for role in roles)
    told = _("%(roles)s 必须用第二步验证") % {"roles": names}
    if not without:
        return told
    lack = ngettext("还有 %(count)d 人没有", "还有 %(count)d 人没有", without) % {"count": without}
    return _("%(told)s，%(lack)s") % {"told": told, "lack": lack}


@require_http_methods(["GET", "POST"])
def organisation(request: HttpRequest) -> HttpResponse:
    check_may(reader(request), "keep settings")
    form = _form(request, OrganisationForm)
    if _saved(request, form):
        return redirect("settings-organisation")
    now = organisation_settings()
    title = _("%(name)s，财年从 %(month)d 月开始") % {
        "name": now.name or _("组织还没有名字"),
        "month": now.fiscal_month,
    }
    return section_page(
        request,
        "settings/organisation.html",
        "organisation",
        title=title,
        caption=_("名称、财年和语言在这里改；币种和时区在启动时定。"),
        form=form,
        fixed=_fixed(),
    )


def _fixed() -> list[tuple[str, str, str]]:
    """What is chosen before the start: its name, what it is, and why it cannot be changed here."""
    return [
        (
            _("账本币种"),
            f"{currency_name(settings.BOOK_CURRENCY)} {settings.BOOK_CURRENCY}",
            _(
                "由 CHANGQING_CURRENCY 定。每一个合计都按它折算过，账里有了明细就不能再换；"
                "别的币种的单据照样导入，按当日汇率折算。"
            ),
        ),
        (
            _("时区"),
            settings.TIME_ZONE,
            _(
                "由 CHANGQING_TIME_ZONE 定，重启后生效。“今天”、逾期和夜间的工作按它的日历；"
                "单据上的日期不受影响。"
            ),
        ),
    ]


@require_http_methods(["GET", "POST"])
def data_protection(request: HttpRequest) -> HttpResponse:
    by = reader(request)
    held = personal_data(by, today=timezone.localdate())
    form = _form(request, RetentionForm)
    if _saved(request, form):
        return redirect("settings-data")
    return section_page(
        request,
        "settings/data.html",
        "data",
        title=_data_title(held),
        form=form,
        held=held,
        officers=people_of_role(Role.PRIVACY),
    )


def _data_title(held: PersonalData) -> str:
    if not held.contacts:
        return _("还没有联系人资料")
    if held.past:
        told = ngettext("%(count)d 份联系人资料过了保留期", "%(count)d 份联系人资料过了保留期", held.past)
        return told % {"count": held.past}
    return _("没有联系人资料过了保留期")


def _form(request: HttpRequest, kind: type[Form]) -> Form:
    now = organisation_settings()
    initial = {name: getattr(now, name) for name in kind.base_fields}
    return kind(request.POST if request.method == "POST" else None, initial=initial)


def _saved(request: HttpRequest, form: Any) -> bool:
    if not form.is_valid():
        return False
    try:
        change_settings(by=reader(request), door="web", **form.cleaned_data)
    except Refused as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, refusal.sentence)
        return False
    messages.success(request, _("已保存。"))
    return True
