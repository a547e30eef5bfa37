"""What happened to an account, as far as the reader may see: who, when, from what to what, by which door."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from itertools import groupby, islice
from typing import Any

from django.db.models import Field
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from changqing.accounts.queries import Account, account_by_key, account_names, persons_at, posts_at
from changqing.accounts.rights import sight
from changqing.base.history import TRACKED, Tracked
from changqing.people.permissions import Principal
from changqing.people.queries import department_names, user_names
from changqing.records.queries import AuditLine, Change, changes_about, deeds_named

# Looked through for what a reader asks; older ones are reached by narrowing the days.
MOST_CHANGES = 600
ENTRIES_A_PAGE = 15

DOORS = {
    "web": gettext_lazy("网页"),
    "cli": gettext_lazy("命令行"),
    "queue": gettext_lazy("后台任务"),
    "api": gettext_lazy("接口"),
}
# What a deed is called; one that is not here is told by what it changed.
DEEDS = {
    "assign": gettext_lazy("分配负责人"),
    "add contact": gettext_lazy("登记联系人"),
    "edit contact": gettext_lazy("修改任职"),
    "end post": gettext_lazy("结束任职"),
    "edit person": gettext_lazy("修改人员"),
    "merge persons": gettext_lazy("合并人员"),
    "unmerge persons": gettext_lazy("撤销合并人员"),
    "bring in contacts": gettext_lazy("导入联系人"),
    "erase person": gettext_lazy("抹去个人信息"),
}
KINDS = {
    "insert": gettext_lazy("新建"),
    "update": gettext_lazy("修改"),
    "delete": gettext_lazy("删除"),
}


@dataclass(frozen=True)
class Told:
    """One field: what it is called, what was and what became; empty is a dash."""

    label: str
    was: str
    became: str


@dataclass(frozen=True)
class Step:
    """One row that the deed touched; ``hidden`` counts fields that the reader may not see."""

    number: int
    model: str
    called: str
    about: str
    kind: str
    fields: list[Told]
    hidden: int

    @property
    def what(self) -> str:
        return f"{KINDS[self.kind]}{_('：')}{self.called}"


@dataclass(frozen=True)
class Entry:
    """One deed: everything that one transaction did to the account."""

    deed: Any
    at: datetime
    who: str
    door: str
    title: str
    because: str
    steps: list[Step]

    def holds(self, words: str) -> bool:
        told = [self.who, self.title, self.because]
        for step in self.steps:
            told += [step.called, step.about]
            told += [text for each in step.fields for text in (each.label, each.was, each.became)]
        text = "\n".join(told).lower()
        return all(word in text for word in words.lower().split())


@dataclass(frozen=True)
class Timeline:
    """``kinds`` are the models that occur, with what they are called; ``more`` says there are older ones."""

    account: Account
    entries: list[Entry]
    kinds: dict[str, str]
    page: int
    more: bool
    is_cut: bool


@dataclass
class _Names:
    """What keys of other tables are called, asked once for the whole page."""

    of: dict[str, dict[int, str]] = field(default_factory=dict)

    def name(self, model: str, key: Any) -> str:
        if model == "Account":
            return self.of.get(model, {}).get(key) or _("一家您看不到的客户")
        return self.of.get(model, {}).get(key) or f"#{key}"


def timeline(
    to: Principal, key: str, *, kind: str = "", words: str = "", until: date | None = None, page: int = 1
) -> Timeline | None:
    """One page of what happened to the account ``key``; None when there is none that ``to`` may see."""
    account = account_by_key(to, key)
    if account is None:
        return None
    parts = frozenset(str(part) for part in sight(to, account).parts)
    seen = _seen(parts)
    persons = persons_at(account) if "names" in parts else {}
    rows = changes_about(
        account=account.pk,
        rows={"Person": [str(pk) for pk in persons]},
        models=[kind] if kind in seen else list(seen),
    )
    if until:
        rows = rows.filter(at__date__lte=until)
    found = list(rows[: MOST_CHANGES + 1])
    told = _entries(found[:MOST_CHANGES], seen, parts, _names(to, found, persons), _whose(account, persons))
    wanted = (entry for entry in told if entry.steps and entry.holds(words))
    start = (max(page, 1) - 1) * ENTRIES_A_PAGE
    shown = list(islice(wanted, start, start + ENTRIES_A_PAGE + 1))
    return Timeline(
        account=account,
        entries=shown[:ENTRIES_A_PAGE],
        kinds={name: str(known.called or name) for name, known in seen.items() if _is_of_accounts(known)},
        page=max(page, 1),
        more=len(shown) > ENTRIES_A_PAGE,
        is_cut=len(found) > MOST_CHANGES,
    )


def _is_of_accounts(known: Tracked) -> bool:
    return hasattr(known.model, "account_path") or known.model.__name__ == "Person"


@lru_cache(maxsize=256)
def _seen(parts: frozenset[str]) -> Mapping[str, Tracked]:
    """The models of which some field belongs to a part that the reader may see."""
    return {
        name: known
        for name, known in TRACKED.items()
        if any(known.part_of(each.name) in parts for each in known.model._meta.concrete_fields)
    }


def _whose(account: Account, persons: Mapping[int, str]) -> Mapping[tuple[str, str], str]:
    """What a row is about, where its own change does not say: the person of a post."""
    told = {("Person", str(pk)): name for pk, name in persons.items()}
    if persons:
        posts = posts_at(account).items()
        told |= {("Contact", str(post)): persons[pk] for post, pk in posts if pk in persons}
    return told


def _names(to: Principal, changes: Sequence[Change], persons: Mapping[int, str]) -> _Names:
    wanted: dict[str, set[int]] = defaultdict(set)
    for change in changes:
        fields = {str(each.column): each for each in TRACKED[change.model].model._meta.concrete_fields}
        for side in (change.was, change.became):
            for column, value in (side or {}).items():
                target = getattr(fields.get(column), "related_model", None)
                if isinstance(value, int) and target is not None:
                    wanted[target.__name__].add(value)
    ask: dict[str, Callable[[Collection[int]], dict[int, str]]] = {
        "User": user_names,
        "Department": department_names,
        "Account": lambda pks: account_names(to, pks),
    }
    return _Names(
        {name: ask[name](pks) for name, pks in wanted.items() if name in ask} | {"Person": dict(persons)}
    )


def _entries(
    changes: Sequence[Change],
    seen: Mapping[str, Tracked],
    parts: Collection[str],
    names: _Names,
    whose: Mapping[tuple[str, str], str],
) -> Iterator[Entry]:
    lines = deeds_named({change.deed for change in changes})
    for deed, group in groupby(changes, key=lambda change: change.deed):
        together = list(group)
        steps = [_step(change, seen[change.model], parts, names, whose) for change in reversed(together)]
        newest, line = together[0], lines.get(deed)
        shown = [step for step in steps if step.fields or step.about or step.kind == "delete"]
        yield Entry(
            deed=deed,
            at=newest.at,
            who=_who(newest, line),
            door=str(DOORS.get(newest.door or (line.door if line else ""), _door_unknown(line))),
            title=_title(line, shown),
            because=line.because if line and line.user is None else newest.because,
            steps=shown,
        )


def _door_unknown(line: AuditLine | None) -> str:
    return "" if line else _("直接改了数据库")


def _who(change: Change, line: AuditLine | None) -> str:
    user = change.user or (line.user if line else None)
    if user is not None:
        return str(user)
    principal = change.principal or (line.principal if line else "")
    return _("本机运营者") if principal == "operator" else principal or _("不明")


def _title(line: AuditLine | None, steps: Sequence[Step]) -> str:
    known = DEEDS.get(line.verb) if line else None
    if known:
        return str(known)
    return _("、").join(dict.fromkeys(step.what for step in steps))


def _step(
    change: Change,
    known: Tracked,
    parts: Collection[str],
    names: _Names,
    whose: Mapping[tuple[str, str], str],
) -> Step:
    was, became = change.was or {}, change.became or {}
    about = whose.get((change.model, change.row), "") if change.kind == "insert" else ""
    fields, hidden = [], 0
    for each in known.model._meta.concrete_fields:
        column = str(each.column)
        if each.primary_key or each.name == "account" or (column not in was and column not in became):
            continue
        if known.part_of(each.name) not in parts:
            hidden += 1
            continue
        before, after = (_spoken(each, side.get(column), names) for side in (was, became))
        # a post's person, and a person's name, stand above already
        if before != after and not (about and after == about):
            fields.append(Told(str(each.verbose_name), before or "–", after or "–"))
    return Step(
        number=change.pk,
        model=change.model,
        called=str(known.called or known.model._meta.verbose_name),
        about=whose.get((change.model, change.row), ""),
        kind=change.kind,
        fields=fields,
        hidden=hidden,
    )


def _spoken(each: Field[Any, Any], value: Any, names: _Names) -> str:
    """A value as people say it; nothing for what is empty."""
    if value is None or value == "" or value == []:
        return ""
    if each.related_model is not None:
        return names.name(each.related_model.__name__, value)
    if each.choices:
        return str(dict(each.flatchoices).get(value, value))
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if each.get_internal_type() == "DateTimeField":
        return date_format(timezone.localtime(datetime.fromisoformat(str(value))), "Y-m-d H:i")
    if isinstance(value, list):
        return _("、").join(str(one) for one in value)
    return str(value)
