"""Questions about accounts; which of them a person may see stands in ``rights``."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from django.contrib.postgres.aggregates import ArrayAgg
from django.db import connection
from django.db.models import Count, Func, Q, QuerySet
from django.utils.translation import gettext as _

from changqing.accounts.models import Account as Account
from changqing.accounts.models import Contact as Contact
from changqing.accounts.models import Person as Person
from changqing.accounts.models import TeamMembership as TeamMembership
from changqing.accounts.rights import Level as Level
from changqing.accounts.rights import Part as Part
from changqing.accounts.rights import Sight as Sight
from changqing.accounts.rights import check_may_edit as check_may_edit
from changqing.accounts.rights import counted as counted
from changqing.accounts.rights import editable_by as editable_by
from changqing.accounts.rights import ids_in_sql as ids_in_sql
from changqing.accounts.rights import is_withheld as is_withheld
from changqing.accounts.rights import may_edit as may_edit
from changqing.accounts.rights import part_name as part_name
from changqing.accounts.rights import reach as reach
from changqing.accounts.rights import reads_anywhere as reads_anywhere
from changqing.accounts.rights import role_name_of as role_name_of
from changqing.accounts.rights import rule_for as rule_for
from changqing.accounts.rights import seen_only as seen_only
from changqing.accounts.rights import seen_rows as seen_rows
from changqing.accounts.rights import sight as sight
from changqing.accounts.rights import sight_of as sight_of
from changqing.accounts.rights import team_roles as team_roles
from changqing.accounts.rights import visible_to as visible_to
from changqing.accounts.rights import why as why
from changqing.accounts.rules import in_a_circle, plain_name
from changqing.accounts.seen import kept_of as kept_of
from changqing.accounts.seen import newest_stamp as newest_stamp
from changqing.base.compiled import WORD, Compiled
from changqing.base.lookups import wide_ones
from changqing.base.once import once
from changqing.base.refused import Refused
from changqing.people.models import Department, Role, User
from changqing.people.permissions import FEWEST_HIDDEN, SEES_NOTHING, Principal, check_may

BY_KEY = Compiled(
    lambda key: Account.objects.select_related("owner", "backup", "department", "parent").filter(key=key),
    WORD,
)


def accounts(to: Principal) -> QuerySet[Account]:
    """The accounts that ``to`` may see."""
    return visible_to(to, Account.objects.all())


@once
def account_by_key(to: Principal, key: str) -> Account | None:
    """The account known by ``key``, or None when there is none that ``to`` may see."""
    # who sees it is told by what it is, without asking the database for that as well
    found = next(iter(BY_KEY(key)), None)
    return found if found and sight(to, found).reads(Part.BASIC) else None


def account_named(to: Principal, said: str) -> Account:
    """The account that ``said`` names by key or by its whole name, or Refused."""
    seen = accounts(to)
    found = seen.filter(key=said).first()
    if found is None:
        named = list(seen.filter(name=said)[:2])
        if len(named) > 1:
            raise Refused(_("有不止一家客户叫“%(name)s”，请写编号。") % {"name": said[:40]})
        found = named[0] if named else None
    if found is None:
        raise Refused(_("没有您能看到的客户叫“%(name)s”，编号也不是它。") % {"name": said[:40]})
    return found


def names_of(to: Principal, pks: Iterable[int]) -> dict[int, str]:
    """Names by id, of those accounts that ``to`` may see."""
    return dict(accounts(to).filter(pk__in=list(pks)).values_list("pk", "name"))


def where_merged(to: Principal, key: str) -> Account | None:
    """The account that the merged account ``key`` has become, when ``to`` may see it."""
    table = Account._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE on_to AS (SELECT id, merged_into_id FROM {table} WHERE key = %s UNION "  # noqa: S608
            f"SELECT a.id, a.merged_into_id FROM {table} a JOIN on_to ON a.id = on_to.merged_into_id) "
            "SELECT id FROM on_to WHERE merged_into_id IS NULL",
            [key],
        )
        row = cursor.fetchone()
    return accounts(to).filter(pk=row[0]).first() if row else None


# Characters that nearly every company bears: to look them up takes longer than to look through all names.
IN_MOST_NAMES = frozenset("有限公司")
# Of so many accounts an index says it faster than all names are read; of more it does not.
WORTH_AN_INDEX = 10_000


def holds(words: str) -> Q:
    """Accounts whose name, pinyin, initials or key hold every one of ``words``."""
    rule = Q()
    for word in words.lower().split():
        wide = wide_ones(word)
        if not wide:
            rule &= Q(narrow__contains=word) & _two_letters(word)
            continue
        rule &= Q(search__contains=word)
        if telling := [each for each in wide if each not in IN_MOST_NAMES]:
            rule &= Q(wide__contains=telling)
    return rule


def _two_letters(word: str) -> Q:
    """For a word of two letters the same once more, as the index of threes can answer it: they stand before
    any third character or at the end. Nothing for other words, nor where very many accounts hold the two."""
    if len(word) != 2 or not word.isalnum() or _expected(word) > WORTH_AN_INDEX:
        return Q()
    return Q(narrow__regex=rf"{word}[\n -~]") | Q(narrow__endswith=word)


@once
def _expected(word: str) -> int:
    """How many accounts hold ``word``, as the database guesses from what it knows of all names."""
    plan = json.loads(Account.objects.filter(narrow__contains=word).explain(format="json"))
    rows: int = plan[0]["Plan"]["Plan Rows"]
    return rows


def searched(rows: QuerySet[Account], words: str) -> QuerySet[Account]:
    """``rows`` whose name, pinyin, initials or key hold every word of ``words``."""
    return rows.filter(holds(words))


@dataclass(frozen=True)
class Facets:
    """What the accounts a person may see can be narrowed by; owners and departments are (id, name)."""

    industries: list[str]
    regions: list[str]
    owners: list[tuple[int, str]]
    departments: list[tuple[int, str]]
    tags: list[str]


def facets(to: Principal) -> Facets:
    """The values that occur among the accounts that ``to`` may see."""
    held = kept_of(to, "facets", lambda: _held(to))
    # what they are called may change without any account
    owners = User.objects.filter(pk__in=held["owner"]).order_by("full_name")
    departments = Department.objects.filter(pk__in=held["department"]).order_by("path")
    return Facets(
        industries=sorted(set(held["industry"]) - {""}),
        regions=sorted(set(held["region"]) - {""}),
        owners=list(owners.values_list("pk", "full_name")),
        departments=list(departments.values_list("pk", "name")),
        tags=sorted(held["tags"]),
    )


def _held(to: Principal) -> dict[str, list[Any]]:
    """Every value that occurs among the accounts of ``to``, in one walk over them."""
    rows = accounts(to).order_by()
    plain = ("industry", "region", "owner", "department")
    told = rows.aggregate(**{f"all_{name}": ArrayAgg(name, distinct=True, default=[]) for name in plain})
    tags = rows.exclude(tags=[]).values_list(Func("tags", function="unnest"), flat=True).distinct()
    held = {name: [each for each in told[f"all_{name}"] if each is not None] for name in plain}
    return {**held, "tags": list(tags)}


def has_archived(to: Principal) -> bool:
    """Whether any account is archived, so that a list is not simply the whole book."""
    return kept_of(to, "archived", Account.objects.filter(archived_at__isnull=False).exists)


@dataclass(frozen=True)
class Kin:
    """Where an account stands in its group, as far as the reader may see.

    ``hidden`` counts the rest, where they are enough to stay unknown.
    """

    parent: Account | None
    children: list[Account]
    hidden: int


CHILDREN = Compiled(
    lambda account: Account.objects.filter(parent=account, withdrawn=False, merged_into=None).order_by(
        "pinyin", "pk"
    )
)


@once
def group_of(to: Principal, account: Account) -> Kin:
    """The companies right above and below ``account``; those that ``to`` may not see are only counted."""
    below, above = CHILDREN(account.pk), account.parent
    children = [each for each in below if sight(to, each).reads(Part.BASIC)]
    parent = above if above and sight(to, above).reads(Part.BASIC) else None
    hidden = len(below) - len(children)
    hidden += above is not None and parent is None and not above.withdrawn and above.merged_into_id is None
    return Kin(parent, children, hidden if hidden >= FEWEST_HIDDEN else 0)


@dataclass(frozen=True)
class GroupNode:
    """One company of a group: its parent within it, and how deep it stands."""

    account: int
    parent: int | None
    depth: int


def whole_group(account: Account) -> list[GroupNode]:
    """The whole tree that ``account`` stands in, of any depth, parents before children, in one query.

    Of all companies, seen or not: who asks narrows it to what the reader may see and counts the rest.
    """
    table = Account._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE up AS (SELECT id, parent_id FROM {table} WHERE id = %s UNION "  # noqa: S608
            f"SELECT a.id, a.parent_id FROM {table} a JOIN up ON a.id = up.parent_id), "
            "down AS (SELECT id, NULL::bigint AS parent_id, 0 AS depth, ARRAY[pinyin, id::text] AS place "
            f"FROM {table} WHERE id = (SELECT id FROM up WHERE parent_id IS NULL) UNION ALL "
            "SELECT a.id, a.parent_id, depth + 1, place || ARRAY[a.pinyin, a.id::text] "
            f"FROM {table} a JOIN down ON a.parent_id = down.id "
            "WHERE NOT a.withdrawn AND a.merged_into_id IS NULL) "
            "SELECT id, parent_id, depth FROM down ORDER BY place",
            [account.pk],
        )
        return [GroupNode(*row) for row in cursor.fetchall()]


def people_at(to: Principal, among: Iterable[Account]) -> dict[int, int]:
    """How many present people ``to`` may see at each of the accounts ``among``."""
    ids = [each.pk for each in among if sight(to, each).reads(Part.CONTACTS)]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT account_id, count(DISTINCT person_id) FROM {Contact._meta.db_table} "  # noqa: S608
            "WHERE account_id = ANY(%s) AND until IS NULL GROUP BY account_id",
            [ids],
        )
        return dict(cursor.fetchall())


def line_above(account: int) -> set[int]:
    """``account`` and all above it, however deep, in one query."""
    table = Account._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE up AS (SELECT id, parent_id FROM {table} WHERE id = %s UNION "  # noqa: S608
            f"SELECT a.id, a.parent_id FROM {table} a JOIN up ON a.id = up.parent_id) SELECT id FROM up",
            [account],
        )
        return {row[0] for row in cursor.fetchall()}


# What one who sees only the names sees of a contact.
NAME_AND_POST = ("id", "account_id", "person_id", "title", "since", "until")
CONTACTS = Compiled(
    lambda account: (
        Contact.objects.filter(account=account).select_related("person").order_by("-until", "person__pinyin")
    )
)


@once
def contacts_of(to: Principal, account: Account) -> list[Contact]:
    """Who holds or held a post at ``account``, present ones first; where no more is due, name and post."""
    found = seen_rows(to, account, CONTACTS, Part.NAMES)
    if sight(to, account).reads(Part.CONTACTS):
        return found
    return [_name_and_post(contact) for contact in found]


def _name_and_post(contact: Contact) -> Contact:
    said = Contact(**{name: getattr(contact, name) for name in NAME_AND_POST})
    said.person = contact.person
    return said


TEAM = Compiled(
    lambda account: (
        TeamMembership.objects.filter(account=account, ended_at=None)
        .select_related("user")
        .order_by("user__full_name", "pk")
    )
)


def team_of(to: Principal, account: Account) -> list[TeamMembership]:
    """Who has a place in ``account``'s team that has not been taken back, the sponsor first."""
    return sorted(seen_rows(to, account, TEAM), key=lambda place: place.role != TeamMembership.SPONSOR)


