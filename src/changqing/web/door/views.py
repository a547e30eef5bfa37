"""The way in: first page, sign-in, first user, language and theme."""

from __future__ import annotations

from datetime import timedelta

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.decorators import login_not_required
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from changqing.base.refused import Refused
from changqing.journeys.sign_in import is_setup_code, make_first_user, sign_in, went_out
from changqing.people.actions import set_language
from changqing.people.queries import User, has_users
from changqing.web.door.adapters import provider_entry
from changqing.web.door.entrance import address_of, first_page, let_in
from changqing.web.door.forms import FirstUserForm, SignInForm
from changqing.web.door.signins import demo_answers, demo_link, demo_signins
from changqing.web.shell import KEYS_COOKIE, THEME_COOKIE, THEMES, page_address
from changqing.web.tour import TOUR_COOKIE

A_YEAR = timedelta(days=365)


@login_not_required
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Signed in: straight to work. Signed out: the demo, or one's own ledger."""
    if request.user.is_authenticated:
        return redirect(first_page())
    if settings.BOOK == "demo":
        people = demo_signins(settings.FOLDER.run / "signins.txt")
        return render(request, "door/demo.html", {"people": people})
    told = {"is_empty": not has_users(), "demo_answers": demo_answers(settings.DEMO_URL)}
    return render(request, "door/home.html", told)


@login_not_required
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def signin(request: HttpRequest) -> HttpResponse:
    wanted = onward(request, "")
    if request.user.is_authenticated and request.method == "GET":
        return redirect(wanted or first_page())
    form = SignInForm(request.POST if request.method == "POST" else None)
    user = _known(request, form) if form.is_valid() else None
    if user is not None:
        name = {"username": form.cleaned_data["username"]}
        return perform_password_login(request, name, Login(user=user, redirect_url=wanted or first_page()))
    shown = {"form": form, "next": wanted, "is_empty": not has_users(), "provider": provider_entry()}
    return render(request, "door/signin.html", {**shown, "demo_link": demo_link(settings.DEMO_URL)})


def _known(request: HttpRequest, form: SignInForm) -> AbstractBaseUser | None:
    try:
        return sign_in(**form.cleaned_data, address=address_of(request), now=timezone.now())
    except Refused as refusal:
        form.add_error(None, refusal.sentence)
        form.ask_again()
        return None


@login_not_required
@require_POST
def signout(request: HttpRequest) -> HttpResponse:
    """Out, also from half way in."""
    if isinstance(request.user, User):
        went_out(user=request.user)
    logout(request)
    return redirect("signin")


@login_not_required
@sensitive_post_parameters("password", "code")
@require_http_methods(["GET", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """The one-time link: whoever holds the code of this machine becomes the first user."""
    if has_users():
        return render(request, "door/started.html")
    form = FirstUserForm(
        request.POST if request.method == "POST" else None, initial={"code": request.GET.get("code", "")}
    )
    if form.is_valid() and _started(request, form):
        return redirect(page_address("imports") or first_page())
    return render(request, "door/start.html", {"form": form, "demo_link": demo_link(settings.DEMO_URL)})


def _started(request: HttpRequest, form: Form) -> bool:
    given = dict(form.cleaned_data)
    if not is_setup_code(given.pop("code"), expected=settings.FOLDER.setup_code):
        form.add_error("code", translation.gettext("代码不对。请从终端里复制整个链接再打开。"))
        return False
    try:
        user = make_first_user(**given, language=translation.get_language() or settings.LANGUAGE_CODE)
    except Refused as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, refusal.sentence)
        return False
    settings.FOLDER.use_up_setup_code()
    let_in(request, user)
    return True


@login_not_required
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Read on in the other language, here and, for a user, on every machine."""
    chosen = request.POST.get("language", "")
    response = redirect(onward(request, "/"))
    if chosen in dict(settings.LANGUAGES):
        if request.user.is_authenticated:
            set_language(user=request.user, language=chosen)
        _remember(response, settings.LANGUAGE_COOKIE_NAME, chosen)
    return response


@login_not_required
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Light, dark, or whatever the machine is set to."""
    return _chosen(request, "theme", THEME_COOKIE, THEMES)


@require_POST
def keys(request: HttpRequest) -> HttpResponse:
    """Single letters as keys: on, or off for good."""
    return _chosen(request, "keys", KEYS_COOKIE, ("off",))


@require_POST
def tour(request: HttpRequest) -> HttpResponse:
    """The demo's tour: seen, or sent away."""
    return _chosen(request, "tour", TOUR_COOKIE, ("off",))


def _chosen(request: HttpRequest, name: str, cookie: str, known: tuple[str, ...]) -> HttpResponse:
    response = redirect(onward(request, "/"))
    chosen = request.POST.get(name, "")
    if chosen in known:
        _remember(response, cookie, chosen)
    else:
        response.delete_cookie(cookie, samesite="Lax")
    return response


def _remember(response: HttpResponse, name: str, value: str) -> None:
    response.set_cookie(
        name, value, max_age=A_YEAR, httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
    )


def onward(request: HttpRequest, otherwise: str) -> str:
    """Where to go on, if it is an address of ours."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if is_ours else otherwise
