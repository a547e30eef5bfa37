"""Learn shows what the command prints; a test is asked for in the page and comes from the queue."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from changqing.base.refused import Refused
from changqing.journeys import back_test
from changqing.journeys.answer_warning import answer
from changqing.people.permissions import operator
from changqing.people.queries import User
from changqing.reports.conftest import People
from changqing.reports.learn import learn_page
from changqing.retention.queries import AccountWarning
from changqing.value.queries.worth import BookTest
from changqing.value.rules.backtest import BackTest

DAY = date(2023, 6, 30)


def text_of(response: Any) -> str:
    plain = re.sub(r"<[^>]+>", " ", re.sub(r"</?span[^>]*>", "", response.content.decode()))
    return re.sub(r"\s+", " ", html.unescape(plain))


@pytest.fixture
def operator_user(people: People) -> User:
    return User.objects.create_user("op", None, full_name="运营", role="operator")


def test_the_page_and_the_command_say_the_same(
    scored_book: People, client: Client, command: Callable[..., Any], transactional_db: None
) -> None:
    said = json.loads(command("value", "backtest", "--as-of", DAY.isoformat(), "--json").out)
    row = BookTest.objects.get()
    assert (row.state, row.found, row.fitted_at) == ("found", said, DAY)
    assert BackTest.of_json(said).as_json() == said
    client.force_login(scored_book.gao)
    told = text_of(client.get("/learn/"))
    order = said["next_order"]
    assert f"下一单 {order['share']:.0%} 落在 80% 区间里" in told
    assert f"{order['held']}/{order['of']} 家" in told
    assert f"{said['calibration'] * 100:.1f}" in told
    assert "站在 2023-06-30，只用那天之前的账" in told


def test_a_test_is_asked_for_in_the_page_and_comes_from_the_queue(
    scored_book: People, operator_user: User, client: Client
) -> None:
    client.force_login(operator_user)
    assert "还没有回测" in text_of(client.get("/learn/"))
    client.post("/learn/test", {"day": "2023-06-30"})
    assert "正在回测 2023-06-30" in text_of(client.get("/learn/"))
    again = client.post("/learn/test", {"day": "2023-05-31"}, follow=True)
    assert "已经有一次回测在等结果" in text_of(again)
    job = ProcrastinateJob.objects.get(task_name="book:back_test")
    back_test.run(**job.args)
    row = BookTest.objects.get()
    assert (row.state, row.by, row.fitted_at) == ("found", operator_user, DAY)
    assert client.get("/learn/?part=waiting").headers["HX-Refresh"] == "true"
    assert "落在 80% 区间里" in text_of(client.get("/learn/"))
    back_test.run(**job.args)
    assert BookTest.objects.get().done_at == row.done_at


def test_what_cannot_be_tested_is_refused(scored_book: People, operator_user: User, client: Client) -> None:
    client.force_login(operator_user)
    for day in ("2024-06-30", "2099-01-01"):
        assert "应早于账本最后一天" in text_of(client.post("/learn/test", {"day": day}, follow=True))
    assert "日期写成" in text_of(client.post("/learn/test", {"day": "上周"}, follow=True))
    assert BookTest.objects.count() == 0
    made = back_test.ask(by=operator_user, day=date(1999, 1, 1))
    back_test.run(made.pk)
    made.refresh_from_db()
    assert (made.state, made.because) == ("refused", "账本在 1999-01-01 之前没有订单，无法回测。")
    assert made.because in text_of(client.get("/learn/"))
    client.force_login(scored_book.gao)
    assert client.post("/learn/test", {"day": "2023-06-30"}).status_code == 403
    with pytest.raises(Refused):
        back_test.ask(by=scored_book.mei, day=DAY)


def test_who_does_not_see_the_book_sees_their_rules_alone(scored_book: People, client: Client) -> None:
    back_test.back_test_book(by=operator(because="a test"), day=DAY)
    client.force_login(scored_book.mei)
    told = text_of(client.get("/learn/"))
    assert "回测按整本账算，只给看整本账的人" in told
    assert "落在 80% 区间" not in told and "2023-06-30" not in told
    assert learn_page(scored_book.mei).accounts == 2
    assert learn_page(scored_book.gao).accounts == 30


def test_not_real_counts_against_the_rule(drifting_book: People, client: Client) -> None:
    client.force_login(drifting_book.gao)
    raised = AccountWarning.objects.count()
    assert f"{raised} 条预警还没有人判断过" in text_of(client.get("/learn/"))
    row = AccountWarning.objects.get(account__key="G1", cause="overdue")
    answer(by=drifting_book.gao, pk=row.pk, kind="unreal", version=row.version, words="检修停产")
    assert f"{raised} 条预警里 1 条有人判断，1 条不属实" in text_of(client.get("/learn/"))


def test_a_page_asks_a_constant_number_of_queries(
    scored_book: People, client: Client, django_assert_max_num_queries: Any
) -> None:
    client.force_login(scored_book.gao)
    with django_assert_max_num_queries(30):
        client.get("/learn/")


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_learn_fits_every_screen(
    scored_book: People, operator_user: User, visit: Any, pictures: Any, accessible: Any
) -> None:
    pictures("learn-empty", "/learn/", user=operator_user)
    back_test.back_test_book(by=operator(because="a test"), day=DAY)
    pictures("learn", "/learn/", user=operator_user)
    for theme in ("light", "dark"):
        accessible(visit("/learn/", user=operator_user, theme=theme))
