"""The pages between password and work: second factor, chosen password, factor that must be added."""

from __future__ import annotations

import base64
import json
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.stagekit import stash_login
from allauth.mfa.adapter import get_adapter
from allauth.mfa.totp.internal.auth import clear_totp_secret, get_totp_secret
from allauth.mfa.webauthn.internal import auth as webauthn
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from changqing.base.refused import Refused
from changqing.journeys.keep_users import choose_password
from changqing.journeys.sign_in import prove, prove_by_code
from changqing.organisation.actions.factors import add_totp, key_was_used
from changqing.organisation.queries import has_security_key
from changqing.people.queries import User
from changqing.web.door.entrance import address_of
from changqing.web.door.forms import ChooseForm, CodeForm
from changqing.web.door.stages import CHOOSE, ENROL, VERIFY, stage_of


@login_not_required
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """The second factor: a code of the authenticator, a recovery code, or a security key."""
    stage = stage_of(request, VERIFY)
    if stage is None:
        return redirect("signin")
    user = stage.login.user
    form = CodeForm(request.POST if request.method == "POST" and "credential" not in request.POST else None)
    try:
        kind = _proof(request, user, form)
    except Refused as refusal:
        form.add_error(None if "credential" in request.POST else "code", refusal.sentence)
        kind = ""
    if kind:
        record_authentication(request, user, "mfa", type=kind)
        return stage.exit()
    return render(request, "door/verify.html", {"form": form, "options": key_options(user)})


def _proof(request: HttpRequest, user: User, form: CodeForm) -> str:
    """The kind of factor that was proved; empty while nothing was handed in."""
    if request.method != "POST":
        return ""
    if "credential" in request.POST:
        form.is_bound, form.cleaned_data = True, {}
        form.full_clean()
        form.errors.clear()
        return prove_by_key(request, user)
    if not form.is_valid():
        return ""
    code = form.cleaned_data["code"]
    return prove_by_code(user=user, code=code, address=address_of(request), now=timezone.now())


def prove_by_key(request: HttpRequest, user: User) -> str:
    """The security key's answer to the challenge of this session."""

    def proof() -> str:
        try:
            answer = json.loads(request.POST["credential"])
            webauthn.parse_authentication_response(answer)
            key = webauthn.complete_authentication(user, answer)
        except (ValidationError, ValueError, KeyError, TypeError, AttributeError):
            return ""
        key_was_used(user=user, key=key)
        return "webauthn"

    return prove(user=user, address=address_of(request), now=timezone.now(), proof=proof)


def key_options(user: User) -> str:
    """What the browser asks the security keys of ``user``; empty where there is none."""
    return json.dumps(webauthn.begin_authentication(user)) if has_security_key(user) else ""


@login_not_required
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def choose(request: HttpRequest) -> HttpResponse:
    """A password of one's own instead of the one that somebody else made."""
    stage = stage_of(request, CHOOSE)
    if stage is None:
        return redirect("signin")
    form = ChooseForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            choose_password(
                user=stage.login.user, password=form.cleaned_data["password"], door="web", now=timezone.now()
            )
            return stage.exit()
        except Refused as refusal:
            form.add_error("password", refusal.sentence)
    return render(request, "door/choose.html", {"form": form, "name": stage.login.user.username})


@login_not_required
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def enrol(request: HttpRequest) -> HttpResponse:
    """Add the authenticator that the organisation asks this role for; then see the recovery codes once."""
    stage = stage_of(request, ENROL)
    if stage is None:
        return redirect("signin")
    if stage.state.get("added"):
        if request.method == "POST":
            stage.state["added"] = False
            return stage.exit()
        return render(request, "door/enrolled.html", {"codes": []})
    form = CodeForm(request.POST if request.method == "POST" else None)
    codes = added_totp(request, stage.login.user, form)
    if codes is not None:
        record_authentication(request, stage.login.user, "mfa", type="totp")
        stage.state["added"] = True
        stash_login(request, stage.login)
        return render(request, "door/enrolled.html", {"codes": codes})
    return render(request, "door/enrol.html", {"form": form, **totp_picture(stage.login.user)})


def added_totp(request: HttpRequest, user: User, form: Form) -> list[str] | None:
    """The recovery codes once the authenticator is added; None while it is not."""
    if not form.is_valid():
        return None
    try:
        codes = add_totp(user=user, secret=get_totp_secret(), code=form.cleaned_data["code"])
    except Refused as refusal:
        form.add_error("code", refusal.sentence)
        return None
    clear_totp_secret(request)
    return codes


def totp_picture(user: User) -> dict[str, Any]:
    """The secret to scan or to type."""
    secret, adapter = get_totp_secret(), get_adapter()
    picture = adapter.build_totp_svg(adapter.build_totp_url(user, secret))
    source = "data:image/svg+xml;base64," + base64.b64encode(picture.encode()).decode()
    groups = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
    return {"picture": source, "secret": groups}
