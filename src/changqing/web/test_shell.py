"""The frame shows what there is, to whom it is for."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.test import Client
from django.urls import include, path
from django.utils import translation

from changqing.people.actions import add_user, set_language
from changqing.people.permissions import operator
from changqing.web.shell import Shell, page_address


def page(request: HttpRequest) -> HttpResponse:
    return render(request, "shell.html")


urlpatterns = [
    path("", include("changqing.web.door.urls")),
    path("accounts/", page, name="accounts"),
    path("portfolio/", page, name="portfolio"),
    path("imports/", page, name="imports"),
]
pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


def someone(role: str, name: str = "林晓彤") -> Any:
    return add_user(
        by=operator(because="a test"), username=role, full_name=name, password="evergreen-pine-41", role=role
    )


def shell(rf: Any, user: Any, address: str = "/accounts/x/") -> Shell:
    request = rf.get(address)
    request.user = user
    return Shell(request)


def test_places_without_a_page_are_not_shown(rf: Any) -> None:
    found = shell(rf, someone("operator"))
    assert [(place.name, place.url, place.current) for place in found.rail] == [
        ("accounts", "/accounts/", True),
        ("portfolio", "/portfolio/", False),
    ]
    assert page_address("deals") == ""
    with translation.override("en"):
        assert [str(place.label) for place in found.bottom] == ["Accounts", "Value"]


@pytest.mark.parametrize(
    ("role", "names"),
    [("operator", ["imports"]), ("executive", ["imports"]), ("manager", []), ("director", []), ("admin", [])],
)
def test_the_menu_offers_imports_to_those_who_may_see_them(rf: Any, role: str, names: list[str]) -> None:
    assert [place.name for place in shell(rf, someone(role)).menu] == names


def test_nobody_signed_in_costs_no_question(rf: Any, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert (shell(rf, AnonymousUser()).menu, shell(rf, AnonymousUser()).data_as_of) == ((), None)


@pytest.mark.parametrize(
    ("name", "initial"), [("林晓彤", "彤"), ("Ann Lee", "A"), ("欧阳 Tom", "欧"), ("é", "É"), ("X", "X")]
)
def test_the_initial_stands_for_the_person(rf: Any, name: str, initial: str) -> None:
    assert shell(rf, someone("operator", name)).initial == initial


def test_cookies_of_any_content_are_harmless(client: Client) -> None:
    for value in ("dark", "light", "'\"><script>", "", "x" * 4000):
        client.cookies["changqing_theme"] = client.cookies["changqing_keys"] = value
        html = client.get("/signin/").content.decode()
        assert ('data-theme="dark"' in html) == (value == "dark")
        assert "><script>" not in html


def test_letters_can_be_switched_off(client: Client) -> None:
    client.force_login(someone("operator"))
    client.post("/keys/", {"keys": "off"})
    assert client.cookies["changqing_keys"].value == "off"
    later = Client(headers={"cookie": "changqing_keys=off"})
    assert 'data-keys="off"' in later.get("/signin/").content.decode()


def test_the_frame_of_one_reader_is_not_shown_to_another(client: Client) -> None:
    """What is kept of the frame is kept by all it depends on: role, place, theme, keys and language."""
    executive, manager = someone("executive"), someone("manager", "Ann Lee")
    set_language(user=manager, language="en")
    looks = {
        "who": "<b>Ann Lee</b>",
        "may import": 'href="/imports/"',
        "here": 'href="/portfolio/" aria-current="page"',
        "dark": 'data-theme="dark"',
        "dark is pressed": 'value="dark"\n        aria-pressed="true"',
        "no letters": 'data-keys="off"',
        "English": "Sign out</button>",
    }

    def frame(user: Any, address: str, **cookies: str) -> set[str]:
        client.cookies.clear()
        client.force_login(user)
        client.cookies.load({f"changqing_{name}": value for name, value in cookies.items()})
        html = client.get(address).content.decode()
        return {name for name, text in looks.items() if text in html}

    for _again in range(2):
        assert frame(executive, "/portfolio/") == {"may import", "here"}
        assert frame(manager, "/accounts/", theme="dark", keys="off") == {
            "who",
            "dark",
            "dark is pressed",
            "no letters",
            "English",
        }
