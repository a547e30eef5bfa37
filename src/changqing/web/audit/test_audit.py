"""The audit through the door: for those who watch, narrowed, taken away and that logged."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from changqing.accounts.actions import assign
from changqing.people.models import User
from changqing.records.models import AuditLine
from changqing.reports.conftest import People


@pytest.fixture
def watcher(small_book: People) -> User:
    assign(by=small_book.mei, accounts=["A1"], backup=small_book.bo)
    return User.objects.create_user("aud", None, full_name="申明", role="auditor")


def get(user: User, **asked: str) -> Any:
    client = Client()
    client.force_login(user)
    return client.get("/settings/audit/", asked)


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_the_auditor_finds_who_did_what_and_when(watcher: User) -> None:
    assert "assign account A1" in text_of(get(watcher))
    assert "assign account A1" in text_of(get(watcher, who="梅雪", verb="assign", subject="A1"))
    for asked in ({"who": "nobody"}, {"subject": "ZZ"}, {"to": "2020-01-01"}):
        assert "没有这样的审计记录" in text_of(get(watcher, **asked))
    for asked in ({"from": "x"}, {"hidden": "1"}, {"from": "2026-02-31"}):
        assert get(watcher, **asked).status_code == 400


def test_others_do_not_read_the_audit(watcher: User, small_book: People) -> None:
    for user in (small_book.mei, small_book.lin, small_book.gao):
        assert get(user).status_code >= 400
        assert "assign" not in text_of(get(user, export="csv"))


def test_taking_the_audit_away_is_in_the_audit(watcher: User) -> None:
    told = get(watcher, export="csv", verb="assign").content.decode("utf-8-sig")
    assert "A1" in told.splitlines()[1]
    assert AuditLine.objects.get(verb="read export").details == {
        "rows": 1,
        "asked": {"verb": "assign", "export": "csv"},
    }


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_audit_in_a_browser(watcher: User, pictures: Callable[..., None]) -> None:
    pictures("audit", "/settings/audit/", user=watcher)
