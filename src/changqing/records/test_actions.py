"""Who did what is kept with the reason; a shipped method takes over unless an operator made their own."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from changqing.people.models import User
from changqing.people.permissions import operator
from changqing.records.actions import ship_method, write_audit
from changqing.records.models import AuditLine, MethodVersion
from changqing.records.queries import method_in_force

pytestmark = pytest.mark.django_db


def test_a_persons_deed_is_kept_with_their_name() -> None:
    li = User.objects.create_user("li.na", None, full_name="李娜")
    write_audit(by=li, verb="assign", subject=("account", 17), door="web", owner="王", n=3)
    line = AuditLine.objects.get()
    assert (line.user, line.principal, line.door, line.verb) == (li, "li.na", "web", "assign")
    assert (line.subject_kind, line.subject_key) == ("account", "17")
    assert (line.because, line.details) == ("", {"owner": "王", "n": 3})


def test_work_without_a_person_is_kept_with_its_reason() -> None:
    write_audit(by=operator(because="夜间重算"), verb="rank", subject=("book", "all"))
    line = AuditLine.objects.get()
    assert (line.user, line.principal, line.because, line.details) == (None, "operator", "夜间重算", {})


def test_a_deed_that_fails_leaves_no_line() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        write_audit(by=operator(because="x"), verb="rank", subject=("book", "all"))
        _ = 1 / len(())
    assert not AuditLine.objects.exists()


def versions() -> list[tuple[int, str, bool]]:
    return list(MethodVersion.objects.order_by("version").values_list("version", "text", "in_force"))


def test_a_shipped_method_is_entered_once_and_a_newer_one_takes_over() -> None:
    first = ship_method(pack="tiers", text="a = 1", digest="1")
    assert ship_method(pack="tiers", text="a = 1", digest="1") == first
    second = ship_method(pack="tiers", text="a = 2", digest="2")
    other = ship_method(pack="other", text="a = 1", digest="1")
    assert versions() == [(0, "a = 1", False), (0, "a = 1", True), (1, "a = 2", True)]
    assert method_in_force("tiers") == second
    assert method_in_force("other") == other


def test_an_upgrade_never_overwrites_an_operators_own_version() -> None:
    ship_method(pack="tiers", text="shipped", digest="1")
    MethodVersion.objects.update(in_force=False)
    own = MethodVersion.objects.create(
        pack="tiers", version=1, text="own", digest="own", because="our market is small"
    )
    shipped = ship_method(pack="tiers", text="newer", digest="2")
    assert (shipped.version, shipped.in_force) == (2, False)
    assert method_in_force("tiers") == own


def test_one_version_of_a_method_is_in_force() -> None:
    ship_method(pack="tiers", text="a", digest="1")
    with pytest.raises(IntegrityError), transaction.atomic():
        MethodVersion.objects.create(pack="tiers", version=9, text="b", digest="2")
    with pytest.raises(MethodVersion.DoesNotExist):
        method_in_force("unknown")
