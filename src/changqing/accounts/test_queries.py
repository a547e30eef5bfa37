"""Who sees which account, on the account's own table and along the path from others; and how one is found."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from changqing.accounts.actions import BookEntry, create_from_books
from changqing.accounts.models import Account, Contact, Person
from changqing.accounts.queries import account_by_key, accounts, contacts_of, searched, visible_to
from changqing.ledger.models import AccountMonth
from changqing.people.actions import add_department
from changqing.people.models import Department, Role, User
from changqing.people.permissions import operator

pytestmark = pytest.mark.django_db
People = dict[str, User]
Book = dict[str, Account]
BOOK = {"own", "backup", "team", "below", "beside", "nobody's"}


@pytest.fixture
def people() -> dict[str, User]:
    """Two branches of one house: sales over east, and service beside them."""
    sales = add_department(name="销售")
    east = add_department(name="华东", parent=sales)
    service = add_department(name="服务")

    def user(name: str, role: Role, department: Department | None = None, *, is_active: bool = True) -> User:
        return User.objects.create_user(
            name, None, full_name=name, role=role, department=department, is_active=is_active
        )

    return {
        "manager": user("manager", Role.MANAGER, sales),
        "colleague": user("colleague", Role.MANAGER, east),
        "director": user("director", Role.DIRECTOR, sales),
        "east director": user("east", Role.DIRECTOR, east),
        "lost director": user("lost", Role.DIRECTOR),
        "service director": user("service", Role.DIRECTOR, service),
        "executive": user("executive", Role.EXECUTIVE),
        "operator": user("operator", Role.OPERATOR),
        "admin": user("admin", Role.ADMIN, sales),
        "gone executive": user("gone1", Role.EXECUTIVE, is_active=False),
        "gone manager": user("gone2", Role.MANAGER, sales, is_active=False),
    }


@pytest.fixture
def book(people: dict[str, User]) -> dict[str, Account]:
    sales, east = people["director"].department, people["east director"].department
    service = people["service director"].department
    told: dict[str, dict[str, Any]] = {
        "own": {"owner": people["manager"], "department": sales},
        "backup": {"owner": people["colleague"], "backup": people["manager"], "department": east},
        "team": {"department": sales},
        "below": {"owner": people["colleague"], "department": east},
        "beside": {"department": service},
        "nobody's": {},
        "withdrawn": {"owner": people["manager"], "department": sales, "withdrawn": True},
    }
    return {
        key: Account.objects.create(key=key, name=f"Company {key}", **fields) for key, fields in told.items()
    }


SEES = {
    "manager": {"own", "backup"},
    "colleague": {"backup", "below"},
    "director": {"own", "backup", "team", "below"},
    "east director": {"backup", "below"},
    "lost director": set(),
    "service director": {"beside"},
    "executive": BOOK,
    "operator": BOOK,
    "admin": set(),
    "gone executive": set(),
    "gone manager": set(),
}


@pytest.mark.parametrize("who", SEES)
def test_each_sees_their_accounts_and_no_other(people: People, book: Book, who: str) -> None:
    assert set(accounts(people[who]).values_list("key", flat=True)) == SEES[who]


@pytest.mark.parametrize("who", SEES)
def test_rows_of_other_tables_follow_their_account(people: People, book: Book, who: str) -> None:
    for account in book.values():
        person = Person.objects.create(name=f"Person at {account.key}")
        Contact.objects.create(account=account, person=person)
        AccountMonth.objects.create(
            account=account,
            month=date(2024, 1, 1),
            revenue=Decimal(1),
            margin=Decimal(0),
            revenue_without_cost=Decimal(1),
            lines=1,
        )
    for rows in (Contact.objects.all(), AccountMonth.objects.all()):
        seen = visible_to(people[who], rows).values_list("account__key", flat=True)
        assert sorted(seen) == sorted(SEES[who])
    for key, account in book.items():
        found = account_by_key(people[who], key)
        assert (found == account) if key in SEES[who] else found is None
        assert len(contacts_of(people[who], account)) == (key in SEES[who])


def test_work_without_a_person_sees_the_book_but_nothing_withdrawn(book: Book) -> None:
    nightly = operator(because="nightly ranking")
    assert set(accounts(nightly).values_list("key", flat=True)) == BOOK
    assert account_by_key(nightly, "withdrawn") is None


def test_who_moves_sees_by_the_new_place_at_once(people: People, book: Book) -> None:
    director = people["east director"]
    director.department = people["service director"].department
    assert set(accounts(director).values_list("key", flat=True)) == {"beside"}


def test_a_narrowed_list_stays_narrow(people: People, book: Book) -> None:
    rows = accounts(people["manager"]).filter(key="below") | accounts(people["manager"])
    assert set(rows.values_list("key", flat=True)) == {"own", "backup"}


NAMES = {
    "K-1": "重庆钢铁股份有限公司",
    "K-2": "上海重型机器厂",
    "K-3": "Müller & Söhne 100% GmbH",
    "K-4": "A\\B_C 公司",
    "K-5": "Wheels Inc.",
}


@pytest.mark.parametrize(
    ("words", "keys"),
    [
        ("重庆", {"K-1"}),
        ("chongqing", {"K-1"}),
        ("cqgt", {"K-1"}),
        ("CQGT", {"K-1"}),
        ("重", {"K-1", "K-2"}),
        ("shanghai 机器", {"K-2"}),
        ("机器 shanghai", {"K-2"}),
        ("müller", {"K-3"}),
        ("100%", {"K-3"}),
        ("%", {"K-3"}),
        ("_", {"K-4"}),
        ("a\\b", {"K-4"}),
        ("\\", {"K-4"}),
        ("k-5", {"K-5"}),
        ("wheels", {"K-5"}),
        ("'; DROP TABLE--", set()),
        ("   ", set(NAMES)),
        ("", set(NAMES)),
        ("没有", set()),
    ],
)
def test_an_account_is_found_by_any_of_its_words(words: str, keys: set[str]) -> None:
    create_from_books(
        entries=[BookEntry(key=key, fields={"name": name}) for key, name in NAMES.items()], department=None
    )
    found = searched(accounts(operator(because="search")), words)
    assert set(found.values_list("key", flat=True)) == keys


def test_those_in_post_come_first(book: Book) -> None:
    account = book["own"]
    for name, until in [("Left", date(2020, 1, 1)), ("Here", None), ("Leaving", date(2030, 1, 1))]:
        Contact.objects.create(account=account, person=Person.objects.create(name=name), until=until)
    told = contacts_of(operator(because="page"), account)
    assert [contact.person.name for contact in told] == ["Here", "Leaving", "Left"]
