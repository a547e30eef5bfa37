"""Where allauth asks us: which stages a sign-in passes, how secrets are kept, whom a provider vouches for."""

from __future__ import annotations

import base64
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from changqing.base.refused import Refused
from changqing.journeys.open_id import vouched_for
from changqing.machine.openid import PROVIDER
from changqing.organisation.queries import organisation_settings
from changqing.web.door.entrance import first_page, let_in
from changqing.web.shell import page_address


class SignInAdapter(DefaultAccountAdapter):
    """Stages in their order: second factor, chosen password, second factor that is asked for but missing."""

    def get_login_stages(self) -> list[str]:
        return [
            "allauth.mfa.stages.AuthenticateStage",
            "changqing.web.door.stages.ChoosePasswordStage",
            "changqing.web.door.stages.EnrolStage",
        ]

    def login(self, request: HttpRequest, user: Any) -> None:
        let_in(request, user)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return first_page()

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Our pages speak for themselves."""

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """The product sends no mail; the audit tells."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


class FactorAdapter(DefaultMFAAdapter):
    """Secrets of second factors are sealed with the key of this machine."""

    def encrypt(self, text: str) -> str:
        return _seal().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        try:
            return _seal().decrypt(encrypted_text.encode()).decode()
        except InvalidToken as broken:
            raise Refused(
                _("这台机器的密钥换过了，第二步验证读不出来。请系统管理员重置您的第二步验证。")
            ) from broken

    def get_totp_issuer(self) -> str:
        book = "Changqing demo" if settings.BOOK == "demo" else "Changqing"
        name = organisation_settings().name
        return f"{book} {name}" if name else book

    def _get_site_name(self) -> str:
        return "Changqing"

    def validation_error(self, code: str, *args: Any) -> ValidationError:
        return ValidationError(code, code=code)


def _seal() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = [salted_hmac("changqing.factors", "seal", secret=key, algorithm="sha256") for key in keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest.digest())) for digest in digests])


class ProviderAdapter(DefaultSocialAccountAdapter):
    """The organisation's own provider says who comes; it never makes users."""

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        try:
            vouched_for(
                known=sociallogin.user if sociallogin.is_existing else None,
                claims=sociallogin.account.extra_data,
                connect=lambda user: sociallogin.connect(request, user),
                match=sociallogin.provider.app.settings["match"],
            )
        except Refused as refusal:
            raise ImmediateHttpResponse(turned_away(request, refusal.sentence)) from refusal

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Any = None,
        extra_context: Any = None,
    ) -> None:
        sentence = _("%(name)s 没有确认您的身份。请再试一次，或用用户名和密码登录。") % {
            "name": provider.name
        }
        raise ImmediateHttpResponse(turned_away(request, sentence)) from exception

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False

    def get_connect_redirect_url(self, request: HttpRequest, socialaccount: Any) -> str:
        return first_page()

    def list_apps(self, request: Any, provider: Any = None, client_id: Any = None) -> list[Any]:
        """Only what the environment configures counts, so that no row can add a provider."""
        return [app for app in super().list_apps(request, provider, client_id) if not app.pk]


def turned_away(request: HttpRequest, sentence: str) -> HttpResponse:
    return render(request, "door/turned-away.html", {"sentence": sentence}, status=403)


def provider_entry() -> tuple[str, str] | None:
    """Name and address of the way in by the organisation's provider, where one is configured."""
    apps = settings.SOCIALACCOUNT_PROVIDERS.get("openid_connect", {}).get("APPS", [])
    if not apps:
        return None
    address = page_address("openid_connect_login", provider_id=PROVIDER)
    return (apps[0]["name"], address) if address else None
