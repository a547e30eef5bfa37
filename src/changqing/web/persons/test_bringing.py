"""A list of contacts comes in through the browser's door; what is refused is told row by row."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from playwright.sync_api import expect

from changqing.accounts.models import Contact, Person
from changqing.contacts.actions import edit_post
from changqing.people.queries import User
from changqing.records.models import AuditLine, Change
from changqing.reports.conftest import People

ROWS = "客户编码,姓名,职务,爱好\nA1,王敏,采购经理,钓鱼\nC3,李强,厂长,\nZZ,谁,?,\n"
GROUNDS = {"basis": "", "purpose": "", "source": ""}


def send(client: Client, text: str, name: str = "名单.csv", **more: str) -> Any:
    from changqing.contacts.queries import contact_method

    method = contact_method()
    said = {field: next(iter(method.terms(field))) for field in GROUNDS} | more
    return client.post("/people/import", {"file": SimpleUploadedFile(name, text.encode()), **said})


def everybody() -> list[tuple[Any, ...]]:
    """All that is kept of the posts, by name."""
    fields = ("account__key", "person__name", "title", "department", "email", "phone", "since", "until")
    kept = ("basis", "purpose", "source", "retain_until", "version")
    return list(Contact.objects.order_by("person__name", "account__key").values_list(*fields, *kept))


def text_of(response: Any) -> str:
    return re.sub(r"<[^>]+>", "", response.content.decode())


def test_contacts_of_ones_own_accounts_come_in_and_the_others_are_told(
    small_book: People, client: Client
) -> None:
    """mei keeps A1 but not C3; ZZ is nobody's; a hobby is not read."""
    client.force_login(small_book.mei)
    told = text_of(send(client, ROWS))
    assert "新增 1 条任职，更改 0 条，相同 0 条" in told
    assert "退回 2 行" in told and "爱好" in told and "钓鱼" not in told
    assert list(Contact.objects.values_list("person__name", "account__key")) == [("王敏", "A1")]
    assert "新增 0 条任职，更改 0 条，相同 1 条" in text_of(send(client, ROWS))


def test_what_is_no_list_is_refused_with_a_sentence(small_book: People, client: Client) -> None:
    client.force_login(small_book.mei)
    assert send(client, "甲,乙\n1,2\n").status_code == 400
    assert send(client, ROWS, name="x.exe").status_code == 400
    assert client.post("/people/import", {}).status_code == 400
    assert not Contact.objects.exists()


def test_who_edits_no_accounts_is_refused(small_book: People, client: Client) -> None:
    client.force_login(small_book.gao)
    assert send(client, ROWS).status_code == 403
    assert "导入联系人" not in client.get("/imports/").content.decode()


def test_a_trial_says_what_would_come_and_writes_nothing(small_book: People, client: Client) -> None:
    client.force_login(small_book.mei)
    lines = AuditLine.objects.count()
    told = text_of(send(client, ROWS, trial="1"))
    assert "会新增 1 条任职，更改 0 条，相同 0 条；什么都还没写入" in told and "退回 2 行" in told
    assert (Contact.objects.count(), Person.objects.count(), AuditLine.objects.count()) == (0, 0, lines)


MANY = "客户编码,姓名,职务,工作邮箱,任职起\nA1,王敏,采购经理,,2024-03-01\n" + "".join(
    f"{key},人{n},科长,{mail},{since}\n"
    for n, (key, mail, since) in enumerate(
        [("A9", "", ""), ("A1", "不是邮箱", ""), ("A1", "", "三月"), ("A1", "x@y.example", "2024/13/01")] * 3
    )
)


def cells(page: Any) -> dict[str, str]:
    """The fields of the form of refused rows, as a browser would send them."""
    import html

    found = re.findall(r'name="((?:row|cell)-[^"]+)" value="([^"]*)"', page.content.decode())
    return {name: html.unescape(value) for name, value in found}


