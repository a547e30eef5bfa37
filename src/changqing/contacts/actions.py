"""What is done to persons and their posts, one deed at a time; a file's rows in one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from itertools import islice
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from changqing.accounts.models import Account, Contact, Person
from changqing.accounts.rights import check_may_edit, editable_by
from changqing.accounts.rules import plain_name, spoken
from changqing.base.refused import Refused
from changqing.contacts.models import Erasure, PersonMerge
from changqing.contacts.queries import contact_method, person_or_refused, post_by_pk
from changqing.contacts.rules import ContactMethod, warnings_in
from changqing.people.models import User
from changqing.people.permissions import Part, Principal, check_may
from changqing.records.actions import forget_values, write_audit
from changqing.records.queries import Change, changes_in, deeds_named, rows_changed_after

TEXTS = ("title", "department", "email", "phone")
CODES = ("basis", "purpose", "source")
DAYS = ("since", "until", "retain_until")
FIELDS = (*TEXTS, *DAYS, *CODES)
ERASED = "已抹去"
BROUGHT_IN = "bring in contacts"
# Rows of a file that are in memory at a time.
ENTERED_AT_ONCE = 10_000


def _checked(fields: Mapping[str, Any], *, method: ContactMethod, today: date) -> dict[str, Any]:
    """``fields`` as they are stored; Refused, beside the field, for what must not or cannot be."""
    told: dict[str, Any] = {name: str(fields.get(name) or "").strip() for name in TEXTS}
    for name in TEXTS:
        longest = getattr(Contact._meta.get_field(name), "max_length", None) or 0
        if len(told[name]) > longest or not told[name].isprintable():
            raise Refused(_("最多 %(longest)s 个字，不含控制字符。") % {"longest": longest}, field=name)
        if found := warnings_in(told[name], method):
            raise Refused(found[0], field=name)
    if told["email"]:
        try:
            validate_email(told["email"])
        except ValidationError:
            raise Refused(_("这不是邮箱地址。"), field="email") from None
    for name in CODES:
        told[name] = method.code_of(name, str(fields.get(name) or ""))
        if not told[name]:
            known = _("、").join(method.terms(name).values())
            raise Refused(_("请说明，可选：%(known)s。") % {"known": known}, field=name)
    for name in DAYS:
        if isinstance(said := fields.get(name), str) and said:
            raise Refused(_("“%(said)s”不是日期，写成 2024-03-01 这样。") % {"said": said[:40]}, field=name)
    since, until = fields.get("since"), fields.get("until")
    if since and until and until < since:
        raise Refused(_("任职止不能早于任职起。"), field="until")
    keep = fields.get("retain_until") or method.kept_until(until=until, today=today)
    return {**told, "since": since, "until": until, "retain_until": keep}


def _name(said: str, method: ContactMethod) -> str:
    name = said.strip()
    if not name or len(name) > 120 or not name.isprintable():
        raise Refused(_("请填写姓名，最多 120 个字。"), field="name")
    if found := warnings_in(name, method):
        raise Refused(found[0], field="name")
    return name


def _named(name: str) -> dict[str, str]:
    heard = spoken(name)
    return {"name": name, "pinyin": heard.sort[:300], "search": heard.search}


def _editable_account(by: Principal, key: str) -> Account:
    found = editable_by(by, Account.objects.filter(key=key), Part.CONTACTS).first()
    if found is None:
        raise Refused(_("没有编号为 %(key)s 的客户，或您不能改它的联系人。") % {"key": key}, field="account")
    return found


@transaction.atomic
def add_post(*, by: Principal, account: str, person: Person | str, today: date, **fields: Any) -> Contact:
    """``person``, by name when new, takes a post at ``account``."""
    found = _editable_account(by, account)
    method = contact_method()
    stored = _checked(fields, method=method, today=today)
    if isinstance(person, str):
        person = Person.objects.create(**_named(_name(person, method)))
    post = Contact.objects.create(account=found, person=person, **stored)
    write_audit(by=by, verb="add contact", subject=("account", found.key), person=person.pk, post=post.pk)
    return post


@transaction.atomic
def edit_post(*, by: Principal, post: int, version: int, today: date, **fields: Any) -> Contact:
    """Write a post anew; Refused when somebody else has changed it since ``version``."""
    found = _locked(by, post, version)
    stored = _checked(fields, method=contact_method(), today=today)
    for name, value in stored.items():
        setattr(found, name, value)
    found.version += 1
    found.save(update_fields=[*stored, "version"])
    write_audit(
        by=by, verb="edit contact", subject=("account", found.account.key), person=found.person_id, post=post
    )
    return found


@transaction.atomic
def end_post(*, by: Principal, post: int, version: int, until: date, today: date) -> Contact:
    """The person has left the post on ``until``; from then the shorter term of keeping runs."""
    found = _locked(by, post, version)
    if found.since and until < found.since:
        raise Refused(_("任职止不能早于任职起。"), field="until")
    found.until = until
    found.retain_until = contact_method().kept_until(until=until, today=today)
    found.version += 1
    found.save(update_fields=["until", "retain_until", "version"])
    write_audit(
        by=by, verb="end post", subject=("account", found.account.key), person=found.person_id, post=post
    )
    return found


def _locked(by: Principal, pk: int, version: int) -> Contact:
    found = post_by_pk(by, pk)
    if found is None:
        raise Refused(_("没有这个任职，或您不能改它。"))
    Contact.objects.select_for_update().get(pk=pk)
    found.refresh_from_db()
    if found.version != version:
        raise Refused(
            _("您打开之后，别人改过这条任职。下面标出了现在的内容，核对后再保存。"), field="version"
        )
    return found


@transaction.atomic
def rename_person(*, by: Principal, person: Person, version: int, name: str) -> None:
    """Correct a name; whoever may change one of the person's posts may."""
    if not editable_by(by, Contact.objects.filter(person=person), Part.CONTACTS).exists():
        raise Refused(_("您不能改这个人：没有一处任职归您管。"))
    stored = _named(_name(name, contact_method()))
    rows = Person.objects.filter(pk=person.pk, version=version, erased_at=None)
    if not rows.update(**stored, version=F("version") + 1):
        raise Refused(_("您打开之后，别人改过这个人。请重新打开再改。"), field="version")
    write_audit(by=by, verb="edit person", subject=("person", person.pk))


