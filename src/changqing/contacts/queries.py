"""Questions about persons: who is where, whom the reader may see, and what is held about one of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from changqing.accounts.models import Contact as Contact
from changqing.accounts.models import Person as Person
from changqing.accounts.rights import editable_by, visible_to
from changqing.base.packs import parse
from changqing.base.refused import Refused
from changqing.contacts.models import Erasure, PersonMerge
from changqing.contacts.rules import ContactMethod
from changqing.people.permissions import FEWEST_HIDDEN, Part, Principal, check_may
from changqing.records.models import AuditLine, Change
from changqing.records.queries import method_in_force

SORTS = ("name", "posts", "since")


def contact_method() -> ContactMethod:
    """The grounds, purposes, sources and terms in force."""
    return parse("contacts", method_in_force("contacts").text, ContactMethod).method


def persons(to: Principal) -> QuerySet[Person]:
    """The persons who hold or held a post at an account where ``to`` may see who is there."""
    posts = visible_to(to, Contact.objects.filter(person=OuterRef("pk")), Part.NAMES)
    return Person.objects.filter(Exists(posts), merged_into=None)


@dataclass(frozen=True)
class AskedPersons:
    """Of whom: ``words`` of a name, those in post or gone, those whose term of keeping is over."""

    words: str = ""
    state: str = ""
    sort: str = "name"


def persons_asked(to: Principal, asked: AskedPersons, *, today: date) -> QuerySet[Person]:
    """``persons`` narrowed and sorted, with the number of posts that ``to`` sees and the newest beginning."""
    rows = persons(to)
    for word in asked.words.lower().split():
        rows = rows.filter(search__contains=word)
    posts = visible_to(to, Contact.objects.filter(person=OuterRef("pk")), Part.NAMES)
    running = posts.filter(Q(until=None) | Q(until__gte=today))
    if asked.state == "in-post":
        rows = rows.filter(Exists(running))
    elif asked.state == "left":
        rows = rows.exclude(Exists(running))
    elif asked.state == "overdue":
        rows = rows.filter(Exists(posts.filter(retain_until__lt=today)))
    elif asked.state == "groundless":
        rows = rows.filter(Exists(posts.filter(Q(basis="") | Q(purpose="") | Q(source=""))))
    seen = Q(contacts__in=visible_to(to, Contact.objects.all(), Part.NAMES))
    rows = rows.annotate(
        posts=Count("contacts", filter=seen, distinct=True), newest=Max("contacts__since", filter=seen)
    )
    name = asked.sort.lstrip("-")
    column = {"name": "pinyin", "posts": "posts", "since": "newest"}[name]
    falls = asked.sort.startswith("-")
    order = F(column).desc(nulls_last=True) if falls else F(column).asc(nulls_last=True)
    return rows.order_by(order, "pk")


def posts_of(to: Principal, persons: Iterable[Person]) -> QuerySet[Contact]:
    """The posts of ``persons`` that ``to`` may see, running ones first."""
    rows = visible_to(to, Contact.objects.filter(person__in=list(persons)), Part.NAMES)
    return rows.select_related("account", "person").order_by("-until", "-since", "pk")


def readable_posts(to: Principal, pks: Iterable[int]) -> set[int]:
    """Of the posts ``pks``, those of which ``to`` may see mail, phone and grounds too."""
    return set(visible_to(to, Contact.objects.filter(pk__in=list(pks))).values_list("pk", flat=True))


def editable_posts(by: Principal, pks: Iterable[int]) -> set[int]:
    return set(editable_by(by, Contact.objects.filter(pk__in=list(pks))).values_list("pk", flat=True))


def hidden_posts(to: Principal, person: Person) -> int:
    """How many posts of ``person`` are at accounts that ``to`` may not see; 0 where they are few enough to
    be given away by their number."""
    hidden = Contact.objects.filter(person=person).count() - posts_of(to, [person]).count()
    return hidden if hidden >= FEWEST_HIDDEN else 0


def person_by_pk(to: Principal, pk: int) -> Person | None:
    """The person, or whom it was merged into; None when ``to`` may see none of their posts."""
    known = Person.objects.filter(pk=pk).first()
    for _step in range(20):
        if known is None or known.merged_into_id is None:
            break
        known = Person.objects.filter(pk=known.merged_into_id).first()
    return persons(to).filter(pk=known.pk).first() if known else None


def post_by_pk(by: Principal, pk: int) -> Contact | None:
    """The post, when ``by`` may change it."""
    return editable_by(by, Contact.objects.filter(pk=pk)).select_related("account", "person").first()


def named_post(to: Principal, pk: int) -> Contact | None:
    """The post, when ``to`` may see who holds it."""
    rows = visible_to(to, Contact.objects.filter(pk=pk), Part.NAMES)
    return rows.select_related("account", "person").first()


def overdue(to: Principal, *, today: date) -> QuerySet[Contact]:
    """Posts whose term of keeping is over, oldest first."""
    rows = visible_to(to, Contact.objects.filter(retain_until__lt=today, person__erased_at=None))
    return rows.select_related("account", "person").order_by("retain_until", "pk")


def likely_the_same(to: Principal, person: Person) -> list[Person]:
    """Persons of the same name who share an account, a mail address or a phone number with ``person``."""
    own = list(visible_to(to, Contact.objects.filter(person=person)).values("account", "email", "phone"))
    shared = Q(account__in=[post["account"] for post in own])
    if mails := [post["email"].lower() for post in own if post["email"]]:
        shared |= Q(mail__in=mails)
    if phones := [post["phone"] for post in own if post["phone"]]:
        shared |= Q(phone__in=phones)
    theirs = visible_to(to, Contact.objects.annotate(mail=Lower("email")).filter(shared))
    rows = persons(to).filter(name__iexact=person.name, contacts__in=theirs, erased_at=None)
    return list(rows.exclude(pk=person.pk).distinct().order_by("pk")[:10])


def merges_of(person: Person) -> QuerySet[PersonMerge]:
    """Merges into ``person`` that still count, newest first."""
    return PersonMerge.objects.filter(kept=person, undone_at=None).select_related("gone").order_by("-pk")


def all_about(to: Principal, person: Person) -> dict[str, Any]:
    """Everything that is held about ``person``, for the person; Refused to who does not answer such asks."""
    check_may(to, "answer subject requests")
    posts = list(Contact.objects.filter(person=person).select_related("account").order_by("pk"))
    method = contact_method()
    rows = Q(model="Person", row=str(person.pk))
    rows |= Q(model="Contact", row__in=[str(post.pk) for post in posts])
    changes = Change.objects.filter(rows).select_related("user").order_by("pk")
    lines = AuditLine.objects.filter(subject_kind="person", subject_key=str(person.pk)).order_by("pk")
    return {
        "person": {"number": person.pk, "name": person.name, "since": person.created_at.isoformat()},
        "posts": [_post_json(post, method) for post in posts],
        "merged": [{"name": merge.gone.name, "at": merge.at.isoformat()} for merge in merges_of(person)],
        "changes": [
            {
                "at": change.at.isoformat(),
                "by": str(change.user or change.principal),
                "kind": change.kind,
                "was": change.was,
                "became": change.became,
            }
            for change in changes
        ],
        "uses": [{"at": line.at.isoformat(), "what": line.verb, "by": line.principal} for line in lines],
    }


def _post_json(post: Contact, method: ContactMethod) -> dict[str, Any]:
    told: dict[str, Any] = {name: getattr(post, name) for name in ("title", "department", "email", "phone")}
    for name in ("since", "until", "retain_until"):
        day = getattr(post, name)
        told[name] = day and day.isoformat()
    for name in ("basis", "purpose", "source"):
        code = getattr(post, name)
        told[name] = method.terms(name).get(code, code)
    return {"account": post.account.name, **told}


def erased_persons() -> list[Erasure]:
    return list(Erasure.objects.select_related("person").order_by("pk"))


def person_or_refused(pk: int) -> Person:
    """The person for who answers subject requests; Refused when there is none."""
    found = Person.objects.filter(pk=pk).first()
    if found is None:
        raise Refused(_("没有编号为 %(pk)s 的人员。") % {"pk": pk})
    return found
