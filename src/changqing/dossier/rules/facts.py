"""Facts about an account: what may be said, how good it is, what is missing, stale, doubled or opinion."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from django.utils.translation import gettext as _
from pydantic import Field

from changqing.base.packs import Method, Named, Sourced
from changqing.base.packs import Part as Table
from changqing.base.refused import Refused
from changqing.dossier.rules.fields import plain

LONGEST = 500


class FactPart(Table):
    """One column of a kind of fact."""

    code: str
    name: Named
    type: Literal["text", "number", "share", "money", "day", "month", "choice"]
    choices: Mapping[str, Named] = Field(default_factory=dict)
    least: float | None = None
    most: float | None = None


class FactKind(Table):
    """One kind of fact; ``expected`` counts for completeness, ``many`` may stand side by side."""

    code: str
    tab: str
    name: Named
    source: str
    expected: bool = False
    many: bool = False
    parts: tuple[FactPart, ...]


class SourcedNames(Sourced[list[str]]):
    names: tuple[Named, ...] = ()


class SourcedWeights(Sourced[dict[str, float]]):
    names: Mapping[str, Named] = Field(default_factory=dict)


class ArchiveMethod(Method):
    """What an archive should know, by ``methods/archive.toml``."""

    tabs: SourcedNames
    confidence: SourcedWeights
    stale_days: Sourced[int]
    budget_notice_days: Sourced[int]
    replacement: Sourced[dict[str, float]]
    subjective: Sourced[list[str]]
    refused: Sourced[list[str]]
    kinds: tuple[FactKind, ...]

    def kind(self, code: str) -> FactKind:
        """The kind of that code, or Refused."""
        found = next((each for each in self.kinds if each.code == code), None)
        if found is None:
            raise Refused(_("没有“%(kind)s”这种事实。") % {"kind": code[:40]}, field="kind")
        return found


@dataclass(frozen=True)
class KnownFact:
    """A fact as the rules judge it."""

    pk: int
    kind: str
    values: Mapping[str, Any]
    source: str
    day: date
    confidence: str
    expires: date | None


@dataclass(frozen=True)
class Quality:
    """The four natures of an account's facts, each 0–1; None where there is no fact to judge."""

    accuracy: float | None
    timeliness: float | None
    completeness: float
    relevance: float | None


@dataclass(frozen=True)
class Issue:
    """One fault of the archive: ``what`` is missing, stale, doubled, subjective or unsourced."""

    what: Literal["missing", "stale", "double", "subjective", "unsourced"]
    kind: str
    fact: int | None = None


def clean_fact(method: ArchiveMethod, kind: str, said: Mapping[str, str]) -> dict[str, Any]:
    """What ``said`` says by the kind's parts; Refused beside the part that cannot be kept."""
    values = {part.code: _value(part, said.get(part.code, "")) for part in method.kind(kind).parts}
    values = {code: value for code, value in values.items() if value is not None}
    if not values:
        raise Refused(_("请至少填一项。"), field=method.kind(kind).parts[0].code)
    refuse_what_is_not_kept(method, *(value for value in values.values() if isinstance(value, str)))
    return values


def refuse_what_is_not_kept(method: ArchiveMethod, *texts: str) -> None:
    """Refused when a text speaks of gifts, kickbacks or somebody's family."""
    for text in texts:
        word = next((word for word in method.refused.value if word in text.casefold()), "")
        if word:
            raise Refused(
                _("档案不记礼品、回扣和家庭情况（“%(word)s”）。请只写工作上的事；礼品要走登记。")
                % {"word": word}
            )


def _value(part: FactPart, said: str) -> Any:
    text = plain(said)
    if not text:
        return None
    match part.type:
        case "number" | "share" | "money":
            return _number(part, text)
        case "month":
            if not re.fullmatch(r"0?[1-9]|1[0-2]", text, re.ASCII):
                raise Refused(_("月份请写 1–12。"), field=part.code)
            return int(text)
        case "day":
            try:
                return date.fromisoformat(text).isoformat()
            except ValueError as error:
                raise Refused(_("日期请写成 2026-01-31。"), field=part.code) from error
        case "choice":
            if text not in part.choices:
                raise Refused(_("请从列出的里面选。"), field=part.code)
    if len(text) > LONGEST:
        raise Refused(_("太长了：最多 %(most)s 个字。") % {"most": LONGEST}, field=part.code)
    return text


def _number(part: FactPart, text: str) -> str:
    least, most = (0, 100) if part.type == "share" else (part.least, part.most)
    try:
        number = Decimal(text.rstrip("%％ ").replace(",", ""))
    except InvalidOperation as error:
        raise Refused(_("请写数字。"), field=part.code) from error
    if (
        not number.is_finite()
        or (least is not None and number < least)
        or (most is not None and number > most)
    ):
        sentence = _("请写 %(least)s 到 %(most)s 之间的数。")
        raise Refused(
            sentence % {"least": "–" if least is None else least, "most": "–" if most is None else most},
            field=part.code,
        )
    return f"{number.normalize():f}"


