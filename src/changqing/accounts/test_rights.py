"""The one rule: what the table says for each role and grant, and that lists and single accounts agree."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from changqing.accounts.models import Account, Contact, Person, TeamMembership
from changqing.accounts.queries import (
    CONTACTS,
    Level,
    Part,
    account_by_key,
    accounts,
    check_may_edit,
    counted,
    editable_by,
    may_edit,
    people_at,
    reads_anywhere,
    seen_rows,
    sight,
    sight_of,
    visible_to,
)
from changqing.accounts.rights import forget_grants, rule_for
from changqing.base.compiled import Compiled
from changqing.base.refused import Refused
from changqing.people.actions import add_department
from changqing.people.models import Charge, Role, User
from changqing.people.permissions import operator

pytestmark = pytest.mark.django_db
ALL = set(Part)
MONEY = {Part.REVENUE, Part.MARGIN}


def user(name: str, role: Role = Role.MANAGER, **fields: Any) -> User:
    return User.objects.create_user(name, None, full_name=name, role=role, **fields)


class House:
    """East and west below sales; five accounts, and somebody for each way to one of them."""

    def __init__(self) -> None:
        sales = add_department(name="销售")
        self.east, self.west = (add_department(name=name, parent=sales) for name in ("华东", "华西"))
        self.today = timezone.localdate()
        self.owner, self.backup = user("owner"), user("backup")
        self.people = {
            "owner": self.owner,
            "backup": self.backup,
            "team": user("team"),
            "sponsor": user("sponsor"),
            "stranger": user("stranger", department=self.east),
            "director": user("director", Role.DIRECTOR, department=self.east),
            "charged": user("charged", Role.DIRECTOR, department=self.west),
            "service": user("service", Role.SERVICE, department=self.east),
            "finance": user("finance", Role.FINANCE, department=self.east),
            **{role.value: user(role.value, role) for role in AT_LARGE},
        }
        self.people["program"] = user(
            "program", Role.INTEGRATION, acts_for=self.owner, scopes=["basic", "revenue", "nonsense"]
        )
        Charge.objects.create(user=self.people["charged"], department=self.east)
        own = {"owner": self.owner, "backup": self.backup}
        self.own = self.account("own", department=self.east, **own)
        self.sealed = self.account("sealed", department=self.east, is_sealed=True, **own)
        self.foreign = self.account("foreign", department=self.west)
        self.nobodys = self.account("nobody's")
        self.gone = self.account("gone", department=self.east, withdrawn=True, **own)
        for account in (self.own, self.gone):
            self.place(account, "team", contacts=2, activities=2, files=1)
            self.place(account, "sponsor", role="sponsor", **{str(part): 1 for part in TeamMembership.PARTS})

    def account(self, key: str, **fields: Any) -> Account:
        return Account.objects.create(key=key, name=f"Company {key}", **fields)

    def place(self, account: Account, who: str, **fields: Any) -> TeamMembership:
        told = {"role": "member", "since": self.today} | fields
        return TeamMembership.objects.create(account=account, user=self.people[who], **told)


AT_LARGE = [Role.EXECUTIVE, Role.OPERATOR, Role.COMPLIANCE, Role.PRIVACY, Role.ADMIN, Role.AUDITOR]
# who → (parts read, parts changed) of the account that is theirs to see
OWN: dict[str, tuple[set[Part], set[Part]]] = {
    "owner": (ALL, ALL - MONEY - {Part.SCORE}),
    "backup": (ALL, ALL - MONEY - {Part.SCORE}),
    "team": (
        {Part.BASIC, Part.NAMES, Part.CONTACTS, Part.ACTIVITIES, Part.FILES},
        {Part.NAMES, Part.CONTACTS, Part.ACTIVITIES},
    ),
    "sponsor": (ALL, set()),
    "stranger": (set(), set()),
    "director": (ALL, {Part.BASIC, Part.ACTIVITIES, Part.FILES}),
    "charged": (ALL, set()),
    "service": ({Part.BASIC, Part.NAMES, Part.CONTACTS, Part.ACTIVITIES, Part.FILES, Part.SCORE}, set()),
    "finance": ({Part.BASIC, Part.NAMES, *MONEY}, set()),
    "executive": (ALL, set()),
    "operator": (
        {Part.BASIC, Part.NAMES, Part.CONTACTS, Part.SCORE, *MONEY},
        {Part.BASIC, Part.NAMES, Part.CONTACTS},
    ),
    "compliance": ({Part.BASIC, Part.NAMES, Part.CONTACTS}, set()),
    "privacy": ({Part.BASIC, Part.NAMES, Part.CONTACTS, Part.ACTIVITIES, Part.FILES}, set()),
    "admin": (set(), set()),
    "auditor": (set(), set()),
    "program": ({Part.BASIC, Part.REVENUE}, set()),
}
BY_PERSON = {"owner", "backup", "program"}
BY_ROLE = {"executive", "operator", "compliance", "privacy"}
NOTHING: tuple[set[Part], set[Part]] = (set(), set())


@pytest.fixture
def house() -> House:
    return House()


@pytest.mark.parametrize("who", OWN)
def test_each_goes_as_far_as_the_table_says(house: House, who: str) -> None:
    reader = house.people[who]
    expected = {
        house.own: OWN[who],
        house.sealed: OWN[who] if who in BY_PERSON | BY_ROLE else NOTHING,
        house.foreign: OWN[who] if who in BY_ROLE | {"charged"} else NOTHING,
        house.nobodys: OWN[who] if who in BY_ROLE else NOTHING,
        house.gone: NOTHING,
    }
    if who == "charged":
        # the department of one's own one may also change
        expected[house.foreign] = (ALL, {Part.BASIC, Part.ACTIVITIES, Part.FILES})
    for account, (read, changed) in expected.items():
        seen = sight(reader, account)
        assert ({*seen.parts}, {part for part in Part if seen.edits(part)}) == (read, changed), account.key


@pytest.mark.parametrize("who", OWN)
def test_a_list_and_a_single_account_never_disagree(house: House, who: str) -> None:
    reader = house.people[who]
    rows = list(Account.objects.all())
    seen = sight_of(reader, rows)
    for part in Part:
        for level in (Level.READ, Level.EDIT):
            listed = set(Account.objects.filter(rule_for(reader, part, level)).values_list("pk", flat=True))
            single = {pk for pk, sight_ in seen.items() if sight_.levels.get(part, Level.NONE) >= level}
            assert listed == single, (part, level)
        readable = {pk for pk, sight_ in seen.items() if sight_.reads(part)}
        assert reads_anywhere(reader, part) >= bool(readable)
        assert counted(reader, Account.objects.all(), part) == len(readable), part


@pytest.mark.parametrize("who", OWN)
def test_rows_of_one_account_are_those_that_the_list_shows(house: House, who: str) -> None:
    reader = house.people[who]
    for account in Account.objects.all():
        Contact.objects.create(account=account, person=Person.objects.create(name=account.key))
        for parts in ((), (Part.NAMES,), (Part.MARGIN, Part.NAMES)):
            listed = visible_to(reader, Contact.objects.filter(account=account), *parts)
            assert seen_rows(reader, account, CONTACTS, *parts) == list(listed), (account.key, parts)
        assert account_by_key(reader, account.key) == accounts(reader).filter(key=account.key).first()
    shown = visible_to(reader, Contact.objects.all()).values_list("account", flat=True)
    assert people_at(reader, Account.objects.all()) == dict.fromkeys(shown, 1)


def test_rows_that_belong_to_no_single_account_are_not_asked_for_one(house: House) -> None:
    with pytest.raises(TypeError, match="Account does not belong to one account"):
        seen_rows(house.owner, house.own, Compiled(lambda pk: Account.objects.filter(pk=pk)))


@pytest.mark.parametrize("parts", [(), (Part.BASIC,), (Part.MARGIN,), (Part.BASIC, Part.MARGIN)])
def test_who_sees_by_department_and_by_owning_counts_each_account_once(
    house: House, parts: tuple[Part, ...]
) -> None:
    for who in ("director", "charged"):
        reader = house.people[who]
        house.account(f"{who}'s own in the department", department=house.east, owner=reader)
        house.account(f"{who}'s own of none", backup=reader)
        house.account(f"{who}'s own under seal", department=house.east, owner=reader, is_sealed=True)
        house.place(house.foreign, who, **{str(part): 1 for part in TeamMembership.PARTS})
        rows = Account.objects.exclude(name="Company own")
        assert (
            counted(reader, rows, *parts)
            == visible_to(reader, rows, *parts).count()
            == 4 + (who == "charged")
        )
        forget_grants(reader)


def test_a_row_follows_the_part_its_table_belongs_to(house: House) -> None:
    Contact.objects.create(account=house.own, person=Person.objects.create(name="王总"))
    sees = {who for who, reader in house.people.items() if visible_to(reader, Contact.objects.all())}
    assert sees == {who for who, (read, _changed) in OWN.items() if Part.CONTACTS in read}
    named = {
        who for who, reader in house.people.items() if visible_to(reader, Contact.objects.all(), Part.NAMES)
    }
    assert named == sees | {"finance"}
    changes = {who for who, reader in house.people.items() if editable_by(reader, Contact.objects.all())}
    assert changes == {"owner", "backup", "team", "operator"}


def test_parts_asked_together_need_the_right_to_each(house: House) -> None:
    rows = Account.objects.all()
    service = house.people["service"]
    assert visible_to(service, rows, Part.SCORE, Part.CONTACTS).get() == house.own
    assert not visible_to(service, rows, Part.SCORE, Part.MARGIN).exists()


@pytest.mark.parametrize(
    ("fields", "counts"),
    [
        ({}, True),
        ({"since": 1}, False),
        ({"since": -9, "until": 0}, True),
        ({"since": -9, "until": -1}, False),
        ({"ended": True}, False),
    ],
)
def test_a_place_in_a_team_counts_from_its_first_day_to_its_last(
    house: House, fields: dict[str, Any], counts: bool
) -> None:
    days = {name: house.today + timedelta(days=fields[name]) for name in ("since", "until") if name in fields}
    ended = {"ended_at": timezone.now()} if fields.get("ended") else {}
    house.place(house.foreign, "stranger", **days, **ended)
    assert sight(house.people["stranger"], house.foreign).reads(Part.BASIC) == counts


def test_what_changes_counts_for_the_next_object(house: House) -> None:
    place = TeamMembership.objects.get(account=house.own, user=house.people["team"])
    assert may_edit(house.people["team"], house.own, Part.CONTACTS)
    TeamMembership.objects.filter(pk=place.pk).update(ended_at=timezone.now())
    assert not may_edit(User.objects.get(pk=place.user_id), house.own, Part.CONTACTS)
    forget_grants(house.people["team"])
    assert not may_edit(house.people["team"], house.own, Part.CONTACTS)


@pytest.mark.parametrize("who", OWN)
def test_who_has_left_sees_nothing_by_any_way(house: House, who: str) -> None:
    gone = house.people[who]
    gone.is_active = False
    assert not visible_to(gone, Account.objects.all()).exists()
    assert sight(gone, house.own).parts == frozenset()
    assert not any(reads_anywhere(gone, part) for part in Part)


def test_a_program_goes_when_who_it_acts_for_goes(house: House) -> None:
    program = house.people["program"]
    assert set(visible_to(program, Account.objects.all())) == {house.own, house.sealed}
    User.objects.filter(pk=house.owner.pk).update(is_active=False)
    again = User.objects.get(pk=program.pk)
    assert not visible_to(again, Account.objects.all()).exists()
    alone = user("alone", Role.INTEGRATION, scopes=[str(part) for part in Part])
    assert sight(alone, house.own).parts == frozenset()
    with pytest.raises(IntegrityError), transaction.atomic():
        user("no program", acts_for=house.owner)


def test_a_refusal_tells_what_may_be_told(house: House) -> None:
    check_may_edit(by=house.owner, accounts=[house.own, house.sealed], part=Part.PLAN)
    check_may_edit(by=operator(because="a test"), accounts=[house.own], part=Part.MARGIN)
    with pytest.raises(Refused) as refused:
        check_may_edit(by=house.people["service"], accounts=[house.own], part=Part.CONTACTS)
    assert refused.value.sentence == (
        "您只能查看、不能改动 Company own 的联系人。什么都没有改动。请找客户负责人。"
    )
    with pytest.raises(Refused) as refused:
        check_may_edit(by=house.people["service"], accounts=[house.own, house.foreign], part=Part.CONTACTS)
    assert refused.value.sentence == "没有您可编辑的客户：foreign。什么都没有改动。"


@pytest.mark.parametrize(
    "fault",
    [
        {"basic": 0},
        {"margin": 2},
        {"revenue": 2},
        {"contacts": 3},
        {"until": date(2000, 1, 1)},
    ],
)
def test_the_database_refuses_a_grant_that_nobody_can_give(house: House, fault: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        house.place(house.foreign, "stranger", **fault)


def test_one_place_and_one_sponsor_at_a_time(house: House) -> None:
    for who, role in (("team", "member"), ("stranger", "sponsor")):
        with pytest.raises(IntegrityError), transaction.atomic():
            house.place(house.own, who, role=role)


@pytest.mark.parametrize("who", OWN)
def test_a_question_costs_the_same_for_one_account_and_for_many(
    house: House, who: str, django_assert_max_num_queries: Any
) -> None:
    for at in range(30):
        house.place(house.account(f"n{at}", department=house.east), "team")
    reader = User.objects.select_related("department", "acts_for").get(pk=house.people[who].pk)
    with django_assert_max_num_queries(4):
        sight_of(reader, Account.objects.all())
    with django_assert_max_num_queries(1):
        list(visible_to(reader, Account.objects.all(), *Part))
