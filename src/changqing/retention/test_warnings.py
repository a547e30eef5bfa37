"""Who drifts is found, the steady are left alone; one warning an account and cause, which people answer."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from django.test import Client

from changqing.accounts.queries import Account
from changqing.base.packs import load
from changqing.base.refused import Refused
from changqing.journeys import score_book
from changqing.journeys.answer_warning import answer
from changqing.people.permissions import operator
from changqing.reports.conftest import People, come, orders_come
from changqing.reports.today import today_page
from changqing.retention.actions import look_at_the_book
from changqing.retention.conftest import LAST, Row
from changqing.retention.queries import AccountWarning, WarningAnswer, precision, warnings_of
from changqing.retention.rules import WarningsMethod, urgency

BY = operator(because="a test")


def seen() -> set[tuple[str, str, str]]:
    return set(AccountWarning.objects.values_list("account__key", "cause", "state"))


@pytest.mark.django_db
def test_the_planted_drifts_are_found_and_the_steady_left_alone(drifting_book: People) -> None:
    found = {(key, cause) for key, cause, _state in seen()}
    planted = {("G1", "overdue"), ("G2", "returns"), ("G3", "breadth"), ("G4", "margin")}
    assert planted <= found
    # a margin that falls with the returns of the same orders is no false alarm; steady accounts have none
    assert {key for key, _cause in found} - {"G1", "G2", "G3", "G4"} == set()


def billed_and_paid() -> tuple[list[Row], list[Row]]:
    """An invoice a month over two years, paid after a month or so; G5 takes ten weeks for the last three."""
    source = np.random.default_rng(5)
    invoices: list[Row] = []
    receipts: list[Row] = []
    for at in range(1, 21):
        for month in range(24):
            day = date(2022 + (month + 5) // 12, (month + 5) % 12 + 1, 3)
            waited = round(30 * source.lognormal(0, 0.12)) + (45 if at == 5 and month > 19 else 0)
            if day + timedelta(days=waited) <= LAST:
                receipts.append(
                    (f"G{at}", f"F{at}-{month}", (day + timedelta(days=waited)).isoformat(), 9000)
                )
            invoices.append((f"G{at}", f"F{at}-{month}", day.isoformat(), 9000))
    return invoices, receipts


@pytest.mark.django_db
@pytest.mark.row("VAL-05", shows="a warning that payment slows, with days now and days usual")
def test_slower_payment_is_seen_and_told(drifting_book: People, client: Client) -> None:
    invoices, receipts = billed_and_paid()
    shared = (
        "col0 AS customer, NULL::VARCHAR AS customer_name, NULL::VARCHAR AS currency, col1 AS invoice_no, "
        "col1 AS line_key, col2::DATE AS date, NULL::DATE AS due, col3::DECIMAL(18,4) AS amount"
    )
    come("invoices", f"{shared}, 'invoice' AS kind", invoices)
    come("receipts", f"{shared}, col1 AS receipt_no, '转账' AS method, 'transfer' AS method_kind", receipts)
    look_at_the_book(by=BY)
    assert {key for key, cause, _state in seen() if cause == "payment"} == {"G5"}
    row = AccountWarning.objects.get(cause="payment")
    assert (round(row.usual), round(row.seen)) == (32, 76)
    Account.objects.filter(key="G5").update(owner=drifting_book.mei)
    client.force_login(drifting_book.mei)
    assert "最近付款用了 76 天，平常 32 天" in client.get("/today/").content.decode()


@pytest.mark.django_db
def test_looking_again_changes_nothing_and_one_more_order_only_its_account(drifting_book: People) -> None:
    before = list(AccountWarning.objects.order_by("pk").values())
    assert look_at_the_book(by=BY) == 0
    assert list(AccountWarning.objects.order_by("pk").values()) == before
    orders_come([("G1", "O-new", LAST.isoformat(), 30_000, 21_000, "轴承")])
    score_book.after_import(by=BY, touched=[Account.objects.get(key="G1").pk])
    first = Account.objects.get(key="G1").pk
    after = AccountWarning.objects.exclude(account=first).order_by("pk").values()
    assert list(after) == [row for row in before if row["account_id"] != first]
    assert AccountWarning.objects.get(account__key="G1", cause="overdue").state == "over"


@pytest.mark.django_db
def test_an_answer_says_what_by_whom_until_when_and_can_be_taken_back(drifting_book: People) -> None:
    mei = drifting_book.mei
    row = AccountWarning.objects.get(account__key="G1", cause="overdue")
    asked: dict[str, Any] = {"by": mei, "pk": row.pk, "kind": "do", "version": row.version}
    for wrong, field in (
        ({"words": " "}, "words"),
        ({"words": "打电话", "until": date(2020, 1, 1)}, "until"),
    ):
        with pytest.raises(Refused) as refused:
            answer(**asked, **wrong)
        assert refused.value.field == field
    until = LAST + timedelta(days=3)
    done = answer(**asked, words="打电话问采购", until=until)
    given = WarningAnswer.objects.get()
    assert (done.state, done.until, given.words, given.who, given.until) == (
        "answered",
        until,
        "打电话问采购",
        mei,
        until,
    )
    with pytest.raises(Refused):
        answer(**asked, words="另一个人", until=until)
    assert [
        item.pk for _name, items in today_page(mei, today=LAST).groups for item in items if item.pk == row.pk
    ] == []
    back = answer(by=mei, pk=row.pk, kind="reopen", version=done.version)
    assert (back.state, back.until) == (row.state, row.until)


@pytest.mark.django_db
def test_what_is_not_real_counts_against_the_rule_and_stays_quiet(drifting_book: People) -> None:
    row = AccountWarning.objects.get(account__key="G4", cause="margin")
    answer(by=drifting_book.mei, pk=row.pk, kind="unreal", version=row.version, words="价格是谈好的")
    told = {each.cause: (each.raised, each.unreal) for each in precision(drifting_book.mei)}
    assert told["margin"] == (1, 1)
    assert look_at_the_book(by=BY) == 0
    assert AccountWarning.objects.get(pk=row.pk).state == "unreal"


@pytest.mark.django_db
def test_who_may_not_see_the_account_sees_no_warning_and_cannot_answer(drifting_book: People) -> None:
    row = AccountWarning.objects.get(account__key="G1", cause="overdue")
    bo = drifting_book.bo
    assert warnings_of(bo, row.account) == []
    assert today_page(bo, today=LAST).waiting.warnings == 0
    before = AccountWarning.objects.values().get(pk=row.pk)
    with pytest.raises(Refused):
        answer(by=bo, pk=row.pk, kind="snooze", version=row.version)
    assert AccountWarning.objects.values().get(pk=row.pk) == before


def test_the_budgets_together_stay_below_a_false_warning_in_twenty_years() -> None:
    budget = load("warnings", WarningsMethod).method.budget
    rules = (budget.overdue, budget.breadth, budget.returns, budget.margin, budget.payment)
    assert sum(float(each.value) for each in rules if each) <= 0.05


def test_red_and_due_is_more_urgent_than_either() -> None:
    day = date(2024, 6, 30)
    told = [urgency(day + timedelta(days=n), day, red=red) for n in (-2, 0, 3) for red in (True, False)]
    assert told == [2.0, 1.0, 2.0, 1.0, 0.5, 0.25]
