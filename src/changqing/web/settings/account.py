"""My account: name, language, password, second factors, and where I am signed in."""

from __future__ import annotations

import json
from typing import Any

from allauth.mfa.webauthn.internal import auth as webauthn
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from changqing.base.refused import Refused
from changqing.journeys.keep_users import change_own_profile, choose_password
from changqing.journeys.sign_in import prove_password
from changqing.organisation.actions.factors import add_security_key, remove_factor, renew_recovery_codes
from changqing.organisation.actions.sessions import end_session, end_sessions
from changqing.organisation.queries import has_totp, recovery_codes_left, second_factors, sessions_of
from changqing.people.queries import User
from changqing.web.door.entrance import address_of, proved_again
from changqing.web.door.forms import CodeForm
from changqing.web.door.second import added_totp, totp_picture
from changqing.web.reader import reader
from changqing.web.settings.forms import KeyNameForm, NameForm, PasswordForm
from changqing.web.settings.sections import section_page
from changqing.web.settings.step_up import recently_proved

HERE = "settings-account"


@require_http_methods(["GET", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    user = reader(request)
    form = NameForm(request.POST if request.method == "POST" else None, initial=_profile(user))
    if form.is_valid():
        try:
            change_own_profile(user=user, **form.cleaned_data)
            messages.success(request, _("已保存。"))
            return redirect(HERE)
        except Refused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.sentence)
    return _page(request, form)


def _profile(user: User) -> dict[str, str]:
    return {"full_name": user.full_name, "email": user.email, "language": user.language}


def _page(request: HttpRequest, form: NameForm, password: PasswordForm | None = None) -> HttpResponse:
    user = reader(request)
    factors = second_factors(user)
    sessions = sessions_of(user, now=timezone.now(), this=request.session.session_key or "")
    return section_page(
        request,
        "settings/account.html",
        "account",
        title=_title(len(factors), len(sessions)),
        form=form,
        password=password or PasswordForm(),
        factors=factors,
        has_totp=has_totp(user),
        codes_left=recovery_codes_left(user) if factors else 0,
        sessions=sessions,
    )


def _title(factors: int, sessions: int) -> str:
    protected = _("您的账号有第二步验证") if factors else _("您的账号只靠密码")
    where = ngettext("现在在 %(count)d 个浏览器里登录", "现在在 %(count)d 个浏览器里登录", sessions)
    return _("%(protected)s，%(where)s") % {"protected": protected, "where": where % {"count": sessions}}


@sensitive_post_parameters("current", "password", "again")
@require_POST
def password(request: HttpRequest) -> HttpResponse:
    user = reader(request)
    form = PasswordForm(request.POST)
    if form.is_valid():
        given, now = form.cleaned_data, timezone.now()
        try:
            prove_password(user=user, password=given["current"], address=address_of(request), now=now)
        except Refused as refusal:
            form.add_error("current", refusal.sentence)
        else:
            if _chosen(request, user, form):
                return redirect(HERE)
    return _page(request, NameForm(initial=_profile(user)), form)


def _chosen(request: HttpRequest, user: User, form: PasswordForm) -> bool:
    this = request.session.session_key or ""
    try:
        choose_password(
            user=user, password=form.cleaned_data["password"], door="web", this=this, now=timezone.now()
        )
    except Refused as refusal:
        form.add_error("password", refusal.sentence)
        return False
    update_session_auth_hash(request, user)
    proved_again(request, user, "password")
    messages.success(request, _("密码已换，别处的登录都已结束。"))
    return True


@recently_proved(back_to=HERE)
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def add_totp(request: HttpRequest) -> HttpResponse:
    user = reader(request)
    form = CodeForm(request.POST if request.method == "POST" else None)
    codes = added_totp(request, user, form)
    if codes is not None:
        return _added(request, _("验证器已加上"), codes)
    title = _("扫一下二维码，以后登录多一步验证码")
    return section_page(
        request, "settings/totp.html", "account", title=title, form=form, **totp_picture(user)
    )


@recently_proved(back_to=HERE)
@require_http_methods(["GET", "POST"])
def add_key(request: HttpRequest) -> HttpResponse:
    user = reader(request)
    form = KeyNameForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            credential = _credential(request)
            codes = add_security_key(user=user, name=form.cleaned_data["name"], credential=credential)
            return _added(request, _("安全密钥已加上"), codes)
        except Refused as refusal:
            form.add_error(refusal.field or None, refusal.sentence)
    options = json.dumps(webauthn.begin_registration(user, passwordless=False))
    title = _("插上或靠近安全密钥，以后登录按一下它")
    return section_page(request, "settings/key.html", "account", title=title, form=form, options=options)


def _credential(request: HttpRequest) -> dict[str, Any]:
    """What the key answered, checked against the challenge of this session."""
    try:
        credential = json.loads(request.POST.get("credential", ""))
        webauthn.parse_registration_response(credential)
        webauthn.complete_registration(credential)
    except (ValidationError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refused(_("安全密钥的回答对不上这一次请求，没有加上。请再按一次。")) from error
    return dict(credential)


def _added(request: HttpRequest, title: str, codes: list[str]) -> HttpResponse:
    if codes:
        return section_page(request, "settings/codes.html", "account", title=title, codes=codes)
    messages.success(request, _("%(title)s。") % {"title": title})
    return redirect(HERE)


@recently_proved(back_to=HERE)
@require_POST
def renew_codes(request: HttpRequest) -> HttpResponse:
    codes = renew_recovery_codes(user=reader(request))
    return _added(request, _("新的恢复码已生成，旧的都已作废"), codes)


@recently_proved(back_to=HERE)
@require_POST
def drop_factor(request: HttpRequest, number: int) -> HttpResponse:
    remove_factor(user=reader(request), number=number)
    messages.success(request, _("已移除。"))
    return redirect(HERE)


@require_POST
def leave_session(request: HttpRequest, handle: str) -> HttpResponse:
    end_session(user=reader(request), handle=handle)
    messages.success(request, _("那次登录已结束。"))
    return redirect(HERE)


@require_POST
def leave_others(request: HttpRequest) -> HttpResponse:
    user = reader(request)
    gone = end_sessions(by=user, user=user, but=request.session.session_key or "", door="web")
    told = ngettext("已结束别处的 %(count)d 次登录。", "已结束别处的 %(count)d 次登录。", gone)
    messages.success(request, told % {"count": gone})
    return redirect(HERE)


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    return redirect(HERE)
