"""The one-time link: whoever holds it chooses the password of the person it was made for."""

from __future__ import annotations

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from changqing.base.refused import Refused
from changqing.journeys.keep_users import choose_by_link
from changqing.organisation.queries import link_for
from changqing.web.door.forms import ChooseForm


@login_not_required
@sensitive_variables("code")
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def join(request: HttpRequest, code: str) -> HttpResponse:
    """Choose a password, then go on like any sign-in: a second factor is still asked for."""
    link = link_for(code, now=timezone.now())
    if link is None:
        return render(request, "door/link-over.html", status=404)
    form = ChooseForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            user = choose_by_link(code=code, password=form.cleaned_data["password"], now=timezone.now())
        except Refused as refusal:
            form.add_error("password", refusal.sentence)
        else:
            logout(request)
            record_authentication(request, user, "link")
            return perform_login(request, Login(user=user))
    return render(request, "door/join.html", {"form": form, "person": link.user})
