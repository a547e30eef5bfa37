"""A list of contacts comes in through the browser's door; what is refused is told row by row."""

from __future__ import annotations

import re
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from changqing.accounts.models import Contact
from changqing.reports.conftest import People

ROWS = "客户编码,姓名,职务,爱好\nA1,王敏,采购经理,钓鱼\nC3,李强,厂长,\nZZ,谁,?,\n"
GROUNDS = {"basis": "", "purpose": "", "source": ""}


def send(client: Client, text: str, name: str = "名单.csv", **more: str) -> Any:
    from changqing.contacts.queries import contact_method

    method = contact_method()
    said = {field: next(iter(method.terms(field))) for field in GROUNDS} | more
    return client.post("/people/import", {"file": SimpleUploadedFile(name, text.encode()), **said})


def text_of(response: Any) -> str:
    return re.sub(r"<[^>]+>", "", response.content.decode())


def test_contacts_of_ones_own_accounts_come_in_and_the_others_are_told(
    small_book: People, client: Client
) -> None:
    """mei keeps A1 but not C3; ZZ is nobody's; a hobby is not read."""
    client.force_login(small_book.mei)
    told = text_of(send(client, ROWS))
    assert "新增 1 条任职，更改 0 条，相同 0 条" in told
    assert "退回 2 行" in told and "爱好" in told
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