@transaction.atomic
def merge_persons(*, by: Principal, kept: Person, gone: Person) -> PersonMerge:
    """``gone`` was ``kept`` all along: the posts go over, and can come back."""
    if kept.pk == gone.pk or gone.merged_into_id or kept.merged_into_id:
        raise Refused(_("这两条已经是同一个人。"))
    both = list(Contact.objects.select_for_update().filter(person__in=[kept, gone]).order_by("pk"))
    owners = Account.objects.filter(pk__in={post.account_id for post in both})
    check_may_edit(by=by, accounts=owners, part=Part.CONTACTS)
    moved = [post.pk for post in both if post.person_id == gone.pk]
    Contact.objects.filter(pk__in=moved).update(person=kept, version=F("version") + 1)
    Person.objects.filter(pk=gone.pk).update(merged_into=kept, version=F("version") + 1)
    merge = PersonMerge.objects.create(
        kept=kept, gone=gone, posts=moved, by=by if isinstance(by, User) else None
    )
    write_audit(by=by, verb="merge persons", subject=("person", kept.pk), gone=gone.pk, posts=moved)
    return merge


@transaction.atomic
def unmerge_persons(*, by: Principal, merge: int) -> PersonMerge:
    """They are two after all: each gets back the posts it had, as they are now."""
    found = PersonMerge.objects.select_for_update().filter(pk=merge, undone_at=None).first()
    if found is None:
        raise Refused(_("没有这次合并，或已经撤销。"))
    owners = Account.objects.filter(contacts__in=found.posts)
    check_may_edit(by=by, accounts=owners, part=Part.CONTACTS)
    Contact.objects.filter(pk__in=found.posts, person=found.kept).update(
        person=found.gone, version=F("version") + 1
    )
    Person.objects.filter(pk=found.gone_id).update(merged_into=None, version=F("version") + 1)
    found.undone_at = timezone.now()
    found.save(update_fields=["undone_at"])
    write_audit(by=by, verb="unmerge persons", subject=("person", found.kept_id), gone=found.gone_id)
    return found