class Candidate(NamedTuple):
    """A colleague as a list to choose from names one."""

    pk: int
    username: str
    name: str
    department: str | None


def team_candidates() -> list[Candidate]:
    """Who can be given a place in a team: all in office whose role works with accounts."""
    rows = User.objects.filter(is_active=True).exclude(role__in=[*SEES_NOTHING, Role.INTEGRATION])
    named = rows.order_by("full_name").values_list("pk", "username", "full_name", "department__name")
    return [Candidate(pk, username, name or username, of) for pk, username, name, of in named]


PERSONS = Compiled(lambda account: Person.objects.filter(contacts__account=account).values_list("pk", "name"))
POSTS = Compiled(lambda account: Contact.objects.filter(account=account).values_list("pk", "person_id"))


def persons_at(account: Account) -> dict[int, str]:
    """Everybody who holds or held a post at ``account``, by number."""
    return dict(PERSONS(account.pk))


def posts_at(account: Account) -> dict[int, int]:
    """The posts at ``account`` and whose each is."""
    return dict(POSTS(account.pk))


def account_names(to: Principal, pks: Collection[int]) -> dict[int, str]:
    """What those of ``pks`` that ``to`` may see are called."""
    return dict(accounts(to).filter(pk__in=pks).values_list("pk", "name"))


