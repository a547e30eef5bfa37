"""An account changes its owner by request, and in no other way by who may not hand it over."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from changqing.accounts.models import Account
from changqing.accounts.queries import visible_to
from changqing.accounts.test_rights import House
from changqing.base.refused import Refused
from changqing.dossier.actions.deeds import undo_deed
from changqing.dossier.actions.editing import edit_account
from changqing.dossier.actions.handover import answer_handover, ask_handover, withdraw_handover
from changqing.dossier.actions.merging import merge_entries
from changqing.dossier.models import HandoverRequest, Revision
from changqing.dossier.queries.handover import handovers_to_answer, open_handover
from changqing.people.models import User
from changqing.people.permissions import operator
from changqing.records.models import AuditLine, Change

pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> House:
    return House()


def again(user: User) -> User:
    """As the next request meets them."""
    return User.objects.get(pk=user.pk)


def ask(house: House, **other: Any) -> HandoverRequest:
    said: dict[str, Any] = {
        "by": house.owner,
        "account": "own",
        "to": house.people["stranger"],
        "because": "调去华西",
    }
    return ask_handover(**said | other)


def test_who_holds_it_asks_and_who_answers_for_it_hands_it_over(house: House) -> None:
    director, stranger = house.people["director"], house.people["stranger"]
    ask(house)
    assert Account.objects.get(key="own").owner == house.owner, "until it is granted nothing changes"
    assert [each.account.key for each in handovers_to_answer(director)] == ["own"]
    answer_handover(by=director, account="own", grant=True)
    assert Account.objects.get(key="own").owner == stranger
    assert not visible_to(again(house.owner), Account.objects.filter(key="own")).exists()
    lines = [(line.verb, line.details["to"]) for line in AuditLine.objects.filter(verb__contains="handover")]
    assert lines == [("ask for handover", stranger.pk), ("handover granted", stranger.pk)]
    changes = Change.objects.filter(model="HandoverRequest").order_by("pk")
    told = [(change.became or {})["state"] for change in changes]
    assert told == ["open", "granted"], "the history says who asked and who answered"
    undo_deed(by=director, pk=Revision.objects.get(verb="assign").pk)
    assert Account.objects.get(key="own").owner == house.owner


def test_it_is_declined_with_a_reason_withdrawn_and_replaced(house: House) -> None:
    director, backup = house.people["director"], house.people["backup"]
    with pytest.raises(Refused):
        answer_handover(by=director, account="own", grant=False)
    ask(house)
    with pytest.raises(Refused, match="为什么驳回"):
        answer_handover(by=director, account="own", grant=False, reply=" ")
    assert answer_handover(by=director, account="own", grant=False, reply="年底再说").reply == "年底再说"
    first = ask(house, by=backup)
    second = ask(house, to=backup)
    first.refresh_from_db()
    assert (first.state, open_handover(director, house.own)) == ("withdrawn", second)
    with pytest.raises(Refused, match="只有申请人"):
        withdraw_handover(by=backup, account="own")
    withdraw_handover(by=house.owner, account="own")
    assert handovers_to_answer(director) == [] and Account.objects.get(key="own").owner == house.owner
    ask(house, to=backup)
    answer_handover(by=director, account="own", grant=True)
    own = Account.objects.get(key="own")
    assert (own.owner, own.backup) == (backup, None), "nobody stands in for themselves"


@pytest.mark.parametrize(
    "other",
    [
        *(
            {"by": who}
            for who in ("team", "sponsor", "service", "executive", "stranger", "admin", "director")
        ),
        {"because": " "},
        {"because": "x" * 301},
        *({"to": who} for who in ("owner", "admin", "auditor", "program")),
        {"account": "foreign"},
        {"account": "nowhere"},
    ],
)
def test_what_cannot_be_asked_is_refused_before_anything_is_written(house: House, other: Any) -> None:
    people = {name: house.people.get(who) for name, who in other.items() if name in {"by", "to"}}
    with pytest.raises(Refused):
        ask(house, **other | people)
    assert not HandoverRequest.objects.exists() and not AuditLine.objects.exists()


@pytest.mark.parametrize(
    "who", ["owner", "backup", "team", "sponsor", "service", "executive", "charged", "admin", "stranger"]
)
def test_who_may_not_hand_it_over_answers_nothing(house: House, who: str) -> None:
    ask(house)
    before = AuditLine.objects.count()
    with pytest.raises(Refused):
        answer_handover(by=house.people[who], account="own", grant=True)
    assert handovers_to_answer(house.people[who]) == []
    assert (AuditLine.objects.count(), Account.objects.get(key="own").owner) == (before, house.owner)


def test_nobody_grants_what_they_asked_for_themselves(house: House) -> None:
    ask(house)
    User.objects.filter(pk=house.owner.pk).update(role="director", department=house.east)
    with pytest.raises(Refused, match="别人批准"):
        answer_handover(by=again(house.owner), account="own", grant=True)
    assert handovers_to_answer(again(house.owner)) == []


def test_no_other_deed_changes_the_owner_by_the_way(house: House) -> None:
    other = house.account("other", owner=house.people["stranger"], backup=house.owner, department=house.east)
    stranger = house.people["stranger"]
    with pytest.raises(Refused, match="不能做这件事"):
        edit_account(by=house.owner, key="own", version=1, fields={"owner": stranger.pk})
    with pytest.raises(Refused, match="不能做这件事"), transaction.atomic():
        merge_entries(by=house.owner, kept="own", lost="other", take=["owner"])
    edit_account(
        by=operator(because="a test"), key="other", version=other.version, fields={"owner": house.owner.pk}
    )
    with pytest.raises(Refused, match="不能做这件事"):
        undo_deed(by=house.owner, pk=Revision.objects.get().pk)
    assert Account.objects.get(key="own").owner == house.owner


def test_the_database_holds_one_open_request_an_account_with_a_reason(house: House) -> None:
    said = {"account": house.own, "to": house.backup, "asked_by": house.owner, "asked_at": timezone.now()}
    HandoverRequest.objects.create(**said, because="x")
    for fault in ({"because": "x"}, {"because": ""}, {"because": "x", "state": "granted"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            HandoverRequest.objects.create(**said | fault)
