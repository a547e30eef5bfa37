"""What is done to the archive: by books in bulk, and by people one deed at a time."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from itertools import islice
from typing import Any, NamedTuple

import pyarrow as pa
from django.db import DatabaseError, connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from changqing.accounts.models import Account, Contact, Person
from changqing.accounts.rights import Part, editable_by
from changqing.accounts.rules import core_name, core_sound, in_a_circle, spoken
from changqing.base.bulk import copy_tables, passing_table
from changqing.base.history import by_the_books
from changqing.base.refused import Refused
from changqing.people.models import Department, Role, User
from changqing.people.permissions import SEES_NOTHING, Principal, check_may
from changqing.records.actions import write_audit

TABLE = Account._meta.db_table
# So many accounts are put in words while PostgreSQL takes in those before them.
MADE_AT_ONCE = 1_000
# Up to so many new accounts go into each index one by one.
FEW = 2_000
# After so many new accounts those that wait for the inverted indexes are taken in, while more come: the
# commit need not wait for it, and an index does not keep the room of a long list.
TAKEN_IN_AFTER = 25_000
log = logging.getLogger(__name__)
# What a file may say of an account.
FROM_BOOKS = ("name", "short_name", "kind", "industry", "region", "currency", "tax_number")
BLANK = {**dict.fromkeys(FROM_BOOKS, ""), "kind": str(Account.Kind.CUSTOMER)}


class BookEntry(NamedTuple):
    """What the books say of one account: its key and the fields of ``FROM_BOOKS`` that they give.

    ``parent``: the account it hangs below, where the books say so and nothing speaks against it.
    """

    key: str
    fields: Mapping[str, str]
    parent: int | None = None


def _search_of(name: str, short_name: str, key: str) -> tuple[str, str]:
    """(pinyin to sort by, text to search in)."""
    heard = spoken(name, short_name)
    return heard.sort, f"{heard.search}\n{key.lower()}"


def reserve_ids(*, count: int) -> list[int]:
    """Ids for ``count`` accounts that are about to be made."""
    with connection.cursor() as cursor:
        cursor.execute(
            # the sequence is looked up once, not for each of them
            "WITH ids AS MATERIALIZED (SELECT pg_get_serial_sequence(%s, 'id')::regclass AS sequence) "
            "SELECT nextval(sequence) FROM ids, generate_series(1, %s)",
            [TABLE, count],
        )
        return [row[0] for row in cursor.fetchall()]


def create_from_books(
    *, entries: Iterable[BookEntry], department: Department | None, ids: Sequence[int] | None = None
) -> list[int]:
    """Accounts for customers that no account is known for, in bulk, in order; keys must be free.

    ``ids``: the reserved ones, where an entry's parent is another entry; entries are then asked for some at a
    time, while PostgreSQL takes in those before them.
    """
    if ids is None:
        entries = list(entries)
        ids = reserve_ids(count=len(entries))
    ids = list(ids)
    fixed = {
        "version": 1,
        "edited": "[]",
        "withdrawn": False,
        "website": "",
        "tags": "{}",
        "created_at": timezone.now().isoformat(),
        "department_id": department.pk if department else None,
    }
    told = ("id", "key", "parent_id", "pinyin", "search", "core_name", "core_sound", *FROM_BOOKS)
    types = {name: pa.int64() if name in ("id", "parent_id") else pa.string() for name in told}
    constants = {name: pa.scalar(value) for name, value in fixed.items()}
    constants["department_id"] = constants["department_id"].cast(pa.int64())

    def row(pk: int, entry: BookEntry) -> tuple[Any, ...]:
        said = {**BLANK, "name": entry.key, **entry.fields}
        name = said["name"]
        sort, search = _search_of(name, said["short_name"], entry.key)
        heard = sort, search, core_name(name), core_sound(sort)
        return (pk, entry.key, entry.parent, *heard, *[said[field] for field in FROM_BOOKS])

    def parts(tell: Callable[[int], None]) -> Iterator[pa.Table]:
        numbered, written = zip(ids, entries, strict=True), 0
        while some := list(islice(numbered, MADE_AT_ONCE)):
            tell(written)
            written += len(some)
            rows = [row(pk, entry) for pk, entry in some]
            columns = dict(zip(told, zip(*rows, strict=True), strict=True))
            made = {name: pa.array(column, types[name]) for name, column in columns.items()}
            yield pa.table({**made, **{name: pa.repeat(each, len(rows)) for name, each in constants.items()}})

    with by_the_books(), _entered_at_once(len(ids)) as tell:
        copy_tables(TABLE, (*told, *fixed), parts(tell))
    return ids


@contextmanager
def _entered_at_once(rows: int) -> Iterator[Callable[[int], None]]:
    """What the block writes goes into the inverted indexes in a few large steps instead of many small ones,
    each of which would write half of the index anew. The block tells how many rows it has written.

    A second connection takes in what waits, on another core: now and then, and at the end while the
    transaction goes on to other things. Nothing is left waiting soon after the commit, where each search
    would have to read through it.
    """
    if rows < FEW:
        yield lambda _written: None
        return
    # more than would ever wait, so that writing never stops to take in
    settings = {"gin_pending_list_limit": "1048576", "work_mem": "131072"}
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join('current_setting(%s)' for _ in settings)}", list(settings))
        before = dict(zip(settings, cursor.fetchone(), strict=True))
        _set(cursor, settings)
    aside, done = ThreadPoolExecutor(1, thread_name_prefix="indexes"), 0

    def tell(written: int) -> None:
        nonlocal done
        if written >= done + TAKEN_IN_AFTER:
            done = written
            aside.submit(_take_in_aside)

    try:
        yield tell
        last = aside.submit(_take_in_aside)
    finally:
        aside.shutdown(wait=False)
    with connection.cursor() as cursor:
        _set(cursor, before)
    transaction.on_commit(lambda: _have_taken_in(last), robust=True)


def _take_in_aside() -> bool:
    """Whether what waits could be taken in; on the thread's own connection, for which rows are there for
    whom is no question of these indexes."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            # the most that is sorted at once
            _set(cursor, {"maintenance_work_mem": "131072"})
            _take_in(cursor)
        return True
    except DatabaseError as error:
        log.warning("nothing was taken into the indexes beside the import: %s", type(error).__name__)
        return False
    finally:
        connection.close()


