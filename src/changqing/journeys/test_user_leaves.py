"""Who leaves is out with the next request, in page, command and queue; accounts go on in that moment."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from changqing.accounts.models import Account, TeamMembership
from changqing.accounts.test_rights import House
from changqing.base.refused import Refused
from changqing.journeys.keep_users import stop_user
from changqing.people.models import Charge, User
from changqing.people.permissions import Principal, operator
from changqing.people.queries import user_with_id
from changqing.records.models import AuditLine

pytestmark = pytest.mark.django_db


def leave(by: Principal, user: User) -> None:
    stop_user(by=by, pk=user.pk, now=timezone.now(), door="cli")


def test_a_leaver_is_out_at_once_and_accounts_go_on(book: None) -> None:
    house = House()
    program, owner = house.people["program"], house.owner
    alone = house.account("alone", owner=owner, department=house.east)
    open_session = Client()
    open_session.force_login(owner)
    assert open_session.get("/accounts/own/").status_code == 200
    leave(house.people["admin"], owner)
    assert open_session.get("/accounts/own/").status_code == 302
    with pytest.raises(Refused):
        user_with_id(owner.pk)
    assert not User.objects.get(pk=program.pk).is_active
    owners = dict(Account.objects.values_list("key", "owner__username"))
    assert (owners["own"], owners["alone"]) == ("backup", None)
    assert Account.objects.get(key="alone").department == alone.department
    told = AuditLine.objects.get(verb="stop user").details
    assert told == {"handed_on": 3, "unassigned": 1, "backup_of": 0, "teams": 0}


def test_grants_and_charges_go_too(book: None) -> None:
    house = House()
    for who in ("team", "charged"):
        leave(operator(because="a test"), house.people[who])
    assert not TeamMembership.objects.filter(user=house.people["team"], ended_at=None).exists()
    assert not Charge.objects.exists()


@pytest.mark.parametrize(("who", "whom"), [("service", "team"), ("owner", "team"), ("admin", "admin")])
def test_who_may_not_let_go_changes_nothing(book: None, who: str, whom: str) -> None:
    house = House()
    with pytest.raises(Refused):
        leave(house.people[who], house.people[whom])
    assert User.objects.get(username=whom).is_active
    assert not AuditLine.objects.exists()
