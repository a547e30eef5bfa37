"""Persons once, posts over time; grounds for all of it; merged and taken apart; forgotten for good."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from changqing.accounts.models import Account, Contact, Person
from changqing.base.packs import load, shipped
from changqing.base.refused import Refused
from changqing.contacts.actions import (
    add_post,
    edit_post,
    end_post,
    erase_person,
    merge_persons,
    unmerge_persons,
)
from changqing.contacts.models import Erasure
from changqing.contacts.queries import AskedPersons, likely_the_same, overdue, person_by_pk, persons_asked
from changqing.contacts.rules import ContactMethod, warnings_in
from changqing.people.models import User
from changqing.people.permissions import Operator
from changqing.records.actions import seal_audit, ship_method
from changqing.records.models import Change
from changqing.records.queries import audit_report

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 1)
WHY = {"basis": "contract", "purpose": "orders", "source": "person"}


@pytest.fixture(autouse=True)
def in_chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHANGQING_LANG", "zh")


@pytest.fixture(autouse=True)
def method(db: None) -> ContactMethod:
    pack = load("contacts", ContactMethod)
    ship_method(pack="contacts", text=shipped("contacts"), digest=pack.digest)
    return pack.method


@pytest.fixture
def li(db: None) -> User:
    """Looks after K1, not after K2."""
    user = User.objects.create_user("li", None, full_name="李娜", role="manager")
    Account.objects.create(key="K1", name="重庆钢铁", owner=user)
    Account.objects.create(key="K2", name="上海重机")
    return user


def wang(by: Any, account: str = "K1", **said: Any) -> Contact:
    fields = {"title": "采购科长", "email": "wang@steel.example", "phone": "0000-5550001", **WHY, **said}
    return add_post(by=by, account=account, person="王伟", today=TODAY, **fields)


def test_a_post_says_on_which_ground_it_is_kept_and_how_long(li: User) -> None:
    post = wang(li, basis="订立、履行合同所必需", purpose="Service")
    assert (post.basis, post.purpose, post.source) == ("contract", "service", "person")
    assert post.retain_until == date(2031, 3, 1)
    ended = end_post(by=li, post=post.pk, version=1, until=date(2026, 2, 28), today=TODAY)
    assert (ended.until, ended.retain_until, ended.version) == (date(2026, 2, 28), date(2029, 2, 28), 2)
    assert list(overdue(li, today=date(2029, 2, 28))) == []
    assert list(overdue(li, today=date(2029, 3, 1))) == [post]


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"basis": ""}, "basis"),
        ({"purpose": "玩"}, "purpose"),
        ({"source": ""}, "source"),
        ({"email": "not a mail"}, "email"),
        ({"title": "科长 身份证 11010519491231002X"}, "title"),
        ({"title": "卡号 4111 1111 1111 1111"}, "title"),
        ({"department": "采购部，儿子要上学"}, "department"),
        ({"title": "喜欢送烟"}, "title"),
        ({"phone": "1\0"}, "phone"),
        ({"since": date(2026, 1, 2), "until": date(2026, 1, 1)}, "until"),
        ({"account": "K2"}, "account"),
    ],
)
def test_what_must_not_be_kept_is_refused_and_nothing_is_written(
    said: dict[str, Any], field: str, li: User
) -> None:
    with pytest.raises(Refused) as refused:
        wang(li, **said)
    assert refused.value.field == field
    assert (
        Person.objects.count(),
        Contact.objects.count(),
        Change.objects.filter(model="Person").count(),
    ) == (
        0,
        0,
        0,
    )


def test_ordinary_words_and_numbers_are_fine(method: ContactMethod) -> None:
    for text in ("采购科长", "021-5550 转 8", "合同 2026031500000001", "Project 4111", "儿童医院设备科"):
        assert warnings_in(text, method) == []


def test_the_second_editor_overwrites_nothing(li: User) -> None:
    post = wang(li)
    edit_post(by=li, post=post.pk, version=1, today=TODAY, title="处长", **WHY)
    with pytest.raises(Refused) as refused:
        edit_post(by=li, post=post.pk, version=1, today=TODAY, title="主任", **WHY)
    assert refused.value.field == "version"
    assert Contact.objects.get().title == "处长"


def test_one_sees_a_person_only_as_far_as_the_accounts(li: User, by: Operator) -> None:
    post = wang(by, account="K2")
    assert person_by_pk(li, post.person_id) is None
    with pytest.raises(Refused):
        edit_post(by=li, post=post.pk, version=1, today=TODAY, title="x", **WHY)
    wang_here = add_post(by=by, account="K1", person=post.person, today=TODAY, **WHY)
    assert wang_here.person == person_by_pk(li, post.person_id)


def test_duplicates_are_suggested_merged_and_taken_apart_again(li: User, by: Operator) -> None:
    one, two = wang(li), wang(li, title="", phone="")
    other = wang(by, account="K2", email="", phone="1")
    assert likely_the_same(li, one.person) == [two.person]
    merge = merge_persons(by=li, kept=one.person, gone=two.person)
    assert list(one.person.contacts.order_by("pk")) == [one, two]
    assert person_by_pk(li, two.person_id) == one.person
    found = persons_asked(li, AskedPersons(words="wangwei"), today=TODAY)
    assert [(each.pk, each.posts) for each in found] == [(one.person_id, 2)]  # type: ignore[attr-defined]
    unmerge_persons(by=li, merge=merge.pk)
    assert [post.person_id for post in Contact.objects.order_by("pk")[:2]] == [one.person_id, two.person_id]
    with pytest.raises(Refused):
        merge_persons(by=li, kept=one.person, gone=other.person)
    assert Contact.objects.get(pk=other.pk).person_id == other.person_id


def everything_stored() -> str:
    """All rows of all our tables, as text."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_name LIKE 'changqing%%'", []
        )
        told = []
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT row_to_json(t)::text FROM {table} t")
            told += [row[0] for row in cursor.fetchall()]
    return "\n".join(told)


