"""Facts, notes and files of an account, in pages: who reads them, how a file leaves, what is refused."""

from __future__ import annotations

import hashlib
import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from playwright.sync_api import expect

from changqing.dossier.actions.keeping import at, keep_file, tell_fact, write_note
from changqing.dossier.models import Attachment, Fact, Note
from changqing.journeys.keep_book import STORES
from changqing.people.permissions import operator
from changqing.reports.conftest import People
from changqing.web.conftest import SCREENS

PDF = b"%PDF-1.7 contract"
BY = operator(because="a test")


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def told(client: Client, key: str = "A1", **said: str) -> str:
    return client.post(f"/account-archive/{key}/", said).content.decode()


@pytest.mark.row("ARC-01", shows="four tabs of facts with completeness, the four natures and a linter")
@pytest.mark.row("ARC-13", shows="what is missing, doubled, subjective or without source on the sheet")
@pytest.mark.row("ARC-14", shows="each fact with source, day and confidence, and the four natures scored")
def test_a_fact_is_told_and_judged(small_book: People, client: Client) -> None:
    client.force_login(small_book.mei)
    assert "知道 0 项" in client.get("/account-archive/A1/").content.decode()
    form = client.get("/account-archive/A1/?part=form&kind=supplier").content.decode()
    assert 'name="value-share"' in form and "ARC-10" in form
    said = {
        "deed": "fact",
        "kind": "supplier",
        "source": "年报 https://x.example/2025.pdf",
        "confidence": "confirmed",
    }
    page = told(
        client,
        **said,
        **{"value-who": "<b>斯特林", "value-share": "40", "value-satisfaction": "3", "value-ours": "rival"},
    )
    assert "&lt;b&gt;斯特林 · 40%" in page and "知道 1 项" in page and "年报" in page
    page = told(
        client,
        **said,
        **{"value-who": "我们", "value-share": "60", "value-satisfaction": "4", "value-ours": "us"},
    )
    assert re.search(r"被对手替代的风险\s+33%", page) and "准确 100%" in page
    page = told(client, deed="fact", kind="strategy", confidence="hearsay", **{"value-what": "感觉会扩张"})
    assert "主观的话" in page and "没有来源：发展战略" in page and "还不知道：" in page
    page = told(client, deed="fact", kind="structure", confidence="likely", **{"value-what": "给科长送礼"})
    assert "档案不记礼品" in page and not Fact.objects.filter(kind="structure").exists()


@pytest.mark.row("ARC-08", shows="budget cycle and ability to pay, with the next month of budgeting")
@pytest.mark.row("ARC-09", shows="pain points and strategy as structured facts with our answer beside them")
@pytest.mark.row("ARC-16", shows="facts older than a year are marked stale; a newer one takes their place")
def test_old_facts_are_marked_and_replaced(small_book: People, client: Client) -> None:
    client.force_login(small_book.mei)
    old = (timezone.localdate() - timedelta(days=500)).isoformat()
    budget = {"deed": "fact", "kind": "budget_cycle", "confidence": "confirmed", "value-month": "9"}
    page = told(client, **budget, day=old)
    assert "1 条过时" in page and re.search(r"下次编制预算 20[0-9]{2}-09", page)
    page = told(client, **budget)
    assert "过时" not in page
    assert Fact.objects.filter(kind="budget_cycle", ended_at=None).count() == 1
    assert Fact.objects.filter(kind="budget_cycle").count() == 2
    pain = {"value-nature": "cost", "value-what": "停机一天 8 万元", "value-answer": "备件包"}
    page = told(client, deed="fact", kind="pain", confidence="likely", **pain)
    assert "成本高 · 停机一天 8 万元 · 备件包" in page
    future = (timezone.localdate() + timedelta(days=1)).isoformat()
    assert "还没到的日子" in told(client, **budget, day=future)


@pytest.mark.row(
    "ARC-03", shows="their business and partners, our rank among suppliers, and needs nobody asked for"
)
@pytest.mark.row("ARC-10", shows="suppliers with share and satisfaction, and the risk that we are replaced")
def test_their_business_beside_ours_says_what_to_ask(small_book: People, client: Client) -> None:
    client.force_login(small_book.mei)

    def tell(kind: str, **values: str) -> str:
        said = {f"value-{name}": value for name, value in values.items()}
        return told(client, deed="fact", kind=kind, confidence="confirmed", source="年报", **said)

    for what, share in (("风电齿轮箱", "60"), ("冶金备件", "10"), ("矿山机械", "30")):
        page = tell("main_business", what=what, share=share)
    assert "这些业务还没有用我们的产品：风电齿轮箱、矿山机械、冶金备件" in page
    tell("trading_partner", who="远景能源", link="customer")
    page = tell("product_line", what="主轴轴承", use="风电齿轮箱的高速轴")
    assert "这些业务还没有用我们的产品：矿山机械、冶金备件" in page and "远景能源 · 它的客户" in page
    tell("supplier", who="我们", share="70", satisfaction="4", ours="us")
    page = tell("supplier", who="斯特林", share="30", satisfaction="5", ours="rival")
    assert re.search(r"被对手替代的风险\s+35%", page) and "斯特林 · 30% · 5 · 对手" in page
    tell("own_resource", what="驻厂工程师 2 名")
    page = tell("rival_intelligence", who="斯特林", what="在本地建备件库")
    assert "斯特林 · 在本地建备件库" in page and "驻厂工程师 2 名" in page
    assert (
        "不对您开放" not in page
        and "远景能源" not in signed_in(small_book.bo).get("/accounts/").content.decode()
    )


