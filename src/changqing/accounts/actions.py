"""What is done to the archive: by books in bulk, and by people one deed at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from changqing.accounts.models import Account, Contact, Person
from changqing.accounts.queries import accounts as visible_accounts
from changqing.accounts.rules import in_a_circle, spoken
from changqing.base.refused import Refused
from changqing.people.models import Department, User
from changqing.people.permissions import Principal, check_may
from changqing.records.actions import write_audit

BATCH = 5_000
# What a file may say of an account.
FROM_BOOKS = ("name", "short_name", "kind", "industry", "region", "currency", "tax_number")


@dataclass(frozen=True)
class BookEntry:
    """What the books say of one account: its key and the fields of ``FROM_BOOKS`` that they give."""

    key: str
    fields: Mapping[str, str]


def _search(account: Account) -> None:
    heard = spoken(account.name, account.short_name)
    account.pinyin = heard.sort
    account.search = f"{heard.search}\n{account.key.lower()}"


def create_from_books(*, entries: Iterable[BookEntry], department: Department | None) -> list[Account]:
    """Accounts for customers that no account is known for, in bulk; keys must be free."""
    made = []
    for entry in entries:
        account = Account(key=entry.key, department=department, name=entry.key)
        for field, value in entry.fields.items():
            setattr(account, field, value)
        _search(account)
        made.append(account)
    return Account.objects.bulk_create(made, batch_size=BATCH)


def update_from_books(*, said: Mapping[int, Mapping[str, str]]) -> int:
    """Bring ``said`` (account id → fields) in, except over what a person has set; how many changed."""
    changed = []
    for account in Account.objects.select_for_update().filter(pk__in=list(said)).order_by("pk"):
        news = {
            field: value
            for field, value in said[account.pk].items()
            if field not in account.edited and getattr(account, field) != value
        }
        if not news:
            continue
        for field, value in news.items():
            setattr(account, field, value)
        _search(account)
        changed.append(account)
    Account.objects.bulk_update(changed, [*FROM_BOOKS, "pinyin", "search"], batch_size=BATCH)
    return len(changed)


def set_parents_from_books(*, parents: Mapping[int, int | None]) -> set[int]:
    """Hang accounts below their groups; those that would close a circle stay as they are and are named."""
    known = dict(Account.objects.exclude(parent=None).values_list("pk", "parent_id"))
    wanted = {child: parent for child, parent in {**known, **parents}.items() if parent is not None}
    ring = in_a_circle(wanted) & set(parents)
    rows = Account.objects.filter(pk__in=[child for child in parents if child not in ring])
    changed = []
    for account in rows:
        if "parent" not in account.edited and account.parent_id != parents[account.pk]:
            account.parent_id = parents[account.pk]
            changed.append(account)
    Account.objects.bulk_update(changed, ["parent"], batch_size=BATCH)
    return ring


def withdraw(*, accounts: Collection[int], withdrawn: bool) -> int:
    """Take accounts that only undone imports know off every page, or bring them back."""
    rows = Account.objects.filter(pk__in=accounts, withdrawn=not withdrawn)
    if withdrawn:
        rows = rows.filter(touched_at__isnull=True)
    return rows.update(withdrawn=withdrawn)


def _touched(by: Principal, accounts: Sequence[str]) -> list[Account]:
    check_may(by, "edit accounts")
    wanted = set(accounts)
    found = list(visible_accounts(by).select_for_update(of=("self",)).filter(key__in=wanted).order_by("pk"))
    missing = sorted(wanted - {account.key for account in found})
    if missing:
        raise Refused(_("没有您可编辑的客户：%(keys)s。什么都没有改动。") % {"keys": "、".join(missing[:10])})
    return found


@transaction.atomic
def assign(
    *,
    by: Principal,
    accounts: Sequence[str],
    owner: User | None = None,
    backup: User | None = None,
    department: Department | None = None,
) -> int:
    """Give ``accounts`` (by key) an owner, a backup, a department; what is None stays as it is."""
    found = _touched(by, accounts)
    given = {"owner": owner, "backup": backup, "department": department}
    fields: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    Account.objects.filter(pk__in=[account.pk for account in found]).update(
        **fields, version=F("version") + 1, touched_at=timezone.now()
    )
    keys = [account.key for account in found]
    write_audit(
        by=by,
        verb="assign",
        subject=("account", keys[0] if len(keys) == 1 else f"{len(keys)} accounts"),
        accounts=keys,
        **{name: str(value) for name, value in fields.items()},
    )
    return len(found)


@transaction.atomic
def add_contact(
    *,
    by: Principal,
    account: str,
    person: Person | str,
    title: str = "",
    since: date | None = None,
    **fields: Any,
) -> Contact:
    """``person`` (by name when new) takes a post at ``account`` (by key)."""
    found = _touched(by, [account])[0]
    if isinstance(person, str):
        heard = spoken(person)
        person = Person.objects.create(name=person.strip(), pinyin=heard.sort[:300], search=heard.search)
    contact = Contact.objects.create(account=found, person=person, title=title, since=since, **fields)
    Account.objects.filter(pk=found.pk).update(version=F("version") + 1, touched_at=timezone.now())
    write_audit(by=by, verb="add contact", subject=("account", found.key), person=person.name, title=title)
    return contact