@transaction.atomic
def erase_person(*, by: Principal, pk: int, because: str) -> Erasure:
    """Nothing says any more who person ``pk`` was: not the row, not the posts, not their history.

    That there was somebody, when, and what we did stays; the audit names persons by number only.
    """
    check_may(by, "answer subject requests")
    person = person_or_refused(pk)
    known = Erasure.objects.filter(person=person).first()
    if not because.strip():
        raise Refused(_("请写明依据，例如本人在哪天以什么方式要求。"), field="because")
    everybody = [pk, *Person.objects.filter(merged_into=pk).values_list("pk", flat=True)]
    posts = list(Contact.objects.filter(person__in=everybody).values_list("pk", flat=True))
    for each in everybody:
        Person.objects.filter(pk=each).update(
            name=f"{ERASED} {each}", pinyin="", search="", erased_at=timezone.now(), version=F("version") + 1
        )
    Contact.objects.filter(pk__in=posts).update(
        **dict.fromkeys(TEXTS, ""), source="", version=F("version") + 1
    )
    forget_values(rows={"Person": everybody, "Contact": posts}, names=("name", *TEXTS, "source"), put=ERASED)
    erasure = known or Erasure.objects.create(person=person, because=because.strip()[:200])
    write_audit(by=by, verb="erase person", subject=("person", pk), posts=len(posts))
    return erasure


@dataclass
class Entered:
    """What a file of contacts did; ``refused`` maps the row's place to its refusal."""

    came: int = 0
    changed: int = 0
    same: int = 0
    persons: int = 0
    refused: dict[int, Refused] = field(default_factory=dict)
    deed: UUID | None = None


@dataclass(frozen=True)
class ContactRow:
    """One row of a file: its place, the account's key, the name and the fields given."""

    place: int
    account: str
    name: str
    fields: Mapping[str, Any]


@transaction.atomic
def enter_contacts(*, by: Principal, rows: Iterable[ContactRow], today: date) -> Entered:
    """Bring rows in: a known post is brought up to date, the same row changes nothing, others are new."""
    told, rows = Entered(), iter(rows)
    while part := list(islice(rows, ENTERED_AT_ONCE)):
        _enter_some(by=by, rows=part, today=today, told=told)
    line = write_audit(
        by=by,
        verb=BROUGHT_IN,
        subject=("contacts", today.isoformat()),
        came=told.came,
        changed=told.changed,
        same=told.same,
        persons=told.persons,
        refused=len(told.refused),
    )
    told.deed = line.deed
    return told


def _enter_some(*, by: Principal, rows: Sequence[ContactRow], today: date, told: Entered) -> None:
    method = contact_method()
    keys = {row.account for row in rows}
    known = editable_by(by, Account.objects.filter(key__in=keys), Part.CONTACTS)
    accounts = dict(known.values_list("key", "pk"))
    posts = _posts_by_name(accounts.values())
    persons = _persons_by_reach({plain_name(row.name) for row in rows})
    changed: list[Contact] = []
    for row in rows:
        account = accounts.get(row.account)
        try:
            if account is None:
                raise Refused(
                    _("没有编号为 %(key)s 的客户，或您不能改它的联系人。") % {"key": row.account},
                    field="account",
                )
            name = _name(row.name, method)
            stored = _checked(row.fields, method=method, today=today)
        except Refused as refused:
            told.refused[row.place] = refused
            continue
        post = _the_same(posts.get((account, plain_name(name)), []), stored)
        if post is None:
            new = _new_post(account, name, stored, persons, told)
            posts.setdefault((account, plain_name(name)), []).append(new)
        elif _brought_up_to_date(post, stored, row.fields):
            changed.append(post)
        else:
            told.same += 1
    unique = {post.pk: post for post in changed}
    Contact.objects.bulk_update(unique.values(), [*FIELDS, "version"], batch_size=1_000)
    told.changed += len(changed)


@dataclass(frozen=True)
class TakenBack:
    """What undoing a list did: posts that went, were set back, and were left since somebody changed them."""

    gone: int
    set_back: int
    left: int


