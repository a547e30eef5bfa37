"""The team card: a place is given and ended, an account sealed, and each says at once who sees what."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.utils import translation
from django.utils.translation import gettext as _
from playwright.sync_api import expect

from changqing.accounts.queries import Account
from changqing.dossier.models import HandoverRequest
from changqing.records.models import AuditLine
from changqing.reports.conftest import People
from changqing.web.conftest import PHONE, SCREENS, WIDE


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.row("PLT-13", shows="a colleague in the team sees the account and what she was given, no more")
def test_a_place_opens_what_it_says_and_closes_at_once(small_book: People, client: Client) -> None:
    client.force_login(small_book.bo)
    lin, bo = signed_in(small_book.lin), client
    assert bo.get("/accounts/A1/").status_code == 404
    given = {"deed": "give", "user": small_book.bo.username, "role": "reader"}
    assert bo.post("/team/A1/", given).status_code == 404
    assert lin.post("/team/A1/", given, headers={"HX-Request": "true"}).status_code == 200
    page = bo.get("/accounts/A1/").content.decode()
    assert "金陵特钢" in page and "毛利和成本不对您开放" in page
    assert "柏松" in lin.get("/team/A1/").content.decode()
    assert bo.post("/team/A1/", given).status_code == 403
    lin.post("/team/A1/", {"deed": "end", "user": small_book.bo.username})
    assert bo.get("/accounts/A1/").status_code == 404


def test_a_sealed_account_is_closed_to_its_department_and_says_why_in_the_audit(small_book: People) -> None:
    mei, lin = signed_in(small_book.mei), signed_in(small_book.lin)
    assert "封存这家客户" in mei.get("/team/A1/").content.decode()
    assert mei.post("/team/A1/", {"deed": "seal", "because": " "}).status_code == 403
    assert lin.get("/accounts/A1/").status_code == 200
    mei.post("/team/A1/", {"deed": "seal", "because": "并购谈判"})
    assert lin.get("/accounts/A1/").status_code == 404
    said = mei.get("/team/A1/").content.decode()
    assert "已封存" in said and "解封这家客户" in said
    assert AuditLine.objects.get(verb="seal").details["reason"] == "并购谈判"
    mei.post("/team/A1/", {"deed": "unseal", "because": "谈完了"})
    assert lin.get("/accounts/A1/").status_code == 200


def test_a_colleague_s_name_is_text_and_nothing_else(small_book: People) -> None:
    small_book.bo.full_name = '<b>"柏'
    small_book.bo.save()
    said = signed_in(small_book.mei).get("/team/A1/?user=bo").content.decode()
    assert '<option value="bo">&lt;b&gt;&quot;柏' in said
    assert '<option value="bo" selected>&lt;b&gt;&quot;柏</option>' in said


def test_a_change_of_owner_is_asked_for_and_granted_in_pages_and_on_the_console(
    small_book: People, command: Any
) -> None:
    mei, lin, bo = (signed_in(user) for user in (small_book.mei, small_book.lin, small_book.bo))
    asked = {"deed": "ask", "user": "bo", "because": "调去华西"}
    assert bo.post("/team/A1/", asked).status_code == 404
    assert lin.post("/team/A1/", asked).status_code == 403, "who may hand it over need not ask"
    assert mei.post("/team/A1/", asked | {"because": " "}).status_code == 403
    assert (
        "梅雪 申请把负责人换成 柏松"
        in mei.post("/team/A1/", asked, headers={"HX-Request": "true"}).content.decode()
    )
    assert mei.post("/team/A1/", {"deed": "grant"}).status_code == 403
    today = lin.get("/today/").content.decode()
    assert (
        "等您批准" in today and "调去华西" in today and "等您批准" not in mei.get("/today/").content.decode()
    )
    assert [each["to"] for each in json.loads(command("--as", "lin", "handover", "list").out)] == ["bo"]
    assert command("--as", "lin", "handover", "decline", "A1", "--reply", "再等等").code == 0
    assert command("--as", "mei", "handover", "ask", "A1", "--to", "bo", "--because", "调走").code == 0
    assert lin.post("/team/A1/", {"deed": "grant"}).status_code == 302
    assert Account.objects.get(key="A1").owner == small_book.bo
    assert mei.get("/accounts/A1/").status_code == 404 and bo.get("/accounts/A1/").status_code == 200
    assert [each.state for each in HandoverRequest.objects.order_by("pk")] == ["declined", "granted"]
    assert "负责人变更申请" in bo.get("/accounts/A1/?part=history").content.decode()


def test_the_form_of_the_entry_keeps_the_owner_for_who_may_not_change_it(small_book: People) -> None:
    page = signed_in(small_book.mei).get("/edit-account/A1/")
    assert (
        page.context["form"].fields["owner"].disabled
        and "在客户页的“客户团队”里申请" in page.content.decode()
    )
    assert not signed_in(small_book.lin).get("/edit-account/A1/").context["form"].fields["owner"].disabled


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.row("PLT-13", shows="a team role given in the browser: she sees the account and not the margin")
def test_she_is_given_a_place_and_sees_the_account_but_not_the_margin(
    small_book: People, visit: Any, accessible: Any, language: str
) -> None:
    with translation.override(language):
        give, adjust, colleague = _("授予团队角色"), _("逐项调整"), _("同事")
        withheld, hers = _("毛利和成本不对您开放"), _("无权查看")
        ask, whom, why = _("申请换负责人"), _("新负责人"), _("为什么换（批准的人看得到）")
        grant, seal = _("批准并换负责人"), _("封存这家客户")
    page = visit("/accounts/A1/", user=small_book.lin, language=language)
    card = page.locator("#team")
    card.get_by_text(adjust).click()
    card.get_by_text(seal).first.click()
    accessible(page)
    SCREENS.mkdir(parents=True, exist_ok=True)
    card.screenshot(path=SCREENS / f"team-card-{language[:2]}-wide.png")
    card.locator(f"select[name=user][aria-label='{colleague}']").select_option("bo")
    card.locator("select[name=role]").select_option("member")
    card.get_by_role("button", name=give).click()
    expect(card.locator("table")).to_contain_text("柏松")

    theirs = visit("/accounts/A1/", user=small_book.bo, language=language, width=PHONE)
    expect(theirs.locator("h1")).to_contain_text("金陵特钢")
    expect(theirs.locator("main")).to_contain_text(withheld)
    expect(theirs.locator("#money")).to_contain_text(hers)
    expect(theirs.locator("#lines table")).to_contain_text("400")
    # the account's margin, cost and rate, as its owner reads them, stand nowhere
    shown = theirs.locator("main").inner_text()
    assert "¥500" in shown and not [figure for figure in ("¥300", "¥600", "33.3") if figure in shown]
    theirs.locator("#team").screenshot(path=SCREENS / f"team-card-{language[:2]}-phone.png")

    mine = visit("/accounts/A1/", user=small_book.mei, language=language, width=PHONE)
    card = mine.locator("#team")
    card.get_by_text(ask).first.click()
    card.get_by_label(whom).select_option("bo")
    card.get_by_label(why).fill("调去华西")
    card.screenshot(path=SCREENS / f"handover-ask-{language[:2]}-phone.png")
    card.get_by_role("button", name=ask).click()
    # the form names every colleague too, but nobody's reason
    expect(card.locator("#handover")).to_contain_text("调去华西")

    page.goto(page.url.split("/accounts")[0] + "/today/")
    page.screenshot(path=SCREENS / f"handover-today-{language[:2]}-wide.png", full_page=True)
    page.locator("aside a", has_text="金陵特钢").click()
    card = page.locator("#team")
    expect(card.locator("#handover")).to_contain_text("调去华西")
    accessible(page)
    card.screenshot(path=SCREENS / f"handover-answer-{language[:2]}-wide.png")
    card.get_by_role("button", name=grant).click()
    expect(card.locator("#handover")).to_have_count(0)
    assert Account.objects.get(key="A1").owner == small_book.bo and page.viewport_size["width"] == WIDE
