"""The review room: one decision an account and review, with its next step, its owner and its outcome."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.test import Client

from changqing.planning.queries import Review, ReviewDecision
from changqing.records.models import AuditLine
from changqing.reports.conftest import People
from changqing.value.queries.worth import AccountStanding, TierDecision

GIVEN = {"verdict": "keep", "because": "停产检修", "step": "问下一单", "until": "2099-01-31"}


def text_of(response: Any) -> str:
    plain = re.sub(r"<[^>]+>", " ", re.sub(r"</?span[^>]*>", "", response.content.decode()))
    return re.sub(r"\s+", " ", html.unescape(plain))


def test_what_drifts_comes_first_and_is_decided_once(drifting_book: People, client: Client) -> None:
    client.force_login(drifting_book.lin)
    page = text_of(client.get("/plans/"))
    assert "2 家客户等您评审" in page and "客户1号" in page and "客户9号" not in page
    wanted = GIVEN | {"owner": drifting_book.mei.pk}
    told = text_of(client.post("/plans/decide/G1/", wanted, follow=True))
    assert "这次评审定了 1 家，还有 1 家" in told and "1 个决定还没办完，都没过期" in told
    row = ReviewDecision.objects.get()
    assert (row.account.key, row.verdict, row.step, row.owner, row.by, str(row.until)) == (
        "G1",
        "keep",
        "问下一单",
        drifting_book.mei,
        drifting_book.lin,
        "2099-01-31",
    )
    assert AuditLine.objects.filter(verb="review: keep", subject_key="G1").count() == 1
    again = client.post("/plans/decide/G1/", wanted)
    assert again.status_code == 400 and "在这次评审里已经有决定了" in text_of(again)
    client.post("/plans/close")
    assert Review.objects.get().closed_on is not None
    client.post("/plans/decide/G1/", wanted | {"verdict": "lower"})
    assert ReviewDecision.objects.count() == 2


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"verdict": "sell"}, "请选保持"),
        ({"because": " "}, "请写明理由"),
        ({"step": ""}, "请写下一步"),
        ({"until": "2000-01-01"}, "今天或以后"),
        ({"until": "soon"}, "今天或以后"),
        ({"step": "长" * 401}, "最多 400 个字"),
    ],
)
def test_a_decision_that_says_too_little_is_refused(
    drifting_book: People, client: Client, wrong: dict[str, str], said: str
) -> None:
    client.force_login(drifting_book.lin)
    told = client.post("/plans/decide/G1/", GIVEN | {"owner": drifting_book.mei.pk} | wrong)
    assert told.status_code == 400 and said in text_of(told)
    assert ReviewDecision.objects.count() == 0 and Review.objects.count() == 0


def test_the_owner_says_what_came_of_it_and_others_do_not(drifting_book: People, client: Client) -> None:
    client.force_login(drifting_book.lin)
    client.post("/plans/decide/G1/", GIVEN | {"owner": drifting_book.mei.pk})
    row = ReviewDecision.objects.get()
    client.force_login(drifting_book.bo)
    assert client.post("/plans/decide/G1/", GIVEN).status_code == 403
    client.post(f"/plans/{row.pk}/done", {"outcome": "与我无关"})
    row.refresh_from_db()
    assert row.done_on is None
    assert "评审没有给您留下要办的事" in text_of(client.get("/plans/"))
    client.force_login(drifting_book.mei)
    assert "评审留下 1 件要办的事" in text_of(client.get("/plans/"))
    client.post(f"/plans/{row.pk}/done", {"outcome": "恢复下单"})
    row.refresh_from_db()
    assert row.outcome == "恢复下单" and row.done_on is not None
    assert "问下一单 → 恢复下单" in text_of(client.get("/plans/"))


def test_a_proposed_step_down_is_answered_by_the_decision(drifting_book: People, client: Client) -> None:
    standing = AccountStanding.objects.get(account__key="G4", is_current=True)
    AccountStanding.objects.filter(pk=standing.pk).update(tier="a", settled="a", proposed="b")
    client.force_login(drifting_book.lin)
    assert "保持即驳回，申请降级即批准" in text_of(client.get("/plans/?of=G4"))
    client.post("/plans/decide/G4/", GIVEN | {"owner": drifting_book.mei.pk, "verdict": "lower"})
    assert TierDecision.objects.get().kind == "approved"
    now = AccountStanding.objects.get(account__key="G4", is_current=True)
    assert (now.tier, now.proposed) == ("b", "")


def test_the_room_asks_a_constant_number_of_queries(
    drifting_book: People, client: Client, django_assert_max_num_queries: Any
) -> None:
    client.force_login(drifting_book.gao)
    with django_assert_max_num_queries(34):
        client.get("/plans/")


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_room_fits_every_screen(
    drifting_book: People, client: Client, visit: Any, pictures: Any, accessible: Any
) -> None:
    client.force_login(drifting_book.gao)
    client.post("/plans/decide/G1/", GIVEN | {"owner": drifting_book.mei.pk})
    pictures("plans", "/plans/", user=drifting_book.gao)
    accessible(visit("/plans/", user=drifting_book.gao))
