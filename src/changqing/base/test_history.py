"""Every way of writing is noted with who did it; books are not; no table is forgotten."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction

from changqing.accounts.actions import BookEntry, assign, create_from_books, update_from_books, withdraw
from changqing.accounts.models import Account, Contact, Person
from changqing.base.history import TRACKED, acting, acts_as, by_the_books, door_in_use, tracked
from changqing.people.actions import add_user
from changqing.people.models import User
from changqing.people.permissions import Operator
from changqing.records.models import AuditLine, Change

pytestmark = pytest.mark.django_db

BY_IMPORT = "a row of an import, which is logged as one and can be undone"
DERIVED = "worked out from what is tracked or imported, with its own versions"
NOT_TRACKED = {
    "Change": "the history itself",
    "AuditLine": "append-only, and chained",
    "AuditSeal": "append-only: the chain itself",
    "PersonMerge": "a deed of its own, undone by another; both have audit lines",
    "Erasure": "the ledger of who was forgotten: a number and why",
    "SignedInSession": "comes and goes with a browser; sign-in, sign-out and endings are audit lines",
    "OneTimeLink": "made and used once; both are audit lines",
    "Source": "named once by the first import from it; the import is logged",
    "SourceFormat": "the column mapping is told in the report of the import that set it",
    "Import": "its states are its own history; each deed has an audit line",
    "Segment": BY_IMPORT,
    "Replacement": BY_IMPORT,
    "CustomerKey": BY_IMPORT + "; matching by hand has an audit line",
    "Product": BY_IMPORT,
    "ExchangeRate": BY_IMPORT + "; a rate by hand has an audit line",
    "AccountDays": DERIVED,
    "AccountStanding": DERIVED + "; from and until are its history",
    "AccountRhythm": DERIVED,
    "AccountWorth": DERIVED,
    "BookFit": DERIVED,
    "BookTest": DERIVED + "; who asked stands on the row and in the audit",
    "AccountWarning": DERIVED + "; what people answer is a row of its own",
    "WarningAnswer": "never edited: each answer is a row with who, when and why",
    "TierDecision": "never edited: each decision is a row with who, when and why",
    "FactorRating": "never edited: the newest of a person's ratings counts",
    "Nomination": "its states are its own history; each deed has an audit line",
    "ImportDraft": "not in the book: a file that is looked at, gone with the answer",
    "InboxFile": "what lies in a folder; the import it became is logged, and so is its notice",
    "ImportStop": "a wish to stop an import, gone with it",
    "AccountMonth": DERIVED,
    "AccountFlow": DERIVED,
    "AccountTotals": DERIVED,
    "OpenItem": DERIVED,
    "Acceptance": DERIVED,
    "AccountPayment": DERIVED,
    "Revision": "what an undo goes by; what it did is tracked on the account",
    "RevisionLine": "what an undo goes by; what it did is tracked on the account",
    "Ranking": DERIVED,
    "AccountRank": DERIVED,
    "RankOrder": DERIVED,
    "AccountStamp": "says that accounts changed, and nothing else",
    "JudgementStamp": "says that something derived was written, and nothing else",
}


def test_every_table_is_tracked_or_says_why_not() -> None:
    tables = {model.__name__ for model in apps.get_app_config("changqing").get_models()}
    assert tables - set(TRACKED) - set(NOT_TRACKED) == set(), (
        "put @tracked on these, or name them with the reason"
    )
    assert set(NOT_TRACKED) - tables == set()
    assert set(NOT_TRACKED) & set(TRACKED) == set()


def test_each_tracked_table_has_its_trigger() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid "
            "WHERE tgname LIKE 'pgtrigger_note_change_%%' AND tgenabled = 'O'",
            [],
        )
        found = {row[0] for row in cursor.fetchall()}
    assert found == {each.model._meta.db_table for each in TRACKED.values()}


def told() -> list[tuple[str, str, Any, Any]]:
    return [(each.model, each.kind, each.was, each.became) for each in Change.objects.order_by("id")]


@pytest.fixture
def li(by: Operator) -> User:
    user = add_user(by=by, username="li", full_name="李娜", password="quite-long-1")
    Change.objects.all().delete()
    return user


@pytest.fixture
def account() -> Account:
    pk = create_from_books(entries=[BookEntry(key="K-1", fields={"name": "重庆钢铁"})], department=None)[0]
    return Account.objects.get(pk=pk)


def test_an_edit_is_told_with_what_was_and_became_and_who(li: User, account: Account, by: Operator) -> None:
    with acting(door="web", user=li.pk):
        assign(by=by, accounts=["K-1"], owner=li)
    change = Change.objects.get()
    assert (change.kind, change.model, change.row) == ("update", "Account", str(account.pk))
    assert (change.was, change.became) == ({"owner_id": None}, {"owner_id": li.pk})
    assert (change.user, change.door, change.account) == (li, "web", account.pk)
    assert change.deed == AuditLine.objects.get(verb="assign").deed
    assert AuditLine.objects.get(verb="assign").door == "web"


@pytest.mark.parametrize("way", ["save", "update", "bulk", "raw"])
def test_no_way_of_writing_forgets(way: str, account: Account) -> None:
    if way == "save":
        account.industry = "钢铁"
        account.save()
    elif way == "update":
        Account.objects.filter(pk=account.pk).update(industry="钢铁")
    elif way == "bulk":
        account.industry = "钢铁"
        Account.objects.bulk_update([account], ["industry"])
    else:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE changqing_account SET industry = '钢铁', search = 'x'")
    assert told() == [("Account", "update", {"industry": ""}, {"industry": "钢铁"})]


def test_a_row_is_told_from_its_making_to_its_end(account: Account) -> None:
    person = Person.objects.create(name="王伟")
    contact = Contact.objects.create(account=account, person=person, title="科长")
    pk = contact.pk
    contact.delete()
    made, posted, ended = told()
    assert made == (
        "Person",
        "insert",
        None,
        {"id": person.pk, "name": "王伟", "merged_into_id": None, "erased_at": None},
    )
    assert (*posted[:3], posted[3]["title"]) == ("Contact", "insert", None, "科长")
    assert (*ended[:2], ended[2]["title"], ended[3]) == ("Contact", "delete", "科长", None)
    found = Change.objects.order_by("id").values_list("account", "row")
    assert list(found) == [(None, str(person.pk)), (account.pk, str(pk)), (account.pk, str(pk))]


def test_secrets_and_what_is_derived_are_never_told(li: User, account: Account) -> None:
    li.set_password("another-long-2")
    li.save()
    Account.objects.update(version=9, search="x", pinyin="y", edited=["name"])
    assert told() == []


def test_a_deed_that_fails_leaves_no_change(account: Account) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        Account.objects.update(industry="钢铁")
        _ = 1 / len(())
    assert told() == []


def test_books_note_their_import_alone(account: Account) -> None:
    said = {**dict.fromkeys(("short_name", "industry", "region", "currency", "tax_number"), "")}
    update_from_books(said={account.pk: {**said, "name": "重钢", "kind": "customer"}})
    withdraw(accounts=[account.pk], withdrawn=True)
    assert told() == []
    Account.objects.update(industry="钢铁")
    assert told() == [("Account", "update", {"industry": ""}, {"industry": "钢铁"})]


def test_the_books_word_ends_when_they_fail(account: Account) -> None:
    with pytest.raises(ZeroDivisionError), by_the_books():
        _ = 1 / len(())
    Account.objects.update(industry="钢铁")
    assert len(told()) == 1


def test_the_person_who_asked_is_told_not_the_queue(li: User, account: Account) -> None:
    with acting(door="queue", principal="operator", because="the queue"):
        Account.objects.update(industry="a")
        acts_as(user=li.pk)
        Account.objects.update(industry="b")
    Account.objects.update(industry="c")
    found = [(each.user_id, each.principal, each.door) for each in Change.objects.order_by("id")]
    assert found == [(None, "operator", "queue"), (li.pk, "", "queue"), (None, "", "")]
    assert door_in_use() == ""


def test_a_bare_percent_is_a_percent_in_a_block(account: Account) -> None:
    with acting(door="cli"), connection.cursor() as cursor:
        cursor.execute("UPDATE changqing_account SET industry = '100%' WHERE name LIKE '%钢%'")
        cursor.execute("SELECT industry FROM changqing_account WHERE industry LIKE '1%'")
        assert cursor.fetchall() == [("100%",)]
        cursor.execute("SELECT 1 WHERE '5%%' LIKE %s", ["5%"])
        assert cursor.fetchall() == [(1,)]
    assert told() == [("Account", "update", {"industry": ""}, {"industry": "100%"})]


def test_a_field_that_there_is_not_is_named() -> None:
    with pytest.raises(ValueError, match=r"Person has no field \['hobby'\]"):
        tracked(silent=["hobby"])(Person)