def _have_taken_in(last: Future[bool]) -> None:
    """Wait for the other connection; do its work where it could not."""
    if not last.result():
        with connection.cursor() as cursor:
            _take_in(cursor)


def _take_in(cursor: Any) -> None:
    """Empty what waits for the inverted indexes of accounts, whichever there are."""
    cursor.execute(
        # whoever does not own the index leaves that to the next that writes
        "SELECT gin_clean_pending_list(i.oid) FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid "
        "JOIN pg_am m ON m.oid = i.relam WHERE x.indrelid = %s::regclass AND m.amname = 'gin' "
        "AND pg_has_role(i.relowner, 'USAGE')",
        [TABLE],
    )


def _set(cursor: Any, settings: Mapping[str, str]) -> None:
    """Settings of this transaction."""
    for name, value in settings.items():
        cursor.execute("SELECT set_config(%s, %s, true)", [name, value])


def update_from_books(*, said: Mapping[int, Mapping[str, str]]) -> int:
    """Bring ``said`` (account id → all of FROM_BOOKS) in, not over what a person set; how many changed."""
    spared = dict(Account.objects.filter(pk__in=list(said)).exclude(edited=[]).values_list("pk", "edited"))
    told = (
        (pk, *(None if name in spared.get(pk, ()) else fields[name] for name in FROM_BOOKS))
        for pk, fields in said.items()
    )
    new = ", ".join(f"coalesce(s.{name}, a.{name}) AS {name}" for name in FROM_BOOKS)
    differs = " OR ".join(f"s.{name} <> a.{name}" for name in FROM_BOOKS)
    columns = {"id": "bigint", **dict.fromkeys(FROM_BOOKS, "text")}
    with passing_table("said", columns, told), connection.cursor() as cursor:
        cursor.execute(f"SELECT a.id, a.key, {new} FROM {TABLE} a JOIN said s USING (id) WHERE {differs}")  # noqa: S608
        changed = cursor.fetchall()
    _rewrite(changed)
    return len(changed)