def test_a_private_note_is_its_authors_alone(small_book: People) -> None:
    mei, lin, gao = (signed_in(user) for user in (small_book.mei, small_book.lin, small_book.gao))
    told(mei, deed="note", text="只给自己：<i>下周再问", private="1")
    told(mei, deed="note", text="给团队：已约周三")
    page = mei.get("/account-archive/A1/").content.decode()
    assert "下周再问" in page and "<i>" not in page
    for reader in (lin, gao):
        page = reader.get("/account-archive/A1/").content.decode()
        assert "下周再问" not in page and "已约周三" in page
    private = Note.objects.get(is_private=True)
    assert lin.post(f"/notes/{private.pk}/remove/").status_code == 404
    assert lin.post(f"/notes/{Note.objects.get(is_private=False).pk}/remove/").status_code == 403
    assert mei.post(f"/notes/{private.pk}/remove/").status_code == 302
    assert "下周再问" not in mei.get("/account-archive/A1/").content.decode()


@pytest.mark.row(
    "ARC-19", shows="a public report is kept with the account and served as a thing to save only"
)
def test_a_file_is_kept_and_served_safely(small_book: People, client: Client) -> None:
    client.force_login(small_book.mei)
    answer = client.post(
        "/account-archive/A1/",
        {"deed": "file", "file": SimpleUploadedFile("../年报\u202e.pdf", PDF, "text/html")},
    )
    kept = Attachment.objects.get()
    assert kept.name in answer.content.decode() and kept.digest == hashlib.sha256(PDF).hexdigest()
    assert at(kept.digest).read_bytes() == PDF and "files" in STORES
    assert at(kept.digest).is_relative_to(settings.FOLDER.path)
    file = client.get(f"/files/{kept.pk}/")
    assert b"".join(file.streaming_content) == PDF  # type: ignore[attr-defined]
    assert file["Content-Type"] == "application/pdf" and file["X-Content-Type-Options"] == "nosniff"
    assert file["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert file["Content-Disposition"] == "attachment; filename*=UTF-8''%E5%B9%B4%E6%8A%A5.pdf"
    for reader, status in ((small_book.bo, 404), (small_book.lin, 200)):
        found = signed_in(reader).get(f"/files/{kept.pk}/")
        assert found.status_code == status
        if status == 200:
            assert b"".join(found.streaming_content) == PDF  # type: ignore[attr-defined]
    bad = client.post(
        "/account-archive/A1/",
        {"deed": "file", "file": SimpleUploadedFile("x.pdf", b"<svg/onload=alert(1)>")},
    )
    assert "不收这种文件" in bad.content.decode() and Attachment.objects.count() == 1
    client.post(f"/files/{kept.pk}/remove/")
    assert client.get(f"/files/{kept.pk}/").status_code == 404 and at(kept.digest).exists()


def test_what_one_may_not_see_is_not_there(small_book: People) -> None:
    fact = tell_fact(by=BY, account="C3", kind="structure", values={"what": "密"}, day=date(2024, 1, 1))
    note = write_note(by=BY, account="C3", text="密")
    file = keep_file(by=BY, account="C3", name="a.pdf", data=PDF)
    before = [list(model.objects.values()) for model in (Fact, Note, Attachment)]
    mei = signed_in(small_book.mei)
    for deed in ({"deed": "note", "text": "x"}, {"deed": "fact", "kind": "structure", "value-what": "x"}, {}):
        assert mei.post("/account-archive/C3/", deed).status_code == 404
    assert (
        mei.get("/account-archive/C3/").status_code == 404
        and mei.get(f"/files/{file.pk}/").status_code == 404
    )
    for address in (f"/facts/{fact.pk}/end/", f"/notes/{note.pk}/remove/", f"/files/{file.pk}/remove/"):
        assert mei.post(address).status_code == 404
    gao = signed_in(small_book.gao)
    assert "密" in gao.get("/account-archive/C3/").content.decode()
    assert "没有您可编辑的客户" in told(gao, "C3", deed="note", text="x") or Note.objects.count() == 1
    assert gao.post(f"/files/{file.pk}/remove/").status_code == 403
    assert mei.post("/account-archive/A1/", {"deed": "drop"}).status_code == 400
    assert [list(model.objects.values()) for model in (Fact, Note, Attachment)] == before


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_one_uploads_a_file_and_tells_a_fact(small_book: People, visit: Any, tmp_path: Any) -> None:
    file = tmp_path / "年度框架合同.pdf"
    file.write_bytes(PDF)
    page = visit("/accounts/A1/", user=small_book.mei)
    page.locator("#archive input[type=file]").set_input_files(file)
    page.get_by_role("button", name="上传").click()
    expect(page.locator("#archive")).to_contain_text("年度框架合同.pdf")
    page.locator("#archive select[name=kind]").select_option("pain")
    page.locator("#value-what").fill("停机一天损失 8 万元")
    page.locator("#fact-form").get_by_role("button", name="记下").click()
    expect(page.locator("#archive")).to_contain_text("停机一天损失 8 万元")
    SCREENS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENS / "archive.png", full_page=True)


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_it_fits_every_screen(small_book: People, pictures: Any) -> None:
    keep_file(by=BY, account="A1", name="年度框架合同.pdf", data=PDF)
    write_note(by=BY, account="A1", text="周三去看轧机，王磊在。")
    tell_fact(
        by=BY,
        account="A1",
        kind="supplier",
        day=date(2024, 1, 1),
        source="采购部",
        confidence="hearsay",
        values={"who": "斯特林", "share": "40", "satisfaction": "3", "ours": "rival"},
    )
    pictures("archive", "/accounts/A1/", user=small_book.mei)
