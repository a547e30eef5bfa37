"""The way in, as a person meets it."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings as configured
from django.test import Client
from django.urls import path

from changqing.organisation.rules import wait_after
from changqing.people.actions import add_user
from changqing.people.permissions import operator
from changqing.people.queries import user_named
from changqing.web.door.signins import SignIn, demo_signins
from changqing.web.door.urls import urlpatterns as door
from changqing.web.errors.views import healthz, readyz

PASSWORD = "evergreen-pine-41"
NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)
WRONG = "用户名或密码不对。请检查大小写后再试；忘记密码请联系系统管理员。"


def work(request: Any) -> Any:
    from django.http import HttpResponse

    return HttpResponse(f"work for {request.user}")


urlpatterns = [
    path("portfolio/", work, name="portfolio"),
    path("imports/", work, name="imports"),
    path("healthz", healthz),
    path("readyz", readyz),
    *door,
]
pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


@pytest.fixture
def lin() -> Any:
    return add_user(
        by=operator(because="a test"), username="lin", full_name="林晓彤", password=PASSWORD, role="executive"
    )


@pytest.fixture
def try_in(client: Client, time_machine: Any) -> Callable[..., Any]:
    """Try to sign in some seconds after noon."""

    def attempt(username: str, password: str, *, after: float = 0, address: str = "10.0.0.1") -> Any:
        time_machine.move_to(NOON + timedelta(seconds=after), tick=False)
        given = {"username": username, "password": password}
        return client.post("/signin/", given, REMOTE_ADDR=address)

    return attempt


def sentence(response: Any) -> str:
    assert response.status_code == 200
    return str(response.context["form"].non_field_errors()[0])


def test_every_page_asks_who_comes_but_the_way_in_does_not(client: Client) -> None:
    answer = client.get("/portfolio/?q=1")
    assert (answer.status_code, answer["Location"]) == (302, "/signin/?next=/portfolio/%3Fq%3D1")
    opened = [
        client.get(address).status_code for address in ("/", "/signin/", "/start", "/healthz", "/readyz")
    ]
    assert opened == [200] * 5


def test_signing_in_leads_to_what_was_asked_for_and_out_again(client: Client, lin: Any) -> None:
    given = {"username": " LIN ", "password": PASSWORD, "next": "/portfolio/"}
    answer = client.post("/signin/", given)
    assert (answer.status_code, answer["Location"]) == (302, "/portfolio/")
    assert client.get("/portfolio/").content.decode() == "work for 林晓彤"
    assert client.get("/")["Location"] == "/portfolio/"
    assert client.get("/signin/")["Location"] == "/portfolio/"
    assert client.post("/signout/")["Location"] == "/signin/"
    assert client.get("/portfolio/").status_code == 302


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example",
        "javascript:alert(1)",
        "/\\evil.example",
        "http:///evil.example",
    ],
)
def test_nobody_is_led_to_another_host(client: Client, lin: Any, elsewhere: str) -> None:
    given = {"username": "lin", "password": PASSWORD, "next": elsewhere}
    assert client.post("/signin/", given)["Location"] == "/portfolio/"
    for address in ("/language/", "/theme/"):
        assert client.post(address, {"next": elsewhere})["Location"] == "/"


def test_a_wrong_name_and_a_wrong_password_are_told_alike(try_in: Any, lin: Any) -> None:
    left = add_user(
        by=operator(because="a test"), username="gone", full_name="走了", password=PASSWORD, role="manager"
    )
    type(left)._default_manager.filter(pk=left.pk).update(is_active=False)
    told = {
        sentence(try_in(*pair))
        for pair in [("lin", "x"), ("nobody", "x"), ("gone", PASSWORD), ("'--", "\u202e'")]
    }
    assert told == {WRONG}


def test_guessing_gets_slower_for_that_name_from_that_address_only(try_in: Any, lin: Any) -> None:
    for second in range(5):
        assert sentence(try_in("lin", "guess", after=second)) == WRONG
    told = sentence(try_in("lin", PASSWORD, after=5))
    assert told == "连续 5 次没有登录成功，请等 1 秒再试。从别处登录不受影响。"
    assert sentence(try_in("LIN", "guess", after=6)) == WRONG
    assert "请等 4 秒" in sentence(try_in("lin", PASSWORD, after=6))
    assert try_in("lin", PASSWORD, after=7, address="10.0.0.2").status_code == 302
    assert try_in("lin", PASSWORD, after=11).status_code == 302


def test_success_and_an_hour_forget_the_failures(try_in: Any, lin: Any) -> None:
    for second in range(4):
        try_in("lin", "guess", after=second)
    assert try_in("lin", PASSWORD, after=5).status_code == 302
    for second in range(6, 11):
        assert sentence(try_in("lin", "guess", after=second)) == WRONG
    assert "请等" in sentence(try_in("lin", PASSWORD, after=10))
    assert try_in("lin", PASSWORD, after=3700).status_code == 302


def test_waits_double_up_to_a_quarter_of_an_hour() -> None:
    waits = [wait_after(n).total_seconds() for n in (0, 4, 5, 6, 7, 13, 14, 500)]
    assert waits == [0, 0, 2, 4, 8, 512, 900, 900]


def test_behind_our_own_proxy_the_address_is_the_one_it_added(rf: Any, settings: Any) -> None:
    from changqing.web.door.entrance import address_of

    request = rf.get("/", REMOTE_ADDR="127.0.0.1", headers={"X-Forwarded-For": "6.6.6.6, 10.0.0.9"})
    assert address_of(request) == "127.0.0.1"
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert address_of(request) == "10.0.0.9"


FIRST = {"full_name": "顾明远", "username": "Gu", "password": PASSWORD}


def test_the_one_time_link_makes_one_operator_and_is_dead_then(client: Client) -> None:
    code = configured.FOLDER.setup_code
    assert code in client.get(f"/start?code={code}").content.decode()
    answer = client.post("/start", FIRST | {"code": code}, headers={"accept-language": "en"})
    assert (answer.status_code, answer["Location"]) == (302, "/imports/")
    user = user_named("gu")
    assert (user.full_name, user.role, user.language) == ("顾明远", "operator", "en")
    other = Client()
    for again in (other.get(f"/start?code={code}"), other.post("/start", FIRST | {"code": code})):
        assert "一次性链接不再有效" in again.content.decode()
    assert configured.FOLDER.setup_code != code


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        ({"code": "x"}, "code", "代码不对。请从终端里复制整个链接再打开。"),
        (
            {"code": "码\udcff".encode("utf-8", "surrogatepass")},
            "code",
            "代码不对。请从终端里复制整个链接再打开。",
        ),
        ({"password": "123"}, "password", ""),
        ({"full_name": " "}, "full_name", "请填写这一项。"),
        ({"username": "x" * 81}, "username", "太长了。"),
    ],
)
def test_a_first_user_who_is_refused_reads_why(
    client: Client, change: dict[str, Any], field: str, said: str
) -> None:
    answer = client.post("/start", FIRST | {"code": configured.FOLDER.setup_code} | change)
    errors = answer.context["form"].errors
    assert list(errors) == [field]
    assert said in errors[field][0]
    assert "这本账还没有用户" in client.get("/").content.decode()


def test_language_and_theme_are_kept(client: Client, lin: Any) -> None:
    client.force_login(lin)
    assert client.post("/language/", {"language": "en", "next": "/portfolio/"})["Location"] == "/portfolio/"
    assert user_named("lin").language == "en"
    assert client.cookies["changqing_language"].value == "en"
    client.post("/language/", {"language": "xx"})
    assert user_named("lin").language == "en"
    client.post("/theme/", {"theme": "dark"})
    assert client.cookies["changqing_theme"].value == "dark"
    client.post("/theme/", {"theme": "pink"})
    assert client.cookies["changqing_theme"].value == ""
    assert [client.get(address).status_code for address in ("/language/", "/theme/", "/signout/")] == [
        405
    ] * 3


def test_the_demo_can_be_opened_from_when_it_answers(client: Client, settings: Any) -> None:
    """It is told after the book is there; who comes meanwhile is not sent to where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as demo:
        settings.DEMO_URL = f"http://127.0.0.1:{demo.getsockname()[1]}"
        there = client.get("/").content.decode()
    waits = client.get("/").content.decode()
    assert [f'href="{settings.DEMO_URL}"' in page for page in (there, waits)] == [True, False]
    assert ["示例正在搭建" in page for page in (there, waits)] == [False, True]
    assert ['hx-trigger="every 2s"' in page for page in (there, waits)] == [False, True]


