"""Persons at our customers: bringing them in, telling them what is held, forgetting them."""

from __future__ import annotations

import json
from argparse import Namespace

from changqing.base.refused import Refused
from changqing.cli.book import opened, principal
from changqing.cli.words import gettext as _


def bring_in(words: Namespace) -> int:
    """A file of contacts; exit code 1 when rows were refused."""
    with opened():
        from changqing.journeys.bring_contacts import bring_in_contacts

        if not words.file.is_file():
            raise Refused(_("找不到文件 %(file)s。") % {"file": words.file})
        told = bring_in_contacts(
            by=principal(words),
            path=words.file,
            defaults={"basis": words.basis, "purpose": words.purpose, "source": words.origin},
            refused_to=words.refused,
        )
    entered = told.entered
    print(
        _(
            "新增 %(came)s 条任职（新认识 %(persons)s 人），更改 %(changed)s 条，"
            "相同 %(same)s 条，退回 %(refused)s 行。"
        )
        % {
            "came": f"{entered.came:,}",
            "persons": f"{entered.persons:,}",
            "changed": f"{entered.changed:,}",
            "same": f"{entered.same:,}",
            "refused": f"{told.refused:,}",
        }
    )
    if told.left_out:
        columns = "、".join(told.left_out)
        print(_("没有读入这些列，工作用不到的个人信息不保存：%(columns)s") % {"columns": columns})
    reasons = [(one.place, one.reason) for one in told.sent_back] + [
        (one.row, one.reason) for one in told.bad
    ]
    for row, reason in reasons[:20]:
        print(_("第 %(row)s 行：%(reason)s") % {"row": row, "reason": reason})
    return 1 if told.refused else 0


def tell(words: Namespace) -> int:
    """Everything held about a person, as JSON for the person."""
    with opened():
        from changqing.journeys.know_people import tell_subject

        said = json.dumps(tell_subject(by=principal(words), pk=words.person), ensure_ascii=False, indent=2)
    if words.file is None:
        print(said)
    elif words.file.exists():
        raise Refused(_("%(file)s 已经存在，没有覆盖。请换一个文件名。") % {"file": words.file})
    else:
        words.file.write_text(said, encoding="utf-8")
    return 0


def erase(words: Namespace) -> int:
    with opened():
        from changqing.journeys.know_people import forget_person

        forget_person(by=principal(words), pk=words.person, because=words.because)
    print(
        _("已抹去 %(person)s 号人员的姓名、联系方式和变更内容；审计链不受影响。") % {"person": words.person}
    )
    return 0


def overdue(words: Namespace) -> int:
    """Contacts past their term of keeping."""
    with opened():
        from django.utils import timezone

        from changqing.contacts.queries import overdue as found

        rows = list(found(principal(words), today=timezone.localdate())[: words.limit])
        for post in rows:
            print(
                f"{post.person_id:>8} {post.retain_until} {post.person.name} {post.title} {post.account.name}"
            )
    if not rows:
        print(_("没有超过保留期的联系人。"))
    return 0
