"""Persons through the door: found, read as far as one may, edited by one at a time, taken away, forgotten."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client

from changqing.accounts.models import Contact, Person
from changqing.contacts.actions import add_post
from changqing.people.models import User
from changqing.people.permissions import operator
from changqing.records.models import AuditLine
from changqing.reports.conftest import People

BY = operator(because="a test")
WHY = {"basis": "contract", "purpose": "orders", "source": "person"}
FORM = {**WHY, "title": "采购科长", "phone": "021-5550"}


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def door(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def known(small_book: People) -> People:
    """Three at A1, one of them twice; one at C3, which Mei does not see."""
    said: dict[str, Any] = {"today": date(2026, 3, 1), **WHY}
    wang = add_post(by=BY, account="A1", person="王伟", title="采购科长", phone="021-5550", **said)
    add_post(by=BY, account="A1", person="王伟", title="处长", **said)
    add_post(by=BY, account="A1", person="李强", until=date(2025, 1, 1), **said)
    add_post(by=BY, account="C3", person=wang.person, title="顾问", phone="029-7777", **said)
    add_post(by=BY, account="C3", person="赵敏", **said)
    return small_book


def finance() -> User:
    """Sees who is there, not how to reach them."""
    user = User.objects.create_user("fin", None, full_name="方静", role="finance")
    user.department = User.objects.get(username="mei").department
    user.save()
    return user


@pytest.mark.row("ARC-02", shows="who we know at each account, found by Chinese, pinyin or initials")
def test_people_are_found_as_far_as_one_sees_their_accounts(known: People, client: Client) -> None:
    mei = door(known.mei)
    everybody = text_of(mei.get("/people/"))
    assert "我们认识客户方的 3 人" in everybody and "赵敏" not in everybody
    for words in ("王伟", "wangwei", "ww"):
        assert "找到 2 人" in text_of(mei.get("/people/", {"q": words}))
    assert "找到 1 人" in text_of(mei.get("/people/", {"state": "left"}))
    assert "没有这样的人" in text_of(mei.get("/people/", {"q": "赵敏"}))
    assert mei.get("/people/", {"sort": "phone"}).status_code == 400
    assert mei.get("/people/", {"phone": "0"}).status_code == 400


@pytest.mark.parametrize(("role", "lines"), [("compliance", 1), ("privacy", 1), ("executive", 0)])
def test_who_reads_about_people_everywhere_by_role_leaves_a_line(
    known: People, role: str, lines: int
) -> None:
    wang = Person.objects.filter(name="王伟").order_by("pk")[0]
    officer = User.objects.create_user("officer", None, full_name="周正", role=role)
    assert "021-5550" in text_of(door(officer).get(f"/people/{wang.pk}/"))
    told = AuditLine.objects.filter(verb="read contact", subject_key=str(wang.pk), principal="officer")
    assert told.count() == lines
    assert door(officer).get("/people/0/").status_code == 404
    assert AuditLine.objects.filter(verb="read contact").count() == lines


def test_the_page_of_a_person_shows_each_post_as_far_as_one_may(known: People) -> None:
    wang = Person.objects.filter(name="王伟").order_by("pk")[0]
    told = text_of(door(known.mei).get(f"/people/{wang.pk}/"))
    assert "021-5550" in told and "您看不到的客户" not in told and "029-7777" not in told
    assert "可能是同一个人" in told
    names_only = text_of(door(finance()).get(f"/people/{wang.pk}/"))
    if "王伟" in names_only:
        assert "021-5550" not in names_only and "无权查看" in names_only
    assert door(known.mei).get(f"/people/{Person.objects.get(name='赵敏').pk}/").status_code == 404
    assert door(known.mei).get("/people/999999/").status_code == 404


def test_a_person_is_added_edited_and_the_second_editor_sees_both(known: People) -> None:
    mei = door(known.mei)
    refused = mei.post("/people/posts/new", {"name": "孙涛", "account": "A1", "title": "工程师"})
    assert refused.status_code == 400 and "请说明，可选" in text_of(refused)
    assert not Person.objects.filter(name="孙涛").exists()
    assert mei.post("/people/posts/new", {"name": "孙涛", "account": "C3", **FORM}).status_code == 400
    assert mei.post("/people/posts/new", {"name": "孙涛", "account": "A1", **FORM}).status_code == 302
    post = Contact.objects.get(person__name="孙涛")
    address = f"/people/posts/{post.pk}/"
    assert mei.post(address, {**FORM, "title": "主任", "version": "1"}).status_code == 302
    late = mei.post(address, {**FORM, "title": "总监", "version": "1"})
    assert late.status_code == 409
    assert "职务 主任 总监" in text_of(late)
    post.refresh_from_db()
    assert (post.title, post.version) == ("主任", 2)
    assert mei.post(f"{address}end", {"version": "2", "until": "2026-03-02"}).status_code == 302
    # who may see it, but not change it, reads why
    told = door(known.gao).get(address)
    assert told.status_code == 403 and "您只能查看" in text_of(told)
    assert door(known.gao).delete(address).status_code == 405
    foreign = Contact.objects.filter(account__key="C3")[0]
    assert mei.get(f"/people/posts/{foreign.pk}/").status_code == 404


def test_duplicates_are_merged_and_taken_apart_on_the_page(known: People) -> None:
    one, two = Person.objects.filter(name="王伟").order_by("pk")
    lin = door(known.mei)
    answer = lin.post(f"/people/{two.pk}/merge", {"gone": str(one.pk)})
    # one of his posts is at an account that Mei may not edit
    assert answer.status_code == 403 and Contact.objects.filter(person=one).count() == 2
    Contact.objects.filter(account__key="C3", person=one).delete()
    assert lin.post(f"/people/{two.pk}/merge", {"gone": str(one.pk)}).status_code == 302
    assert lin.get(f"/people/{one.pk}/")["Location"] == f"/people/{two.pk}/"
    page = lin.get(f"/people/{two.pk}/").content.decode()
    merge = re.search(r'name="merge" value="(\d+)"', page)
    assert merge and lin.post(f"/people/{two.pk}/unmerge", {"merge": merge[1]}).status_code == 302
    assert Contact.objects.filter(person=one).count() == 1


def test_the_list_is_taken_away_with_what_one_may_read_and_logged(known: People) -> None:
    told = door(known.mei).get("/people/", {"export": "csv"}).content.decode("utf-8-sig")
    assert "021-5550" in told and "029-7777" not in told and "赵敏" not in told
    line = AuditLine.objects.get(verb="read export", subject_kind="persons")
    assert line.details["rows"] == 3


@pytest.mark.row("ETH-12", shows="the privacy officer's export and erasure on the person's page")
def test_the_privacy_officer_tells_and_forgets(known: People, client: Client) -> None:
    wang = Person.objects.filter(name="王伟").order_by("pk")[0]
    assert door(known.mei).post(f"/people/{wang.pk}/erase", {"because": "x"}).status_code == 403
    officer = User.objects.create_user("pri", None, full_name="钱守", role="privacy")
    told = door(officer).post(f"/people/{wang.pk}/export").json()
    assert {post["phone"] for post in told["posts"]} == {"021-5550", "029-7777"}
    assert door(officer).post(f"/people/{wang.pk}/erase", {"because": ""}).status_code == 400
    assert door(officer).post(f"/people/{wang.pk}/erase", {"because": "本人来信"}).status_code == 302
    wang.refresh_from_db()
    assert "王伟" not in wang.name
    assert "信息已经抹去" in text_of(door(officer).get(f"/people/{wang.pk}/"))


def test_a_page_of_people_asks_the_same_questions_whatever_its_rows(
    known: People, django_assert_max_num_queries: Any
) -> None:
    mei = door(known.mei)
    for number in range(60):
        add_post(by=BY, account="A1", person=f"人{number}", today=date(2026, 3, 1), **WHY)
    with django_assert_max_num_queries(14):
        assert mei.get("/people/").status_code == 200


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_people_in_a_browser(known: People, pictures: Callable[..., None]) -> None:
    pictures("people", "/people/", user=known.mei)
    wang = Person.objects.filter(name="王伟").order_by("pk")[0]
    known.mei.refresh_from_db()
    pictures("person", f"/people/{wang.pk}/", user=known.mei)
    known.mei.refresh_from_db()
    post = wang.contacts.filter(account__key="A1")[0]
    pictures("post", f"/people/posts/{post.pk}/", user=known.mei)
