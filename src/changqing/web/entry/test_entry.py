"""An account is created, edited by two at once, changed with others, archived and put back, in pages."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client
from django.utils import translation
from django.utils.translation import gettext as _
from playwright.sync_api import expect

from changqing.accounts.grants import give_team_role
from changqing.accounts.queries import Account
from changqing.reports.conftest import People
from changqing.web.conftest import SCREENS


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def account(key: str) -> Account:
    return Account.objects.select_related("parent").get(key=key)


def form_of(answer: Any) -> dict[str, str]:
    """What a browser would send back for the form of a page."""
    html = answer.content.decode()
    form = answer.context["form"]
    hidden = {
        name: re.search(rf'name="{name}" value="([^"]*)"', html)[1].replace("&quot;", '"')  # type: ignore[index]
        for name in ("version", "was")
    }
    return hidden | {
        name: "" if form[name].value() is None else str(form[name].value()) for name in form.fields
    }


@pytest.mark.row("ARC-02", shows="a new account with its basic information, found at once by its initials")
def test_one_creates_an_account(small_book: People, client: Client) -> None:
    client.force_login(small_book.mei)
    form = form_of(client.get("/new-account/")) | {"kind": "customer"}
    bad = client.post("/new-account/", form | {"name": "长江重工", "currency": "ABX"})
    assert bad.status_code == 422
    said = bad.content.decode()
    assert "不认识币种" in said and Account.objects.count() == 6
    answer = client.post(
        "/new-account/", form | {"name": "长江重工", "key": "L/7", "parent": "A1", "kind": "prospect"}
    )
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/L/7/")
    assert (account("L/7").parent, account("L/7").owner) == (account("A1"), small_book.mei)
    assert "长江重工" in client.get("/accounts/?q=cjzg").content.decode()


def test_who_may_only_read_is_offered_no_form(small_book: People, client: Client) -> None:
    give_team_role(by=small_book.lin, account="A1", user=small_book.bo, role="reader")
    client.force_login(small_book.bo)
    assert "/edit-account/A1/" not in client.get("/accounts/A1/").content.decode()
    answer = client.get("/edit-account/A1/")
    assert answer.status_code == 403 and "您只能查看" in answer.content.decode()
    client.force_login(small_book.mei)
    assert "/edit-account/A1/" in client.get("/accounts/A1/").content.decode()


def test_two_editors_meet(small_book: People) -> None:
    mei, lin = signed_in(small_book.mei), signed_in(small_book.lin)
    hers, his = form_of(mei.get("/edit-account/A1/")), form_of(lin.get("/edit-account/A1/"))
    lin.post("/edit-account/A1/", his | {"name": "金陵<b>集团", "region": "安徽"})
    answer = mei.post("/edit-account/A1/", hers | {"name": "金陵钢", "tax_number": "91320"})
    said = answer.content.decode()
    assert answer.status_code == 409
    assert "金陵&lt;b&gt;集团" in said and "金陵钢" in said and "林晓彤" in said
    assert account("A1").name == "金陵<b>集团" and account("A1").tax_number == ""
    sent = dict(answer.context["given"]) | {
        "version": answer.context["version"],
        "was": answer.context["was"],
        "keep-name": "theirs",
    }
    assert mei.post("/edit-account/A1/", sent).status_code == 302
    now = account("A1")
    assert (now.name, now.tax_number, now.region) == ("金陵<b>集团", "91320", "安徽")


def test_a_forged_memory_is_not_believed(small_book: People) -> None:
    mei, lin = signed_in(small_book.mei), signed_in(small_book.lin)
    hers, his = form_of(mei.get("/edit-account/A1/")), form_of(lin.get("/edit-account/A1/"))
    lin.post("/edit-account/A1/", his | {"name": "金陵集团"})
    for was in ("", "[]", "{}", json.dumps({"name": 7}), "null", "x" * 10_000):
        assert mei.post("/edit-account/A1/", hers | {"name": "金陵钢", "was": was}).status_code == 409
    for version in ("", "x", "-1", "１"):
        assert mei.post("/edit-account/A1/", hers | {"version": version}).status_code == 400
    assert account("A1").name == "金陵集团"


@pytest.mark.parametrize("key", ["C3", "nowhere"])
def test_what_one_may_not_see_is_not_there(small_book: People, key: str) -> None:
    mei = signed_in(small_book.mei)
    before = list(Account.objects.order_by("pk").values())
    assert mei.get(f"/edit-account/{key}/").status_code == 404
    for verb in ("edit", "archive", "restore"):
        assert mei.post(f"/{verb}-account/{key}/", {"version": "1"}).status_code == 404
    assert signed_in(small_book.gao).get("/new-account/").status_code == 403
    assert (
        "A1" not in signed_in(small_book.bo).get("/edit-account/C3/?part=parents&parent=jin").content.decode()
    )
    assert list(Account.objects.order_by("pk").values()) == before


def test_the_whole_list_is_changed_and_taken_back(small_book: People) -> None:
    lin = signed_in(small_book.lin)
    answer = lin.post(
        "/change-accounts/",
        {
            "deed": "tag",
            "tags": "江苏年框",
            "all": "1",
            "filter": "region=江苏",
            "next": "/accounts/?region=江苏",
        },
    )
    assert answer.status_code == 204
    page = lin.get("/accounts/?region=江苏").content.decode()
    assert "已改 2 家客户" in page
    undo = re.search(r'action="(/deeds/[0-9]+/undo/)"', page)
    assert undo and "金陵特钢" in lin.get("/accounts/?tag=江苏年框").content.decode()
    assert lin.post(undo[1], {"next": "//evil.example/"})["Location"] == "/accounts/"
    assert account("A1").tags == []
    for said in (
        {"deed": "tag", "tags": "x"},
        {"deed": "assign", "key": "A1"},
        {"deed": "tag", "key": "C3", "tags": "x"},
    ):
        assert lin.post("/change-accounts/", said).status_code == 403
    assert lin.post("/change-accounts/", {"deed": "drop", "key": "A1"}).status_code == 400
    assert lin.post("/change-accounts/", {"deed": "assign", "key": "A1", "owner": "x"}).status_code == 400


def test_what_is_archived_leaves_lists_and_keeps_its_figures(small_book: People) -> None:
    mei, gao = signed_in(small_book.mei), signed_in(small_book.gao)
    before = gao.get("/portfolio/").content.decode()
    assert mei.post("/archive-account/A1/").status_code == 302
    assert "金陵特钢" not in mei.get("/accounts/").content.decode()
    assert "金陵特钢" in mei.get("/accounts/?archived=only").content.decode()
    assert "金陵特钢" in mei.get("/accounts/?archived=with").content.decode()
    assert "已归档" in mei.get("/accounts/A1/").content.decode()
    assert "5 家客户" in gao.get("/accounts/").content.decode()
    assert ("¥1,400" in before) == ("¥1,400" in gao.get("/portfolio/").content.decode())
    mei.post("/restore-account/A1/")
    assert "金陵特钢" in mei.get("/accounts/").content.decode()


def test_a_list_is_saved_shared_and_shows_each_reader_their_own(small_book: People) -> None:
    lin, mei, bo = (signed_in(user) for user in (small_book.lin, small_book.mei, small_book.bo))
    said = {"name": "钢铁大户", "filter": "industry=钢铁&sort=-margin&page=2", "shared": "1"}
    assert "sort=-margin" in lin.post("/saved-lists/", said)["Location"]
    mei.post("/saved-lists/", {"name": "我的亏损", "filter": "loss=1"})
    shown = bo.get("/accounts/?part=lists").content.decode()
    assert "钢铁大户" in shown and "林晓彤" in shown and "我的亏损" not in shown
    address = re.search(r'href="(/accounts/[?]industry[^"]+)"', shown)[1].replace("&amp;", "&")  # type: ignore[index]
    assert "page" not in address and "北辰重工" in bo.get(address).content.decode()
    assert "金陵特钢" not in bo.get(address).content.decode()
    pk = re.search(r"/saved-lists/([0-9]+)/remove/", lin.get(address + "&part=lists").content.decode())
    assert pk and bo.post(f"/saved-lists/{pk[1]}/remove/").status_code == 403
    assert lin.post(f"/saved-lists/{pk[1]}/remove/").status_code == 302
    for bad in ("owner__password=x", "sort=r__margin"):
        assert mei.post("/saved-lists/", {"name": "x", "filter": bad}).status_code == 400
    assert mei.post("/saved-lists/", {"name": " ", "filter": ""}).status_code == 403
    assert signed_in(small_book.gao).post("/saved-lists/", {"name": "x", "shared": "1"}).status_code == 403


@pytest.mark.row("ARC-02", shows="the console creates and edits an account and takes the edit back")
def test_the_console_edits_too(small_book: People, command: Any) -> None:
    assert command("accounts", "new", "长江重工", "--key", "L7", "--set", "industry=钢铁").code == 0
    told = command("accounts", "edit", "L7", "--set", "parent=A1", "--set", "tags=年框，VIP")
    assert (account("L7").parent, account("L7").tags) == (account("A1"), ["年框", "VIP"])
    assert command("accounts", "edit", "L7", "--version", "1", "--set", "name=x").code == 1
    assert command("accounts", "edit", "A1", "--set", "parent=L7").code == 1
    number = re.findall(r"[0-9]+", told.out)[-1]
    assert command("accounts", "undo", number).code == 0
    assert account("L7").parent is None
    assert command("accounts", "archive", "L7", "A1").code == 0
    assert account("A1").archived_at is not None
    assert command("--as", "bo", "accounts", "tag", "--tag", "x", "A1").code == 1


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_conflict_in_the_browser(small_book: People, visit: Any, accessible: Any, language: str) -> None:
    with translation.override(language):
        name, save, choose = _("名称"), _("保存"), _("按选定的保存")
        saved = _("已保存 %(name)s。") % {"name": "金陵特种钢"}
    page = visit("/edit-account/A1/", user=small_book.mei, language=language)
    lin = signed_in(small_book.lin)
    lin.post(
        "/edit-account/A1/",
        form_of(lin.get("/edit-account/A1/")) | {"name": "金陵特钢集团", "region": "安徽"},
    )
    page.get_by_label(name, exact=True).fill("金陵特种钢")
    page.get_by_role("button", name=save).click()
    # both versions stand side by side, and what was before
    dialog = page.locator("dialog.conflict")
    for version in ("金陵特钢集团", "金陵特种钢", "林晓彤"):
        expect(dialog).to_contain_text(version)
    accessible(page)
    SCREENS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENS / f"conflict-{language[:2]}.png", full_page=True)
    page.locator("input[value=mine]").check()
    page.get_by_role("button", name=choose).click()
    # what is said goes by itself after a while
    expect(page.locator("#toasts")).to_contain_text(saved)
    assert page.url.endswith("/accounts/A1/")
    assert (account("A1").name, account("A1").region) == ("金陵特种钢", "安徽")
    # the browser itself notes the 409, which is as it shall be
    visit.said[:] = [said for said in visit.said if "409" not in said]


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_bulk_assignment_and_its_undo_in_the_browser(small_book: People, visit: Any) -> None:
    page = visit("/accounts/", user=small_book.lin)
    page.locator("body").press("j")
    page.keyboard.press("x")
    expect(page.locator("#bulk")).to_be_visible()
    page.screenshot(path=SCREENS / "bulk.png", full_page=True)
    page.locator("#bulk select[name=backup]").select_option(label="柏松")
    page.get_by_role("button", name="指派").click()
    expect(page.locator("#toasts")).to_contain_text("已改 1 家客户")
    assert Account.objects.filter(backup=small_book.bo).count() == 1
    page.locator("#toasts").get_by_role("button", name="撤销").click()
    expect(page.locator("#toasts")).to_contain_text("1 家客户恢复原样")
    assert not Account.objects.filter(backup=small_book.bo).exists()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_it_fits_every_screen(small_book: People, pictures: Any) -> None:
    pictures("entry", "/edit-account/A1/", user=small_book.mei)
