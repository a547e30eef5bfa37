"""Why an account has its colour: signals beside what is usual, answered where they stand."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from changqing.people.permissions import operator
from changqing.people.queries import User
from changqing.reports.conftest import People
from changqing.reports.worth import portfolio_json
from changqing.reports.worth_page import rhythm_page
from changqing.retention.queries import AccountWarning, counts


def text_of(response: Any) -> str:
    plain = re.sub(r"<[^>]+>", " ", re.sub(r"</?span[^>]*>", "", response.content.decode()))
    return re.sub(r"\s+", " ", html.unescape(plain))


def test_the_page_says_what_is_unusual_and_what_is_not(drifting_book: People, client: Client) -> None:
    client.force_login(drifting_book.mei)
    row = AccountWarning.objects.get(account__key="G1", cause="overdue")
    told = text_of(client.get("/accounts/G1/?part=why"))
    assert f"红：{round(row.seen)} 天没有下单，平常约 {round(row.usual)} 天一单" in told
    assert f"n = {row.samples} 单" in told
    assert f"偶然出现的可能 {row.chance:.2g}" in told
    assert "付款变慢 – – – – ? 未知：账里没有它的发票和回款" in told
    client.force_login(drifting_book.gao)
    steady = text_of(client.get("/accounts/G9/?part=why"))
    assert "没有一条信号偏离它自己的平常" in steady and "要处理" not in steady


def test_judgements_asked_for_together_ask_few_questions_and_never_read_the_fit_again(
    drifting_book: People, client: Client
) -> None:
    client.force_login(drifting_book.gao)
    address = "/accounts/G1/?part=together&of=why&of=value&of=approach"
    assert "终身利润" in text_of(client.get(address))
    with CaptureQueriesContext(connection) as asked:
        client.get(address)
    assert len(asked) <= 21, [each["sql"][:200] for each in asked]
    assert not [each for each in asked if '"parameters"' in each["sql"]]
    which = [each for each in asked if "changqing_methodversion WHERE in_force" in each["sql"]]
    assert len(which) == 1
    # which methods count is asked; what they say stands since the first answer
    assert not [each for each in asked if '_methodversion"."text"' in each["sql"]]


def test_a_warning_is_answered_and_taken_back_on_the_page(drifting_book: People, client: Client) -> None:
    client.force_login(drifting_book.mei)
    row = AccountWarning.objects.get(account__key="G1", cause="overdue")
    url = f"/answer/{row.pk}/G1/"
    assert "请写一句要做什么" in text_of(
        client.post(url, {"kind": "do", "version": row.version, "until": "2024-07-03"})
    )
    done = text_of(client.post(url, {"kind": "unreal", "version": row.version, "words": "检修停产"}))
    assert "已记为不属实，规则会计入" in done and "检修停产" in done
    assert "没有一条信号偏离它自己的平常" in done
    row.refresh_from_db()
    assert row.state == "unreal"
    back = text_of(client.post(url, {"kind": "reopen", "version": row.version}))
    assert "红：" in back
    row.refresh_from_db()
    assert row.state == "open"
    assert client.post(f"/answer/{row.pk}/G4/", {"kind": "snooze"}).status_code == 404
    client.force_login(drifting_book.bo)
    assert client.post(url, {"kind": "snooze", "version": row.version}).status_code == 404
    assert client.get("/accounts/G1/?part=why").status_code == 404


def test_who_sees_no_margin_sees_no_money_at_stake(drifting_book: People, client: Client) -> None:
    service = User.objects.create_user(
        "sun", None, full_name="孙维", role="service", department=drifting_book.mei.department
    )
    client.force_login(service)
    told = text_of(client.get("/accounts/G1/?part=why"))
    assert "天没有下单" in told and "在险毛利" not in told and "¥" not in told


def test_commands_and_pages_say_the_same(
    drifting_book: People, client: Client, command: Callable[..., Any], transactional_db: None
) -> None:
    by = operator(because="a test")
    one = json.loads(command("account", "G1", "--json").out)
    row = AccountWarning.objects.get(account__key="G1", cause="overdue")
    assert [(said["cause"], said["seen"], said["at_stake"]) for said in one["warnings"]] == [
        ("overdue", row.seen, row.at_stake)
    ]
    client.force_login(drifting_book.gao)
    alive = text_of(client.get("/accounts/G1/?part=track"))
    assert f"仍活跃的概率 {one['rhythm']['alive']:.0%}" in alive
    found = rhythm_page(by, "G1")
    assert found is not None and found.alive[-1][1] == pytest.approx(one["rhythm"]["alive"], abs=0.02)
    book = json.loads(command("portfolio", "--json").out)
    assert book["warnings"] == counts(by) == portfolio_json(by)["warnings"]
    worth = text_of(client.get("/portfolio/?part=worth"))
    assert f"正在响的预警 {sum(book['warnings'].values())} 条" in worth
    core = book["matrix"]["core"]["accounts"] if "core" in book["matrix"] else 0
    assert f"核心 {core} 家" in worth


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_keys_answer_on_the_page(drifting_book: People, visit: Any, accessible: Any) -> None:
    page = visit("/accounts/G1/", user=drifting_book.gao)
    page.locator("#why .work-acts").wait_for()
    page.locator("#track [data-drawn]").first.wait_for()
    accessible(page)
    page.keyboard.press("x")
    page.locator(".answer:popover-open input[name=words]").fill("检修停产")
    page.locator(".answer:popover-open button").click()
    page.get_by_role("status").wait_for()
    assert "不属实" in page.locator("#why").inner_text()
