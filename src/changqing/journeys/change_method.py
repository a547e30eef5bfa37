"""A method is changed: first it is shown who would move, then it is published and every account follows."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app as queue

from changqing.base.packs import parse
from changqing.base.refused import Refused
from changqing.journeys.prepare_book import SHIPPED
from changqing.ledger.actions import lock_the_book
from changqing.ledger.queries import as_of
from changqing.people.permissions import Principal, check_may, operator
from changqing.records.actions import publish_method
from changqing.records.queries import method_in_force, method_version
from changqing.retention.actions import look_at_the_book
from changqing.value.actions.rankings import rank_the_book
from changqing.value.actions.scoring import cuts_of, known_of, read_book, recut_the_book, score_the_book
from changqing.value.queries.methods import fit_in_force, fitted_of, methods_in_force
from changqing.value.queries.worth import tiers_held
from changqing.value.rules.score import Methods, Scored, score
from changqing.value.rules.stored import standing_columns

if TYPE_CHECKING:
    from changqing.records.models import MethodVersion

NAMED = 200


@dataclass(frozen=True)
class Move:
    """One account that a change would move: from which tier to which, and why; ``waits`` for approval."""

    key: str
    name: str
    tier: str
    to: str
    waits: bool
    reason: list[dict[str, Any]]


@dataclass(frozen=True)
class Preview:
    """``before`` and ``after`` count accounts by tier; ``moves`` names the first, ``total`` counts all."""

    before: dict[str, int]
    after: dict[str, int]
    moves: list[Move]
    total: int
    names: dict[str, str]


def preview(*, by: Principal, pack: str, text: str) -> Preview:
    """Who would move if ``text`` were published as ``pack``; nothing is stored."""
    check_may(by, "read methods")
    methods = _with(pack, text)
    fit, last = fit_in_force(), as_of()
    names = {tier.code: str(tier.name) for tier in methods.tiers.governs.tiers}
    if fit is None or last is None or pack not in ("tiers", "worth"):
        return Preview({}, {}, [], 0, names)
    book = read_book(last)
    fitted = fitted_of(fit)
    cuts = cuts_of(book, last, fitted, methods)
    fitted = replace(fitted, reference=replace(fitted.reference, cuts=cuts))
    scored = score(book, last, fitted, methods, known_of(book, last, methods))
    return _compared(scored, names)


def _compared(scored: Scored, names: dict[str, str]) -> Preview:
    held = tiers_held()
    moves: list[Move] = []
    after: Counter[str] = Counter()
    asked = standing_columns(scored).select(["account_id", "tier", "proposed", "reason"])
    for account, now, then, reason in zip(*(column.to_pylist() for column in asked.columns), strict=True):
        after[now] += 1
        key, name, tier, proposed = held.get(account, ("", "", "", ""))
        waits = bool(then) and then != proposed
        if tier != now or waits:
            to = now if tier != now else then
            moves.append(Move(key, name, tier, to, waits and tier == now, json.loads(reason)))
    before = Counter(tier for _key, _name, tier, _proposed in held.values())
    return Preview(dict(before), dict(after), moves[:NAMED], len(moves), names)


@transaction.atomic
def publish(*, by: Principal, pack: str, text: str, because: str, later: bool = False) -> MethodVersion:
    """Bring ``text`` into force as the next version of ``pack`` and let every account follow, now or, as a
    page wishes that does not wait for a whole book, ``later`` by the queue."""
    check_may(by, "change methods")
    if not because.strip():
        raise Refused(_("请写明为什么改：以后的人要读得懂。"), field="because")
    checked = parse(pack, text, _model(pack))
    if checked.digest == method_in_force(pack).digest:
        raise Refused(_("内容与现行版本相同，没有发布。"), field="text")
    made = publish_method(by=by, pack=pack, text=text, digest=checked.digest, because=because.strip())
    if later:
        queue.configure_task("book:follow_method").defer(pack=pack)
    else:
        follow(pack)
    return made


@transaction.atomic
def follow(pack: str) -> None:
    """Let every account follow the version of ``pack`` that is in force."""
    by_itself = operator(because=f"method {method_in_force(pack)}")
    lock_the_book()
    if pack == "concentration":
        rank_the_book(by=by_itself)
    elif pack in ("tiers", "worth"):
        recut_the_book(by=by_itself)
        score_the_book(by=by_itself)
    elif pack == "warnings":
        look_at_the_book(by=by_itself)


@transaction.atomic
def restore(*, by: Principal, pack: str, version: int, later: bool = False) -> MethodVersion:
    """Publish an earlier version anew: history goes on, nothing is taken back."""
    check_may(by, "change methods")
    earlier = method_version(pack, version)
    if earlier is None:
        raise Refused(_("%(pack)s 没有第 %(version)s 版。") % {"pack": pack, "version": version})
    because = _("恢复第 %(version)s 版") % {"version": version}
    return publish(by=by, pack=pack, text=earlier.text, because=because, later=later)


def _model(pack: str) -> Any:
    if pack not in SHIPPED:
        raise Refused(_("没有名为“%(pack)s”的方法包。") % {"pack": pack})
    return SHIPPED[pack]


def _with(pack: str, text: str) -> Methods:
    """The methods in force, with ``text`` in place of one of them."""
    methods, method = methods_in_force(), parse(pack, text, _model(pack)).method
    if pack == "tiers":
        return replace(methods, tiers=method)
    return replace(methods, worth=method) if pack == "worth" else methods