def _rewrite(changed: Sequence[tuple[Any, ...]]) -> None:
    """Write (id, key, *FROM_BOOKS) rows with their search texts."""
    if not changed:
        return
    at = {name: place for place, name in enumerate(("id", "key", *FROM_BOOKS))}
    rows = (
        (row[0], *row[2:], *_search_of(row[at["name"]], row[at["short_name"]], row[at["key"]]))
        for row in changed
    )
    written = (*FROM_BOOKS, "pinyin", "search")
    columns = {"id": "bigint", **dict.fromkeys(written, "text")}
    setting = ", ".join(f"{name} = r.{name}" for name in FROM_BOOKS)
    # a reading that a person corrected stays, and stays what the account is found by
    by_hand = """a.edited @> '["pinyin"]'"""
    setting += f", pinyin = CASE WHEN {by_hand} THEN a.pinyin ELSE r.pinyin END"
    setting += f", search = CASE WHEN {by_hand} THEN concat_ws(E'\\n', r.search, replace(a.pinyin, ' ', '')) "
    setting += "ELSE r.search END"
    with by_the_books(), passing_table("rewritten", columns, rows), connection.cursor() as cursor:
        cursor.execute(f"UPDATE {TABLE} a SET {setting} FROM rewritten r WHERE a.id = r.id")  # noqa: S608


def set_parents_from_books(*, parents: Mapping[int, int | None]) -> set[int]:
    """Hang accounts below their groups; those that would close a circle stay as they are and are named."""
    by_hand = Account.objects.filter(pk__in=list(parents), edited__contains=["parent"])
    spared = set(by_hand.values_list("pk", flat=True))
    said = {child: parent for child, parent in parents.items() if child not in spared}
    known = dict(Account.objects.exclude(parent=None).values_list("pk", "parent_id"))
    wanted = {child: parent for child, parent in {**known, **said}.items() if parent is not None}
    ring = in_a_circle(wanted) & set(said)
    rows = ((child, parent) for child, parent in said.items() if child not in ring)
    with (
        by_the_books(),
        passing_table("above", {"id": "bigint", "parent_id": "bigint"}, rows),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            f"UPDATE {TABLE} a SET parent_id = b.parent_id FROM above b "  # noqa: S608
            "WHERE a.id = b.id AND a.parent_id IS DISTINCT FROM b.parent_id"
        )
    return ring


def withdraw(*, accounts: Collection[int], withdrawn: bool) -> int:
    """Take accounts that only undone imports know off every page, or bring them back."""
    untouched = " AND touched_at IS NULL" if withdrawn else ""
    with by_the_books(), connection.cursor() as cursor:
        # one array instead of a value an account: a whole book may come or go
        cursor.execute(
            f"UPDATE {TABLE} SET withdrawn = %s "  # noqa: S608
            f"WHERE id = ANY(%s) AND withdrawn = %s{untouched}",
            [withdrawn, list(accounts), not withdrawn],
        )
        return cursor.rowcount


def _touched(by: Principal, accounts: Sequence[str], part: Part = Part.BASIC) -> list[Account]:
    check_may(by, "edit accounts")
    wanted = set(accounts)
    rows = editable_by(by, Account.objects.select_for_update(of=("self",)), part)
    found = list(rows.filter(key__in=wanted).order_by("pk"))
    missing = sorted(wanted - {account.key for account in found})
    if missing:
        raise Refused(_("没有您可编辑的客户：%(keys)s。什么都没有改动。") % {"keys": "、".join(missing[:10])})
    return found


def check_can_hold(*, owner: User | None, backup: User | None) -> None:
    """Refused for who has left and for roles that see no account."""
    for who in (owner, backup):
        if who is not None and (not who.is_active or who.role in {*SEES_NOTHING, Role.INTEGRATION}):
            raise Refused(
                _("%(name)s（%(role)s）不能接手客户：已停用，或角色不看业务数据。")
                % {"name": who.full_name, "role": who.get_role_display()}
            )


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
    if owner is not None or department is not None:
        check_may(by, "hand accounts over")
    check_can_hold(owner=owner, backup=backup)
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
    found = _touched(by, [account], Part.CONTACTS)[0]
    if isinstance(person, str):
        heard = spoken(person)
        person = Person.objects.create(name=person.strip(), pinyin=heard.sort[:300], search=heard.search)
    contact = Contact.objects.create(account=found, person=person, title=title, since=since, **fields)
    Account.objects.filter(pk=found.pk).update(version=F("version") + 1, touched_at=timezone.now())
    write_audit(by=by, verb="add contact", subject=("account", found.key), person=person.pk)
    return contact
