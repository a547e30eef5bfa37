"""Sign-in by the organisation's own provider, with a provider that really runs."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import requests
from django.test import Client

from changqing.machine.environment import SettingsError
from changqing.machine.openid import openid_connect_from_environment
from changqing.people.actions import add_user
from changqing.people.models import User
from changqing.people.permissions import operator
from changqing.records.models import AuditLine

PASSWORD = "evergreen-pine-41"
NAMES = ("URL", "CLIENT_ID", "CLIENT_SECRET", "NAME", "MATCH")


def configure(monkeypatch: Any, **given: str) -> None:
    for name in NAMES:
        monkeypatch.delenv(f"CHANGQING_OIDC_{name}", raising=False)
    for name, value in given.items():
        monkeypatch.setenv(f"CHANGQING_OIDC_{name}", value)


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "oidc_provider_mock", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    for _ in range(200):
        with suppress(requests.ConnectionError):
            if requests.get(f"{address}/.well-known/openid-configuration", timeout=2).ok:
                break
        time.sleep(0.1)
    yield address
    process.terminate()
    process.wait(10)


@pytest.fixture
def by_provider(provider: str, monkeypatch: Any, settings: Any) -> Any:
    """Sign in at the provider as somebody with these claims; the answer of our callback."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

    def configured(match: str = "email") -> None:
        configure(
            monkeypatch,
            URL=provider,
            CLIENT_ID="changqing",
            CLIENT_SECRET="s3cret",
            NAME="公司账号",
            MATCH=match,
        )
        settings.SOCIALACCOUNT_PROVIDERS = openid_connect_from_environment()

    def come(client: Client, sub: str, **claims: Any) -> Any:
        requests.put(f"{provider}/users/{sub}", json=claims, timeout=5).raise_for_status()
        asked = client.get("/oidc/oidc/login/")
        assert asked["Location"].startswith(provider), asked
        assert "code_challenge=" in asked["Location"]
        told = requests.post(asked["Location"], data={"sub": sub}, allow_redirects=False, timeout=5)
        return client.get(told.headers["Location"].removeprefix("http://testserver"))

    configured()
    come.configured = configured  # type: ignore[attr-defined]
    return come


def person(name: str, email: str, **changes: Any) -> User:
    user = add_user(
        by=operator(because="a test"), username=name, full_name="罗敏", password=PASSWORD, role="manager"
    )
    User.objects.filter(pk=user.pk).update(email=email, **changes)
    return user


def is_in(client: Client) -> bool:
    return client.get("/settings/account/").status_code == 200


@pytest.mark.django_db
def test_a_colleague_comes_in_by_the_verified_address_and_later_by_the_providers_number(
    client: Client, by_provider: Any
) -> None:
    luo = person("luo", "Luo@Example.com")
    assert "用 公司账号 登录" in client.get("/signin/").content.decode()
    answer = by_provider(client, "u-1", email="luo@example.com", email_verified=True)
    assert (answer.status_code, answer["Location"]) == (302, "/today/")
    assert is_in(client)
    assert client.get("/settings/account/").context["user"] == luo
    User.objects.update(email="other@example.com")
    again = Client()
    assert by_provider(again, "u-1", email="changed@example.com", email_verified=False).status_code == 302
    assert is_in(again)
    verbs = list(AuditLine.objects.order_by("pk").values_list("verb", flat=True))
    assert verbs == ["connect OpenID", "signed in", "signed in"]
    assert AuditLine.objects.filter(verb="signed in").latest("pk").details["by_way_of"] == "socialaccount"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "claims",
    [
        {"email": "luo@example.com", "email_verified": False},
        {"email": "luo@example.com"},
        {"email": "nobody@example.com", "email_verified": True},
        {"email": "gone@example.com", "email_verified": True},
        {"preferred_username": "luo", "email": "x@example.com", "email_verified": True},
        {"email": "", "email_verified": True},
    ],
)
def test_nobody_else_comes_in_and_nobody_is_made(client: Client, by_provider: Any, claims: Any) -> None:
    person("luo", "luo@example.com")
    person("gone", "gone@example.com", is_active=False)
    answer = by_provider(client, f"s-{abs(hash(str(claims)))}", **claims)
    assert answer.status_code == 403
    assert "没有对应的在职用户" in answer.content.decode()
    assert not is_in(client)
    assert User.objects.count() == 2


@pytest.mark.django_db
def test_by_user_name_where_the_operator_chose_so_and_never_once_stopped(
    client: Client, by_provider: Any
) -> None:
    by_provider.configured(match="username")
    person("luo", "")
    assert by_provider(client, "n-1", preferred_username="Luo", email="a@b.example").status_code == 302
    User.objects.update(is_active=False)
    assert by_provider(Client(), "n-1", preferred_username="luo").status_code == 403


@pytest.mark.django_db
def test_a_refusal_at_the_provider_and_a_forged_answer_are_told(client: Client, by_provider: Any) -> None:
    for query in ("?error=access_denied", "?code=x&state=forged", ""):
        answer = client.get(f"/oidc/oidc/login/callback/{query}")
        assert answer.status_code == 403
        assert "没有确认您的身份" in answer.content.decode()
    assert client.get("/oidc/other/login/").status_code == 404
    assert not is_in(client)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"URL": "http://id.example.com"}, "CHANGQING_OIDC_URL"),
        ({"URL": "ftp://localhost"}, "CHANGQING_OIDC_URL"),
        ({"URL": "https://id.example.com"}, "CHANGQING_OIDC_CLIENT_ID"),
        ({"URL": "https://id.example.com", "CLIENT_ID": "x"}, "CHANGQING_OIDC_CLIENT_SECRET"),
        ({"CLIENT_SECRET": "x"}, "CHANGQING_OIDC_CLIENT_SECRET"),
        (
            {"URL": "https://id.example.com", "CLIENT_ID": "x", "CLIENT_SECRET": "y", "MATCH": "z"},
            "CHANGQING_OIDC_MATCH",
        ),
    ],
)
def test_half_a_configuration_stops_the_start(monkeypatch: Any, given: dict[str, str], named: str) -> None:
    configure(monkeypatch, **given)
    with pytest.raises(SettingsError) as stopped:
        openid_connect_from_environment()
    assert named in str(stopped.value)


def test_without_configuration_there_is_no_such_way_in(monkeypatch: Any) -> None:
    configure(monkeypatch)
    assert openid_connect_from_environment() == {}
