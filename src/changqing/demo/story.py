"""The demo, told into an empty book by the deeds of the product itself: nothing here writes a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.utils.translation import gettext as _

from changqing.accounts.actions import add_contact, assign
from changqing.base.refused import Refused
from changqing.demo import judged
from changqing.demo.book import SEED, Book, draw
from changqing.demo.customers import CUSTOMERS
from changqing.demo.files import Export, write_exports
from changqing.demo.posts import posts
from changqing.demo.queries import SUBJECT, is_told, steps_told
from changqing.demo.signins import SignIn, signins
from changqing.demo.staff import DEPARTMENT_OF, DEPARTMENTS, OPERATOR, STAFF
from changqing.journeys.import_ledger import bring_in, undo_import
from changqing.people.actions import add_department, add_user
from changqing.people.permissions import Principal, check_may
from changqing.people.queries import department_named, user_named
from changqing.records.actions import write_audit

SOURCE = "erp"
Say = Callable[[str], None]


@dataclass(frozen=True)
class Told:
    """What the demo left behind: how to sign in, and whether this call told it."""

    signins: list[SignIn]
    anew: bool


def tell(
    *,
    by: Principal,
    today: date | None = None,
    seed: int = SEED,
    is_quiet_when_told: bool = False,
    say: Say = print,
) -> Told:
    """Tell the demo into this instance's book; a telling that was cut off is taken up where it ended.

    Refused, unless ``is_quiet_when_told``, when it has been told or somebody else works in this book.
    """
    check_may(by, "add users")
    steps = steps_told()
    if is_told():
        if is_quiet_when_told:
            return Told(signins() if steps else [], anew=False)
        raise Refused(
            _("演示数据已经在这本账里，没有改动。要重新开始，请换一个空的数据文件夹。")
            if steps
            else _("这本账里已有用户或导入，演示数据没有写入。请为演示指定另一个空的数据文件夹。")
        )
    began = steps.get("begin", {"today": (today or date.today()).isoformat(), "seed": seed})
    story = _Story(by, set(steps), say)
    story.tell(date.fromisoformat(began["today"]), int(began["seed"]))
    return Told(signins(), anew=True)


class _Story:
    """The steps in order; each leaves an audit line, so that a second telling passes over it."""

    def __init__(self, by: Principal, done: set[str], say: Say) -> None:
        self.by, self.done, self.say = by, done, say

    def tell(self, today: date, seed: int) -> None:
        self._once("begin", lambda: None, today=today.isoformat(), seed=seed)
        self._once("staff", partial(_take_on_staff, self.by))
        book = draw(today=today, seed=seed)
        for export in write_exports(book, Path(settings.FOLDER.path) / "demo-files"):
            self._once(export.path.name, partial(_bring_in, export))
            if export.kind == "accounts":
                self._once("owners", _hand_out_accounts)
        self._once("people", partial(_introduce_people, book, seed))
        self._once("ratings", judged.rate_accounts)
        self._once("notes", judged.write_notes)
        self._once("answer", judged.answer_one)
        self._once("review", partial(judged.hold_review, today))
        self._once("back-test", judged.check_forecasts)
        self._once("end", lambda: None)

    def _once(self, step: str, deed: Callable[[], None], **noted: Any) -> None:
        if step not in self.done:
            self.say(step)
            deed()
            write_audit(by=self.by, verb="tell", subject=(SUBJECT, step), **noted)


def _take_on_staff(by: Principal) -> None:
    """Departments and users; those that an earlier telling took on are there already."""
    passwords = {one.username: one.password for one in signins()}
    for name, parent in DEPARTMENTS:
        if not _is_there(partial(department_named, name)):
            add_department(name=name, parent=department_named(parent) if parent else None)
    for one in STAFF:
        if not _is_there(partial(user_named, one.username)):
            add_user(
                by=by,
                username=one.username,
                full_name=one.full_name,
                password=passwords[one.username],
                role=one.role,
                department=department_named(one.department),
            )


def _is_there(look: Callable[[], object]) -> bool:
    try:
        look()
    except Refused:
        return False
    return True


def _bring_in(export: Export) -> None:
    clerk = user_named(OPERATOR)
    entry = bring_in(by=clerk, kind=export.kind, path=export.path, source=SOURCE)
    if export.undone and entry.number is not None:
        undo_import(by=clerk, number=entry.number)


def _hand_out_accounts() -> None:
    """Every account gets its manager, a colleague of the same department as backup, and the department."""
    by_department: dict[str, list[str]] = {}
    for one in STAFF:
        if one.role == "manager":
            by_department.setdefault(one.department, []).append(one.username)
    for username in sorted({customer.manager for customer in CUSTOMERS}):
        department = DEPARTMENT_OF[username]
        backup = next(other for other in by_department[department] if other != username)
        assign(
            by=user_named(OPERATOR),
            accounts=[customer.key for customer in CUSTOMERS if customer.manager == username],
            owner=user_named(username),
            backup=user_named(backup),
            department=department_named(department),
        )


def _introduce_people(book: Book, seed: int) -> None:
    clerk = user_named(OPERATOR)
    for post in posts(np.random.default_rng([seed, 1]), book.span):
        add_contact(
            by=clerk,
            account=post.account,
            person=post.name,
            title=post.title,
            since=post.since,
            until=post.until,
            department=post.department,
            email=post.email,
            phone=post.phone,
            basis="履行合同",
            purpose="业务联系",
            source="名片",
            retain_until=post.retain_until,
        )