def accounts_with_ids(to: Principal, ids: Collection[int]) -> dict[int, Account]:
    """Those of the accounts ``ids`` that ``to`` may see and that are there."""
    return visible_to(to, Account.objects.filter(withdrawn=False)).in_bulk(list(ids))


def accounts_named(names: Mapping[str, str]) -> dict[str, int]:
    """For an import that matches by name: key → account, for ``names`` that exactly one account bears."""
    bearers: dict[str, set[int]] = {}
    rows = Account.objects.filter(withdrawn=False, merged_into=None).values_list("pk", "name", "short_name")
    for pk, *borne in rows.iterator():
        for name in filter(None, borne):
            bearers.setdefault(plain_name(name), set()).add(pk)
    found = {key: bearers.get(plain_name(name), set()) for key, name in names.items()}
    return {key: next(iter(pks)) for key, pks in found.items() if len(pks) == 1}


def circles() -> Iterator[str]:
    """Accounts that are their own ancestors, as sentences; there must be none."""
    above = dict(Account.objects.exclude(parent=None).values_list("pk", "parent_id"))
    ring = in_a_circle({child: parent for child, parent in above.items() if parent is not None})
    for key in Account.objects.filter(pk__in=ring).order_by("key").values_list("key", flat=True):
        yield _("客户 %(key)s 的上级绕回了自己。") % {"key": key}


@dataclass(frozen=True)
class Purpose:
    """What some contacts are held for and on which basis, and how many they are."""

    purpose: str
    basis: str
    contacts: int


@dataclass(frozen=True)
class PersonalData:
    """Counts of what the book holds about people; none of it says who."""

    contacts: int
    past: int
    endless: int
    without_basis: int
    purposes: tuple[Purpose, ...]


def personal_data(by: Principal, *, today: date) -> PersonalData:
    """Counts over the whole book, for those who guard personal data; they need not see an account."""
    check_may(by, "guard personal data")
    told = Contact.objects.aggregate(
        contacts=Count("pk"),
        past=Count("pk", filter=Q(retain_until__lt=today)),
        endless=Count("pk", filter=Q(retain_until=None)),
        without_basis=Count("pk", filter=Q(basis="") | Q(purpose="")),
    )
    rows = Contact.objects.values("purpose", "basis").annotate(n=Count("pk")).order_by("-n", "purpose")
    purposes = tuple(Purpose(row["purpose"], row["basis"], row["n"]) for row in rows[:50])
    return PersonalData(**told, purposes=purposes)
