"""Sign-in with the organisation's own OpenID provider, told by environment variables."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from changqing.machine.environment import SettingsError, env_text
from changqing.machine.speech import gettext as _

ON_THIS_MACHINE = {"localhost", "127.0.0.1", "::1"}
PROVIDER = "oidc"
MATCHES = ("username", "email")


def openid_connect_from_environment() -> dict[str, Any]:
    """allauth's providers: one where CHANGQING_OIDC_URL is set, else none; half of one is refused."""
    url = env_text("CHANGQING_OIDC_URL", default="")
    if not url:
        for name in ("CHANGQING_OIDC_CLIENT_ID", "CHANGQING_OIDC_CLIENT_SECRET"):
            if env_text(name, default=""):
                raise SettingsError(
                    _("设置了 %(name)s 却没有 CHANGQING_OIDC_URL。") % {"name": name},
                )
        return {}
    _check_address(url)
    app = {
        "provider_id": PROVIDER,
        "name": env_text("CHANGQING_OIDC_NAME", default="OpenID"),
        "client_id": env_text("CHANGQING_OIDC_CLIENT_ID"),
        "secret": env_text("CHANGQING_OIDC_CLIENT_SECRET"),
        "settings": {
            "server_url": url,
            "match": env_text("CHANGQING_OIDC_MATCH", default="email", allowed=MATCHES),
        },
    }
    return {"openid_connect": {"APPS": [app], "OAUTH_PKCE_ENABLED": True}}


def _check_address(url: str) -> None:
    at = urlsplit(url)
    is_sealed = at.scheme == "https" or (at.scheme == "http" and at.hostname in ON_THIS_MACHINE)
    if not (is_sealed and at.hostname):
        raise SettingsError(
            _("环境变量 CHANGQING_OIDC_URL 的值是“%(url)s”，必须是 https:// 开头的地址。") % {"url": url}
        )
