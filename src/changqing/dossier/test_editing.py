"""Entries are written, met, assigned, archived and taken back; nobody is overwritten unseen."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from changqing.accounts.actions import update_from_books
from changqing.accounts.models import Account
from changqing.accounts.queries import accounts, circles, searched
from changqing.base.refused import Refused
from changqing.dossier.actions import deeds
from changqing.dossier.actions.editing import Conflicting, create_account, edit_account
from changqing.dossier.models import Revision, RevisionLine
from changqing.dossier.rules.fields import EDITABLE, meet
from changqing.people.permissions import operator
from changqing.records.models import AuditLine
from changqing.reports.conftest import People
from changqing.value.queries import current_ranking
from changqing.value.queries.places import order_of

BY = operator(because="a test")


def account(key: str) -> Account:
    return Account.objects.get(key=key)


def number(done: deeds.Done) -> int:
    assert done.deed is not None
    return done.deed.pk


def edit(by: Any, key: str, *, was: Any = None, version: int | None = None, **fields: Any) -> Any:
    return edit_account(by=by, key=key, version=version or account(key).version, fields=fields, was=was)


def test_a_new_account_belongs_to_who_made_it(small_book: People) -> None:
    made = create_account(
        by=small_book.mei, fields={"name": " 长江 重工 ", "currency": "cny", "tags": "年框,VIP"}
    )
    assert (made.name, made.currency, made.tags, made.owner, made.department) == (
        "长江 重工",
        "CNY",
        ["年框", "VIP"],
        small_book.mei,
        small_book.mei.department,
    )
    assert made.key == f"K{made.pk:06d}" and made.touched_at
    assert made.edited == ["currency", "department", "name", "owner", "tags"]
    assert list(searched(accounts(small_book.mei), "cjzg")) == [made]
    assert not accounts(small_book.bo).filter(pk=made.pk).exists()
    assert AuditLine.objects.get(verb="create").subject_key == made.key
    with pytest.raises(Refused) as taken:
        create_account(by=small_book.mei, fields={"name": "x"}, key="A1")
    assert taken.value.field == "key"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " \u200b\t"),
        ("name", "长" * 241),
        ("currency", "XXZ"),
        ("currency", "rmb?"),
        ("kind", "friend"),
        ("tags", ["长" * 41]),
        ("tags", [str(n) for n in range(21)]),
        ("touched_at", 7),
        ("owner", 10**6),
        ("parent", 10**6),
        ("department", 10**6),
    ],
)
def test_what_cannot_be_kept_is_refused_beside_its_field(small_book: People, field: str, value: Any) -> None:
    before = list(Account.objects.order_by("pk").values())
    with pytest.raises(Refused) as no:
        edit(small_book.mei, "A1", **{field: value})
    assert no.value.field == field
    assert list(Account.objects.order_by("pk").values()) == before


def test_nobody_edits_or_links_to_what_they_may_not_see(small_book: People) -> None:
    before = list(Account.objects.order_by("pk").values())
    for attempt in (
        lambda: edit(small_book.mei, "C3", name="x"),
        lambda: edit(small_book.gao, "A1", name="x"),
        lambda: edit(small_book.mei, "A1", parent=account("C3").pk),
        lambda: deeds.archive_accounts(by=small_book.mei, keys=["A1", "C3"]),
        lambda: deeds.tag_accounts(by=small_book.bo, keys=["A1"], tags=["x"]),
    ):
        with pytest.raises(Refused):
            attempt()
    assert list(Account.objects.order_by("pk").values()) == before
    assert not Revision.objects.exists()


def test_a_group_of_any_depth_never_closes_a_circle(small_book: People) -> None:
    keys = ["A1", "B2", "C3", "D4", "E5", "F6"]
    for child, parent in zip(keys[1:], keys, strict=False):
        edit(BY, child, parent=account(parent).pk)
    for key in keys:
        with pytest.raises(Refused) as no:
            edit(BY, "A1", parent=account(key).pk)
        assert no.value.field == "parent"
    assert list(circles()) == []


def test_no_file_overwrites_what_a_person_set(small_book: People) -> None:
    edit(small_book.mei, "A1", region="安徽", pinyin="jin ling te gang chang")
    a1 = account("A1")
    update_from_books(
        said={
            a1.pk: {
                "name": "金陵特种钢",
                "short_name": "",
                "kind": "customer",
                "industry": "冶金",
                "region": "江苏",
                "currency": "",
                "tax_number": "",
            }
        }
    )
    now = account("A1")
    assert (now.name, now.region, now.industry, now.pinyin) == (
        "金陵特种钢",
        "安徽",
        "冶金",
        "jin ling te gang chang",
    )
    assert searched(accounts(BY), "tegangchang").get() == now


def test_the_second_editor_sees_both_versions_and_chooses(small_book: People) -> None:
    was = {
        name: getattr(
            account("A1"), name if name not in ("parent", "owner", "backup", "department") else f"{name}_id"
        )
        for name in EDITABLE
    }
    version = account("A1").version
    edit(small_book.lin, "A1", name="金陵特钢集团", industry="特钢")
    with pytest.raises(Conflicting) as conflict:
        edit(small_book.mei, "A1", was=was, version=version, name="金陵钢", region="安徽", industry="钢铁")
    assert [(c.field, c.base, c.theirs, c.mine) for c in conflict.value.clashes] == [
        ("name", "金陵特钢", "金陵特钢集团", "金陵钢")
    ]
    assert conflict.value.who == "林晓彤"
    assert (account("A1").name, account("A1").region) == ("金陵特钢集团", "江苏")
    done = edit(
        small_book.mei, "A1", was=was, version=version, region="安徽", name="金陵特钢", industry="钢铁"
    )
    assert done.theirs == ("name", "industry")
    assert (account("A1").name, account("A1").region, account("A1").industry) == (
        "金陵特钢集团",
        "安徽",
        "特钢",
    )
    with pytest.raises(Conflicting):
        edit(small_book.mei, "A1", version=version, region="上海")


VALUES = st.fixed_dictionaries({"name": st.sampled_from("abc"), "region": st.sampled_from("xyz")})


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(base=VALUES, now=VALUES, wanted=VALUES)
def test_a_meeting_never_loses_a_change(base: Any, now: Any, wanted: Any) -> None:
    meeting = meet(base, now, wanted)
    result = {**now, **meeting.mine}
    clashing = {each.field for each in meeting.clashes}
    for field in base:
        if now[field] != base[field]:
            assert result[field] == now[field]
            assert (field in clashing) == (wanted[field] not in (base[field], now[field]))
        else:
            assert result[field] == wanted[field]


def test_many_are_assigned_and_tagged_and_taken_back(small_book: People) -> None:
    before = list(Account.objects.order_by("key").values_list("key", "owner", "department", "tags"))
    given_ = deeds.assign_accounts(by=small_book.lin, keys=["A1", "B2"], owner=small_book.lin)
    assert (given_.changed, given_.asked) == (2, 2)
    tagged = deeds.tag_accounts(by=small_book.lin, keys=["A1", "B2", "F6"], tags=["年框, 战略"])
    assert [account(key).tags for key in ("A1", "B2", "F6")] == [["年框", "战略"]] * 3
    assert deeds.tag_accounts(by=small_book.lin, keys=["A1"], tags=["年框"]).deed is None
    deeds.untag_accounts(by=small_book.lin, keys=["B2"], tags=["年框"])
    undone = deeds.undo_deed(by=small_book.lin, pk=number(tagged))
    assert (undone.restored, undone.left) == (2, 1)
    assert account("B2").tags == ["战略"]
    deeds.undo_deed(by=small_book.lin, pk=number(given_))
    now = list(Account.objects.order_by("key").values_list("key", "owner", "department", "tags"))
    assert [row for row in now if row[0] != "B2"] == [row for row in before if row[0] != "B2"]
    with pytest.raises(Refused):
        deeds.undo_deed(by=small_book.lin, pk=number(given_))
    with pytest.raises(Refused):
        deeds.undo_deed(by=small_book.bo, pk=number(tagged))
    assert RevisionLine.objects.filter(deed=tagged.deed).count() == 3


def ranks_told() -> list[tuple[Any, ...]]:
    """The ranks of the whole book, and what each account brought."""
    found = current_ranking("all")
    assert found is not None
    keys = dict(Account.objects.values_list("pk", "key"))
    brought = dict(Account.objects.values_list("pk", "totals__revenue"))
    order = order_of(found)
    return [(keys[pk], order.ranks_of([pk])[0], brought[pk]) for pk in order.accounts.tolist()]


def test_what_is_archived_keeps_its_place_and_comes_back(small_book: People) -> None:
    ranks = ranks_told()
    done = deeds.archive_accounts(by=small_book.mei, keys=["A1"])
    assert ranks_told() == ranks
    assert accounts(small_book.mei).filter(key="A1", archived_at__isnull=False).exists()
    deeds.undo_deed(by=small_book.mei, pk=number(done))
    assert account("A1").archived_at is None
    deeds.archive_accounts(by=small_book.mei, keys=["A1"])
    deeds.restore_accounts(by=small_book.mei, keys=["A1"])
    assert account("A1").archived_at is None
