"""Before security changes: prove once more who you are, unless you did in the last ten minutes."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from changqing.base.refused import Refused
from changqing.journeys.sign_in import prove_by_code, prove_password
from changqing.organisation.queries import has_second_factor
from changqing.web.door.entrance import address_of, is_recent, proved_again
from changqing.web.door.second import key_options, prove_by_key
from changqing.web.door.views import onward
from changqing.web.reader import reader
from changqing.web.settings.forms import AgainForm, CodeAgainForm

View = Callable[..., HttpResponse]


def recently_proved(*, back_to: str, posts_only: bool = False) -> Callable[[View], View]:
    """The view, for those who proved themselves lately; others do so first and come ``back_to`` that page."""

    def wrap(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            is_free = posts_only and request.method == "GET"
            if is_free or is_recent(request, reader(request)):
                return view(request, *args, **kwargs)
            is_page = request.method == "GET"
            if not is_page:
                messages.info(request, _("这一步没有做。请先证明是您，再按一次。"))
            home = reverse(back_to, kwargs=kwargs if back_to == "settings-user" else None)
            wanted = request.get_full_path() if is_page else home
            return redirect(f"{reverse('settings-prove')}?{urlencode({'next': wanted})}")

        return guarded

    return wrap


@sensitive_post_parameters("password", "code")
@require_http_methods(["GET", "POST"])
def prove(request: HttpRequest) -> HttpResponse:
    """The password again; who has a second factor proves that instead, which a thief of passwords cannot."""
    user, wanted = reader(request), onward(request, reverse("settings-account"))
    by_factor = has_second_factor(user)
    is_key = "credential" in request.POST
    given = request.POST if request.method == "POST" and not is_key else None
    form = CodeAgainForm(given) if by_factor else AgainForm(given)
    method, refusal = "", ""
    try:
        if is_key:
            method = "mfa" if prove_by_key(request, user) else ""
        elif form.is_valid():
            method = _proved(request, form.cleaned_data)
    except Refused as refused:
        refusal = refused.sentence
        if not is_key:
            form.add_error(None, refusal)
    if method:
        proved_again(request, user, method)
        return redirect(wanted)
    shown = {
        "form": form,
        "next": wanted,
        "refusal": refusal if is_key else "",
        "options": key_options(user) if by_factor else "",
        "leave": not by_factor and not user.has_usable_password(),
    }
    return render(request, "settings/prove.html", shown)


def _proved(request: HttpRequest, given: dict[str, str]) -> str:
    user, address, now = reader(request), address_of(request), timezone.now()
    if "code" in given:
        prove_by_code(user=user, code=given["code"], address=address, now=now)
        return "mfa"
    prove_password(user=user, password=given["password"], address=address, now=now)
    return "password"