@pytest.mark.parametrize("page", ["/signin/", "/start"])
def test_other_pages_lead_to_the_demo_or_to_where_it_is_waited_for(
    client: Client, settings: Any, page: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as demo:
        settings.DEMO_URL = f"http://127.0.0.1:{demo.getsockname()[1]}"
        there = client.get(page).content.decode()
    waits = client.get(page).content.decode()
    settings.DEMO_URL = ""
    without = client.get(page).content.decode()
    links = [re.findall(r'href="([^"]*)">看看示例', told) for told in (there, waits, without)]
    assert links == [[links[0][0]], ["/"], []] and links[0][0].startswith("http://127.0.0.1:")


def test_the_demo_offers_its_people(client: Client, settings: Any, tmp_path: Any) -> None:
    settings.BOOK = "demo"
    # a demo told by an earlier test has its people
    (settings.FOLDER.run / "signins.txt").unlink(missing_ok=True)
    assert "changqing demo" in client.get("/").content.decode()
    file = tmp_path / "signins.txt"
    file.write_text("# 人物\nlin  pine-1  林晓彤 · 客户经理\nshen pine-2\n\nbroken\n", encoding="utf-8")
    assert demo_signins(file) == [
        SignIn("lin", "pine-1", "林晓彤 · 客户经理"),
        SignIn("shen", "pine-2", "shen"),
    ]
    assert demo_signins(tmp_path / "none") == []


def test_the_first_page_has_two_doors_and_each_leads_somewhere(client: Client, settings: Any) -> None:
    settings.DEMO_URL = "https://demo.example.com/"
    empty = client.get("/").content.decode()
    assert 'href="https://demo.example.com/"' in empty
    assert 'href="/start"' in empty
