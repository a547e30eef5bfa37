"""What is said when something does not work."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from changqing.base.refused import Refused
from changqing.people.actions import add_user
from changqing.people.permissions import operator
from changqing.people.queries import User
from changqing.web.middleware import POLICY
from changqing.web.urls import urlpatterns as pages


def away(request: HttpRequest) -> HttpResponse:
    raise OperationalError("connection refused on /secret/socket")


def faulty(request: HttpRequest) -> HttpResponse:
    raise ZeroDivisionError("secret 1/0")


def refusing(request: HttpRequest) -> HttpResponse:
    raise Refused("没有编号为 <7> 的导入，什么都没有改动。")


def forbidden(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied


urlpatterns = [
    path("away", away),
    path("faulty", faulty),
    path("refusing", refusing),
    path("forbidden", forbidden),
    *pages,
]
handler500 = "changqing.web.errors.views.broken"
pytestmark = pytest.mark.urls(__name__)


@pytest.fixture
def visitor(db: None) -> Client:
    user = add_user(
        by=operator(because="a test"),
        username="lin",
        full_name="林",
        password="evergreen-pine-41",
        role="executive",
    )
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


@pytest.mark.parametrize(
    ("address", "status", "said"),
    [
        ("/away", 503, "数据库暂时没有应答"),
        ("/faulty", 500, "这一步没有做成"),
        ("/refusing", 403, "没有编号为 &lt;7&gt; 的导入"),
        ("/forbidden", 403, "您的角色不能看这一页"),
        ("/nowhere/../x", 404, "这里没有这一页"),
    ],
)
def test_each_fault_is_a_page_of_one_sentence(visitor: Client, address: str, status: int, said: str) -> None:
    answer = visitor.get(address)
    assert answer.status_code == status
    assert said in answer.content.decode()
    assert "secret" not in answer.content.decode()
    assert answer["Content-Security-Policy"] == POLICY
    assert answer["Cache-Control"] == "private, no-store"
    assert answer.get("Retry-After") == ("5" if status == 503 else None)


def test_a_database_that_goes_away_before_the_page_is_still_a_calm_page(visitor: Client) -> None:
    with connection.execute_wrapper(_no_answer):
        answer = visitor.get("/refusing")
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert answer["Content-Security-Policy"] == POLICY


def _no_answer(*_: Any) -> None:
    raise OperationalError("the connection is closed")


def test_a_refusal_under_htmx_is_a_toast(visitor: Client) -> None:
    answer = visitor.get("/refusing", headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Retarget"], answer["HX-Reswap"]) == (200, "#toasts", "beforeend")
    assert answer.content.decode().startswith('<div class="message message-red" role="alert">')


def test_a_form_from_another_site_is_not_carried_out(db: None) -> None:
    answer = Client(enforce_csrf_checks=True).post("/signin/", {"username": "a", "password": "b"})
    assert answer.status_code == 403
    assert "刚才的提交没有执行" in answer.content.decode()


@pytest.mark.parametrize("address", ["/settings/account/", "/no-such-page/"])
def test_the_head_alone_is_answered_without_a_body(client: Client, db: None, address: str) -> None:
    client.force_login(User.objects.create_user("gao", None, full_name="高建国", role="executive"))
    whole, head = client.get(address), client.head(address)
    assert head.status_code == whole.status_code and not head.getvalue()
    assert head["Content-Type"] == whole["Content-Type"]


def test_alive_asks_nothing_and_ready_asks_the_database(client: Client, db: None) -> None:
    with connection.execute_wrapper(_no_answer):
        alive = client.get("/healthz")
        not_ready = client.get("/readyz")
    assert (alive.status_code, alive.content) == (200, b"ok")
    assert (not_ready.status_code, not_ready.json()["ready"]) == (503, False)
    assert (client.get("/readyz").status_code, client.get("/readyz").json()) == (200, {"ready": True})


def test_not_ready_while_a_migration_waits(client: Client, db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'changqing'")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["because"].endswith("migrations wait")