@transaction.atomic
def take_back(*, by: Principal, deed: UUID) -> TakenBack | None:
    """Undo what a list of ``by``'s did where nobody has changed it since; None where there is no such list.

    Of posts and persons that go, nothing stays in the history either: they were never meant to be here.
    """
    line = deeds_named([deed]).get(deed)
    if line is None or line.verb != BROUGHT_IN or line.user_id != getattr(by, "pk", None):
        return None
    made, was, changes = _what_it_did(deed)
    rows = {*made, *was}
    mine = editable_by(by, Contact.objects.filter(pk__in=rows).select_for_update(), Part.CONTACTS)
    touched = rows_changed_after(changes[-1], rows=rows) if changes else set()
    free = {post.pk: post for post in mine if post.pk not in touched}
    gone = made & set(free)
    _forget_posts(gone, persons={int(each.row) for each in changes_in(deed, models=["Person"])})
    back = [free[pk] for pk in was if pk in free and pk not in gone]
    for post in back:
        for name, value in was[post.pk].items():
            setattr(post, name, value)
        post.version += 1
    Contact.objects.bulk_update(back, [*FIELDS, "version"], batch_size=1_000)
    told = TakenBack(len(gone), len(back), len(rows) - len(gone) - len(back))
    write_audit(by=by, verb="take contacts back", subject=("contacts", deed), **asdict(told))
    return told


def _what_it_did(deed: UUID) -> tuple[set[int], dict[int, dict[str, Any]], list[Change]]:
    """Posts that a deed made; what the others were before it; its changes."""
    changes = changes_in(deed, models=["Contact"])
    made = {int(each.row) for each in changes if each.kind == Change.Kind.MADE}
    was: dict[int, dict[str, Any]] = {}
    for each in reversed(changes):
        if int(each.row) not in made:
            was.setdefault(int(each.row), {}).update(each.was or {})
    return made, was, changes


def _forget_posts(posts: set[int], *, persons: set[int]) -> None:
    """Delete posts, and of ``persons`` who has none left and was never merged; forget what was said."""
    Contact.objects.filter(pk__in=posts).delete()
    merged = PersonMerge.objects.filter(Q(kept__in=persons) | Q(gone__in=persons))
    known = {pk for pair in merged.values_list("kept", "gone") for pk in pair}
    alone = Person.objects.filter(pk__in=persons - known, contacts=None)
    nobody = list(alone.values_list("pk", flat=True))
    Person.objects.filter(pk__in=nobody).delete()
    names = ("name", *TEXTS, "source")
    forget_values(rows={"Person": nobody, "Contact": list(posts)}, names=names, put=ERASED)


def _posts_by_name(accounts: Iterable[int]) -> dict[tuple[int, str], list[Contact]]:
    found: dict[tuple[int, str], list[Contact]] = {}
    rows = Contact.objects.filter(account__in=list(accounts), person__erased_at=None)
    for post in rows.select_related("person").order_by("pk"):
        found.setdefault((post.account_id, plain_name(post.person.name)), []).append(post)
    return found


def _persons_by_reach(names: set[str]) -> dict[tuple[str, str], int]:
    """(plain name, mail or phone) → person, wherever they are: same name and number, same person."""
    found: dict[tuple[str, str], int] = {}
    rows = Contact.objects.filter(person__erased_at=None).exclude(email="", phone="")
    for pk, name, email, phone in rows.values_list("person_id", "person__name", "email", "phone").iterator():
        if (plain := plain_name(name)) in names:
            for reach in filter(None, (email.lower(), phone)):
                found.setdefault((plain, reach), pk)
    return found


def _the_same(posts: list[Contact], stored: Mapping[str, Any]) -> Contact | None:
    """The post of these that the row speaks of: none that has another mail address or begin."""
    for post in posts:
        mail, since = stored["email"].lower(), stored["since"]
        if (not mail or not post.email or mail == post.email.lower()) and (
            not since or not post.since or since == post.since
        ):
            return post
    return None


def _brought_up_to_date(post: Contact, stored: Mapping[str, Any], said: Mapping[str, Any]) -> bool:
    """Write what the row says and the post does not; a cell that is empty says nothing."""
    news = {name: stored[name] for name in FIELDS if said.get(name) and stored[name] != getattr(post, name)}
    for name, value in news.items():
        setattr(post, name, value)
    post.version += bool(news)
    return bool(news)


def _new_post(
    account: int, name: str, stored: Mapping[str, Any], persons: dict[tuple[str, str], int], told: Entered
) -> Contact:
    plain = plain_name(name)
    reaches = [reach for reach in (stored["email"].lower(), stored["phone"]) if reach]
    person = next((persons[plain, reach] for reach in reaches if (plain, reach) in persons), None)
    if person is None:
        person = Person.objects.create(**_named(name)).pk
        told.persons += 1
    for reach in reaches:
        persons.setdefault((plain, reach), person)
    told.came += 1
    return Contact.objects.create(account_id=account, person_id=person, **stored)
