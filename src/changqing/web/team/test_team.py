"""The team card: a place is given and ended, an account sealed, and each says at once who sees what."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from changqing.records.models import AuditLine
from changqing.reports.conftest import People


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