def test_twelve_refused_rows_are_mended_on_the_page_and_nothing_else_of_them_is_lost(
    small_book: People, client: Client
) -> None:
    client.force_login(small_book.mei)
    page = send(client, MANY)
    assert "新增 1 条任职" in text_of(page) and "退回 12 行" in text_of(page)
    assert "“三月”不是日期" in text_of(page)
    sent = cells(page)
    for name, value in sent.items():
        if name.startswith("cell-") and value in ("A9", "不是邮箱", "三月", "2024/13/01"):
            sent[name] = {"A9": "A1", "不是邮箱": "m@y.example"}.get(value, "2024-04-01")
    sent |= {"mended": "1", "basis": "contract", "purpose": "orders", "source": "records"}
    told = text_of(client.post("/people/import", sent))
    assert "新增 12 条任职" in told and "退回" not in told
    assert set(Contact.objects.filter(account__key="A1").values_list("title", flat=True)) == {
        "采购经理",
        "科长",
    }
    assert Contact.objects.filter(email="m@y.example").count() == 3
    assert Contact.objects.filter(since="2024-04-01").count() == 6
    assert "相同 12 条" in text_of(client.post("/people/import", sent))


@pytest.mark.parametrize("row", ["[1]", "{", '"x"', '{"account": {"a": 1}, "nope": 2}'])
def test_a_hostile_page_writes_nothing(small_book: People, client: Client, row: str) -> None:
    client.force_login(small_book.mei)
    answer = client.post(
        "/people/import", {"mended": "1", "row-2": row, "cell-2-pk": "1", "cell-9-name": "x"}
    )
    assert answer.status_code in (200, 400)
    assert not Contact.objects.exists()


def test_refused_rows_are_handed_back_in_the_format_they_came_in(small_book: People, client: Client) -> None:
    client.force_login(small_book.mei)
    broken = ROWS + 'A1,"没有关上的引号\n'
    answer = send(client, broken, hand_back="1")
    assert 'filename="refused.csv"' in answer["Content-Disposition"]
    back = b"".join(answer.streaming_content).decode()
    assert back.startswith("客户编码,姓名,职务,爱好,原文件行号,拒绝原因")
    assert "C3,李强,厂长,,3,没有编号为 C3 的客户" in back and "王敏" not in back
    assert "没有关上的引号" in back
    assert not Contact.objects.exists()
    again = text_of(send(client, back.replace("没有关上的引号", "李工")))
    assert "新增 1 条任职" in again and "退回 2 行" in again
    fine = send(client, "客户编码,姓名\nA1,王敏\n", hand_back="1")
    assert fine.status_code == 400 and "没有退回的行" in text_of(fine)


@pytest.mark.django_db(transaction=True)
def test_a_list_is_undone_where_nobody_has_changed_it_since(small_book: People, client: Client) -> None:
    """王敏 was there and gets her old title back; 张三 goes, and nothing says any more that he was here; 李四
    has been corrected since and stays."""
    client.force_login(small_book.mei)
    send(client, "客户编码,姓名,职务\nA1,王敏,采购员\n")
    before = everybody()
    page = send(
        client,
        "客户编码,姓名,职务,工作邮箱\nA1,王敏,采购经理,w@x.example\nA1,张三,科长,z@x.example\nA1,李四,,\n",
    )
    undo = re.search(r'action="(/people/import/undo\?deed=[^"]+)"', page.content.decode())
    assert undo is not None
    kept = Contact.objects.get(person__name="李四")
    edit_post(
        by=small_book.mei, post=kept.pk, version=1, today=date(2026, 1, 5), title="厂长",
        basis="contract", purpose="orders", source="records",
    )  # fmt: skip
    other = Client()
    other.force_login(small_book.bo)
    assert other.post(undo[1]).status_code == 404
    told = text_of(client.post(undo[1], follow=True))
    assert "名单已撤销：移去 1 条任职，改回 1 条；1 条后来有人改过，留着" in told
    assert [row[:-1] for row in everybody() if row[1] == "王敏"] == [row[:-1] for row in before]
    assert set(Person.objects.values_list("name", flat=True)) == {"王敏", "李四"}
    said = json.dumps(list(Change.objects.values_list("was", "became")), ensure_ascii=False)
    assert "张三" not in said and "z@x.example" not in said and "王敏" in said
    assert "移去 0 条任职，改回 0 条" in text_of(client.post(undo[1], follow=True))
    for deed in ("x", "6f2b3c1e-0000-4000-8000-000000000000"):
        assert client.post(f"/people/import/undo?deed={deed}").status_code == 404


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("shape", ["csv", "xlsx"])
def test_the_list_comes_in_again_to_the_same_state(
    small_book: People, client: Client, language: str, shape: str
) -> None:
    """Also names that a spreadsheet would reckon, with commas, quotes and blanks."""
    mei = small_book.mei
    User.objects.filter(pk=mei.pk).update(language=language)
    mei.refresh_from_db()
    client.force_login(mei)
    odd = ["=1+1", "+86 王", "-敏", "@SUM(A1)", 'O\'Neil, "Pat"', "'=x", "  王  伟 "]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["客户编码", "姓名", "职务", "工作邮箱", "任职起", "任职止", "依据", "保留至"])
    for n, name in enumerate(odd):
        writer.writerow(
            ["A1", name, "=科长", f"a{n}@x.example", "2024-01-31", "2024-12-31", "duty", "2031-07-09"]
        )
    send(client, text.getvalue())
    before = everybody()
    assert len(before) == len(odd)
    taken = client.get(f"/people/?export={shape}").content
    again = client.post("/people/import", {"file": SimpleUploadedFile(f"people.{shape}", taken)})
    assert re.search(r"相同 7 条|7 unchanged|7 the same", text_of(again)), text_of(again)
    assert everybody() == before
    assert Person.objects.count() == len(odd)


