"""Places in a team are given by who may, no further than who gives goes; leaving ends everything at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from changqing.accounts.actions import assign
from changqing.accounts.grants import end_team_role, give_team_role, name_sponsor, seal
from changqing.accounts.models import Account, TeamMembership
from changqing.accounts.queries import Level, Part, sight, team_of, visible_to, why
from changqing.accounts.test_rights import House
from changqing.base.refused import Refused
from changqing.people.models import User
from changqing.people.permissions import operator
from changqing.records.models import AuditLine

pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> House:
    return House()


def again(user: User) -> User:
    """As the next request meets them."""
    return User.objects.get(pk=user.pk)


def test_a_member_sees_as_far_as_the_role_says_and_not_the_margin(house: House) -> None:
    stranger = house.people["stranger"]
    give_team_role(by=house.owner, account="own", user=stranger, role="member")
    seen = sight(again(stranger), house.own)
    assert Part.REVENUE in seen.parts and Part.MARGIN not in seen.parts
    assert seen.edits(Part.CONTACTS)
    assert why(again(stranger), house.own) == [
        f"在客户团队里：客户经理（协同），自 {house.today.isoformat()}"
    ]
    line = AuditLine.objects.get(verb="give team role")
    assert (line.subject_key, line.details["user"], line.details["levels"]["margin"]) == (
        "own",
        stranger.pk,
        0,
    )
    end_team_role(by=house.owner, account="own", user=stranger)
    assert sight(again(stranger), house.own).parts == frozenset()
    assert why(again(stranger), house.own) == []


@pytest.mark.parametrize(
    ("who", "asked"),
    [
        ("team", {}),
        ("sponsor", {}),
        ("service", {}),
        ("executive", {}),
        ("stranger", {}),
        ("admin", {}),
        ("owner", {"levels": {Part.MARGIN: Level.READ}}),
        ("owner", {"levels": {Part.REVENUE: Level.EDIT}}),
        ("owner", {"levels": {Part.BASIC: Level.NONE}}),
        ("owner", {"role": "emperor"}),
        ("owner", {"role": "sponsor"}),
        ("owner", {"user": "admin"}),
        ("owner", {"user": "auditor"}),
        ("owner", {"user": "owner"}),
        ("owner", {"until": -1}),
        ("owner", {"account": "foreign"}),
        ("director", {"levels": {Part.PLAN: Level.EDIT}, "role": "service"}),
    ],
)
def test_a_grant_that_goes_too_far_is_refused_before_anything_is_written(
    house: House, who: str, asked: dict[str, Any]
) -> None:
    told = {"account": "own", "user": "stranger", "role": "reader"} | asked
    if "until" in told:
        told["until"] = house.today + timedelta(days=told["until"])
    before = list(TeamMembership.objects.order_by("pk").values())
    with pytest.raises(Refused):
        give_team_role(by=house.people[who], **told | {"user": house.people[told["user"]]})
    assert list(TeamMembership.objects.order_by("pk").values()) == before
    assert not AuditLine.objects.exists()


def test_the_head_of_department_gives_the_margin_by_name(house: House) -> None:
    stranger, director = house.people["stranger"], house.people["director"]
    give_team_role(by=director, account="own", user=stranger, role="reader", levels={Part.MARGIN: Level.READ})
    assert sight(again(stranger), house.own).reads(Part.MARGIN)
    name_sponsor(by=director, account="own", user=stranger)
    names = [(place.user.username, place.role) for place in team_of(house.owner, house.own)]
    assert names == [("stranger", "sponsor"), ("team", "member")]


def test_a_seal_closes_the_way_by_department_and_opens_again(house: House) -> None:
    director = house.people["director"]
    with pytest.raises(Refused):
        seal(by=house.owner, account="own", sealed=True, because=" ")
    seal(by=house.owner, account="own", sealed=True, because="并购谈判")
    assert house.own not in visible_to(again(director), Account.objects.all())
    with pytest.raises(Refused):
        seal(by=again(director), account="own", sealed=False, because="想看")
    seal(by=house.owner, account="own", sealed=False, because="谈完了")
    assert house.own in visible_to(again(director), Account.objects.all())


def test_an_account_is_handed_over_by_the_head_of_its_department(house: House) -> None:
    stranger, director = house.people["stranger"], house.people["director"]
    for who in ("owner", "backup", "team", "service", "executive", "charged"):
        with pytest.raises(Refused):
            assign(by=house.people[who], accounts=["own"], owner=stranger)
    for to in ("admin", "auditor", "program"):
        with pytest.raises(Refused):
            assign(by=director, accounts=["own"], owner=house.people[to])
    assert assign(by=director, accounts=["own"], owner=stranger) == 1
    assert visible_to(again(house.owner), Account.objects.filter(key="own")).count() == 0


def test_work_without_a_person_gives_what_it_is_asked_to(house: House) -> None:
    nightly = operator(because="a test")
    made = give_team_role(
        by=nightly, account="foreign", user=house.owner, role="reader", levels={Part.MARGIN: Level.READ}
    )
    assert (made.given_by, made.level(Part.MARGIN)) == (None, Level.READ)