def is_stale(method: ArchiveMethod, fact: KnownFact, today: date) -> bool:
    """Whether nobody should rely on ``fact`` any more without asking again."""
    return is_stale_on(method, day=fact.day, expires=fact.expires, today=today)


def is_stale_on(method: ArchiveMethod, *, day: date, expires: date | None, today: date) -> bool:
    """The same for a fact known since ``day``."""
    if expires is not None:
        return expires < today
    return day < today - timedelta(days=method.stale_days.value)


def quality(method: ArchiveMethod, facts: Sequence[KnownFact], today: date) -> Quality:
    """The four natures (ARC-14): accuracy, timeliness, completeness, relevance."""
    expected = {kind.code for kind in method.kinds if kind.expected}
    weights = method.confidence.value
    if not facts:
        return Quality(None, None, 0.0, None)
    return Quality(
        accuracy=sum(weights[fact.confidence] for fact in facts) / len(facts),
        timeliness=sum(not is_stale(method, fact, today) for fact in facts) / len(facts),
        completeness=len(expected & {fact.kind for fact in facts}) / len(expected),
        relevance=sum(fact.kind in expected for fact in facts) / len(facts),
    )


def completeness(method: ArchiveMethod, known: Iterable[str]) -> dict[str, tuple[int, int]]:
    """For each tab, how many of the expected kinds are known, of how many."""
    have = set(known)
    found = dict.fromkeys(method.tabs.value, (0, 0))
    for kind in method.kinds:
        if kind.expected:
            there, of = found[kind.tab]
            found[kind.tab] = (there + (kind.code in have), of + 1)
    return found


def lint(method: ArchiveMethod, facts: Sequence[KnownFact], today: date) -> list[Issue]:
    """What is wrong with the sheet of an account (ARC-13)."""
    known = {fact.kind for fact in facts}
    issues = [
        Issue("missing", kind.code) for kind in method.kinds if kind.expected and kind.code not in known
    ]
    seen: set[tuple[str, str]] = set()
    for fact in facts:
        if is_stale(method, fact, today):
            issues.append(Issue("stale", fact.kind, fact.pk))
        if not fact.source:
            issues.append(Issue("unsourced", fact.kind, fact.pk))
        texts = [str(value).casefold() for value in fact.values.values()]
        if any(word in text for text in texts for word in method.subjective.value):
            issues.append(Issue("subjective", fact.kind, fact.pk))
        same = (fact.kind, "\n".join(texts))
        if same in seen:
            issues.append(Issue("double", fact.kind, fact.pk))
        seen.add(same)
    return issues


def replacement_risk(facts: Iterable[KnownFact]) -> float | None:
    """How strongly rivals pull against us (ARC-10), 0–1; None where shares or satisfaction are not known.

    A rival pulls with its share × satisfaction ÷ 5, we hold with ours; the risk is the rivals' part.
    """
    rivals = ours = 0.0
    counted = 0
    for fact in facts:
        values = fact.values
        if fact.kind != "supplier" or not {"share", "satisfaction", "ours"} <= set(values):
            continue
        pull = float(values["share"]) * float(values["satisfaction"]) / 5
        counted += 1
        if values["ours"] == "us":
            ours += pull
        else:
            rivals += pull
    return rivals / (rivals + ours) if counted > 1 and rivals + ours else None


def unserved_business(facts: Sequence[KnownFact]) -> list[str]:
    """Lines of the account's business for which it uses none of our products (ARC-03), the largest first.

    A line is served where a product line in use, or what it is used for, speaks of it.
    """
    used = " ".join(
        str(value) for fact in facts if fact.kind == "product_line" for value in fact.values.values()
    ).casefold()
    lines = {
        str(fact.values["what"]): float(fact.values.get("share") or 0)
        for fact in facts
        if fact.kind == "main_business" and fact.values.get("what")
    }
    open_ones = [what for what in lines if what.casefold() not in used]
    return sorted(open_ones, key=lambda what: -lines[what])


def next_budgeting(facts: Iterable[KnownFact], today: date) -> date | None:
    """The first day of the next month in which the account budgets (ARC-08)."""
    months = {
        int(fact.values["month"]) for fact in facts if fact.kind == "budget_cycle" and "month" in fact.values
    }
    if not months:
        return None
    every = {(month - 1 + step) % 12 + 1 for month in months for step in (0, 3, 6, 9)}
    quarterly = any(fact.kind == "budget_cycle" and fact.values.get("cycle") == "quarter" for fact in facts)
    wanted = every if quarterly else months
    ahead = (
        (today.year + (today.month - 1 + step) // 12, (today.month - 1 + step) % 12 + 1)
        for step in range(1, 13)
    )
    return next(date(year, month, 1) for year, month in ahead if month in wanted)