@pytest.mark.parametrize(("language", "first"), [("zh-hans", "客户编码"), ("en", "Account key")])
def test_a_template_is_given_and_comes_in(
    small_book: People, client: Client, tmp_path: Path, language: str, first: str
) -> None:
    client.force_login(small_book.mei)
    answer: Any = client.get(f"/people/template.xlsx?lang={language}")
    (tmp_path / "t.xlsx").write_bytes(b"".join(answer.streaming_content))
    book = openpyxl.load_workbook(tmp_path / "t.xlsx")
    sheet = book.worksheets[0]
    assert (sheet.cell(1, 1).value, len(book.worksheets)) == (first, 2)
    sheet.cell(2, 1).value = "A1"
    book.save(tmp_path / "t.xlsx")
    filled = SimpleUploadedFile("t.xlsx", (tmp_path / "t.xlsx").read_bytes())
    said = {"file": filled, "basis": "", "purpose": "", "source": "records"}
    client.post("/people/import", said)
    assert list(Contact.objects.values_list("person__name", "basis", "purpose", "source")) == [
        ("王伟" if language == "zh-hans" else "Wang Wei", "contract", "orders", "records")
    ]
    client.force_login(small_book.gao)
    assert client.get("/people/template.xlsx").status_code == 403


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_refused_contacts_are_mended_in_the_browser(small_book: People, visit: Any, tmp_path: Path) -> None:
    """Tried, written, mended and handed back on one page; the chosen file stays chosen."""
    (tmp_path / "名单.csv").write_text(MANY, "utf-8")
    page = visit("/people/import", user=small_book.mei)
    page.locator("input[type=file]").set_input_files(tmp_path / "名单.csv")
    for name in GROUNDS:
        page.locator(f"select[name={name}]").select_option(index=1)
    page.get_by_role("button", name="先看会怎样").click()
    expect(page.locator("#told")).to_contain_text("会新增 1 条任职")
    page.get_by_role("button", name="导入", exact=True).click()
    # the trial's words hold the same ones, and its rows would be filled in just before they are swapped
    expect(page.locator("#told")).not_to_contain_text("会新增")
    expect(page.locator("#told")).to_contain_text("新增 1 条任职")
    with page.expect_download() as taken:
        page.get_by_role("button", name="下载退回行").click()
    assert taken.value.suggested_filename == "refused.csv"
    bad = page.locator("input[aria-invalid]")
    expect(bad).to_have_count(12)
    mended = {"A9": "A1", "不是邮箱": "m@y.example"}
    for cell in bad.all():
        cell.fill(mended.get(cell.input_value(), "2024-04-01"))
    page.get_by_role("button", name="改好了，导入这几行").click()
    expect(page.locator("#told")).to_contain_text("新增 12 条任职")
    assert Contact.objects.count() == 13


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_it_fits_every_screen(small_book: People, pictures: Any) -> None:
    pictures("contacts-import", "/people/import", user=small_book.mei)