@pytest.mark.row(
    "ETH-12", shows="purpose and ground of each contact, an export for the person, and an erasure"
)
def test_who_asks_is_told_everything_and_then_forgotten(
    li: User, by: Operator, command: Callable[..., Any]
) -> None:
    post = wang(li)
    edit_post(
        by=li, post=post.pk, version=1, today=TODAY, title="处长", email="wang.wei@steel.example", **WHY
    )
    told = json.loads(command("contacts", "export", str(post.person_id)).out)
    assert told["person"]["name"] == "王伟"
    assert told["posts"][0]["purpose"] == "合同、订单和收款联络"
    for each in ("wang@steel.example", "wang.wei@steel.example", "采购科长", "处长", "0000-5550001"):
        assert each in json.dumps(told, ensure_ascii=False)
    assert command("contacts", "erase", str(post.person_id), "--because", "本人来信").code == 0
    stored = everything_stored()
    for each in ("王伟", "wangwei", "steel.example", "采购科长", "处长", "0000-5550001"):
        assert each not in stored, each
    while seal_audit(all_of_them=True):
        pass
    assert audit_report().faults == []
    assert Erasure.objects.get().person_id == post.person_id
    assert Contact.objects.get(pk=post.pk).account.key == "K1"


def test_only_who_answers_subject_requests_may_erase(li: User) -> None:
    post = wang(li)
    with pytest.raises(Refused):
        erase_person(by=li, pk=post.person_id, because="x")
    assert Person.objects.get().name == "王伟"


FILE = """客户编码,姓名,职务,工作邮箱,手机,合法依据,用途,来源,家庭情况
K1,王伟,采购科长,wang@steel.example,0000-5550001,履行法定义务,商务洽谈与拜访,其同事转介,一儿一女
K1,李强,,li@steel.example,,,,,
K9,赵敏,,,,,,,
K1,,科长,,,,,,
K1,孙涛,有糖尿病,,,,,,
"""


@pytest.mark.row("ETH-04", shows="columns about the family are named and left out, words about it refused")
@pytest.mark.parametrize("at_once", [1, 10_000], ids=["row by row", "whole"])
def test_a_file_of_contacts_comes_in_once(
    li: User, command: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr("changqing.contacts.actions.ENTERED_AT_ONCE", at_once)
    monkeypatch.setattr("changqing.journeys.bring_contacts.READ_AT_ONCE", at_once)
    file, back = tmp_path / "people.csv", tmp_path / "back.csv"
    file.write_text(FILE, encoding="utf-8")
    words = [
        "contacts",
        "import",
        str(file),
        "--basis",
        "contract",
        "--purpose",
        "orders",
        "--origin",
        "records",
    ]
    told = command(*words, "--refused", str(back))
    assert told.code == 1
    assert "新增 2 条任职（新认识 2 人），更改 0 条，相同 0 条，退回 3 行。" in told.out
    assert "家庭情况" in told.out and "健康" in told.out
    assert "一儿一女" not in everything_stored()
    found = Contact.objects.order_by("pk").values_list("person__name", "basis", "purpose", "source")
    assert list(found) == [("王伟", "duty", "sales", "colleague"), ("李强", "contract", "orders", "records")]
    before = everything_stored().count("Contact")
    again = command(*words)
    assert "新增 0 条任职（新认识 0 人），更改 0 条，相同 2 条，退回 3 行。" in again.out
    assert everything_stored().count("Contact") == before
    mended = back.read_text(encoding="utf-8").replace("K9", "K1").replace("有糖尿病", "工程师")
    assert "原文件行号" in mended
    back.write_text(mended, encoding="utf-8")
    assert "新增 2 条任职" in command(*words[:2], str(back), *words[3:]).out
    file.write_text(FILE.replace("采购科长", "采购处长"), encoding="utf-8")
    assert "更改 1 条" in command(*words).out
