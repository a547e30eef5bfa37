"""Accounts become one and two again, in any order, and every figure, person and field is as before."""

from __future__ import annotations

import random
from typing import Any

import pytest
from django.apps import apps

from changqing.accounts.actions import add_contact
from changqing.accounts.models import Account
from changqing.accounts.queries import accounts, where_merged
from changqing.base.refused import Refused
from changqing.dossier.actions.editing import create_account, edit_account
from changqing.dossier.actions.merging import DERIVED, MOVES, STAYS, say_apart
from changqing.dossier.models import AccountMerge
from changqing.dossier.queries.likeness import alike_pairs, like, like_a_new
from changqing.people.permissions import operator
from changqing.reports.conftest import People

BY = operator(because="a test")
# The ledger moves its customer keys itself, since figures hang on them.
KINDS = {MOVES, STAYS, DERIVED, "ledger"}
NO_STATE = {"version", "touched_at"}
# Worked out in the merge's own transaction; other judgements come with their next run.
FIGURES = {"AccountMonth", "AccountFlow", "AccountTotals", "AccountRank"}


def tables() -> list[Any]:
    models = apps.get_app_config("changqing").get_models()
    return [model for model in models if getattr(model, "account_path", "") not in ("", None)]


def state() -> dict[str, Any]:
    """Everything that hangs on accounts, and the accounts, but how often each was written."""
    kept = [model for model in tables() if model is not AccountMerge and model.on_merge != DERIVED]
    said: dict[str, Any] = {
        model.__name__: list(model._default_manager.order_by("pk").values()) for model in kept
    }
    for model in tables():
        if model.__name__ in FIGURES:
            rows = model._default_manager.values()
            said[model.__name__] = sorted(
                sorted((name, str(value)) for name, value in row.items() if name not in ("id", "ranking_id"))
                for row in rows
            )
    said["Account"] = [
        {name: value for name, value in row.items() if name not in NO_STATE}
        for row in Account.objects.order_by("pk").values()
    ]
    return said


def account(key: str) -> Account:
    return Account.objects.get(key=key)


def test_every_table_of_accounts_says_what_a_merge_does_to_it() -> None:
    silent = [model.__name__ for model in tables() if getattr(model, "on_merge", "") not in KINDS]
    assert silent == [], 'say on_merge = "moves", "stays" or "derived" on these'


def merge(*keys: str, take: Any = (), by: Any = BY) -> AccountMerge:
    from changqing.journeys.merge_accounts import merge_accounts

    return merge_accounts(by=by, kept=keys[0], lost=keys[1], take=take)


def unmerge(pk: int, by: Any = BY) -> None:
    from changqing.journeys.merge_accounts import unmerge_accounts

    unmerge_accounts(by=by, pk=pk)


def test_two_become_one_and_two_again(small_book: People) -> None:
    add_contact(by=small_book.mei, account="B2", person="王磊", title="采购")
    edit_account(
        by=BY, key="F6", version=account("F6").version, fields={"parent": account("B2").pk, "tags": "年框"}
    )
    before = state()
    done = merge("A1", "B2", take=["name", "industry"], by=small_book.mei)
    now = account("A1")
    assert (now.name, now.industry, now.region) == ("华曜风电", "风电", "江苏")
    assert (now.totals.revenue, now.totals.lines) == (1300, 4)
    assert now.contacts.get().person.name == "王磊" and account("F6").parent == now
    assert not accounts(BY).filter(key="B2").exists()
    assert where_merged(small_book.mei, "B2") == now and where_merged(small_book.bo, "B2") is None
    with pytest.raises(Refused):
        merge("A1", "B2")
    unmerge(done.pk, by=small_book.mei)
    assert state() == before
    with pytest.raises(Refused):
        unmerge(done.pk)


def test_who_may_not_edit_both_merges_nothing(small_book: People) -> None:
    before = state()
    done = merge("A1", "B2")
    after = state()
    for attempt in (
        lambda: merge("A1", "C3", by=small_book.mei),
        lambda: merge("C3", "A1", by=small_book.bo),
        lambda: merge("A1", "A1"),
        lambda: merge("A1", "C3", by=small_book.gao),
        lambda: unmerge(done.pk, by=small_book.bo),
        lambda: unmerge(done.pk, by=small_book.gao),
    ):
        with pytest.raises(Refused):
            attempt()
        assert state() == after
    unmerge(done.pk)
    assert state() == before


def test_what_is_set_after_a_merge_stays(small_book: People) -> None:
    done = merge("A1", "B2", take=["name"])
    edit_account(by=BY, key="A1", version=account("A1").version, fields={"name": "新名"})
    add_contact(by=BY, account="A1", person="后来的人")
    unmerge(done.pk)
    assert account("A1").name == "新名" and "name" in account("A1").edited
    assert account("A1").contacts.get().person.name == "后来的人"
    assert account("B2").name == "华曜风电"


@pytest.mark.parametrize("seed", range(3))
def test_any_merges_taken_apart_leave_no_trace(small_book: People, seed: int) -> None:
    rng = random.Random(seed)
    keys = ["A1", "B2", "C3", "D4", "E5", "F6"]
    for number, key in enumerate(keys):
        add_contact(by=BY, account=key, person=f"人{number}")
        fields: dict[str, Any] = {"tags": [f"标签{number}", "共同"], "website": f"https://{key}.example/"}
        if number and rng.random() < 0.7:
            fields["parent"] = account(keys[rng.randrange(number)]).pk
        edit_account(by=BY, key=key, version=account(key).version, fields=fields)
    before = state()
    standing: list[int] = []
    for _ in range(10):
        if standing and rng.random() < 0.4:
            _try_unmerge(rng.choice(standing), standing)
            continue
        pair = rng.sample(keys, 2)
        take = rng.sample(["name", "industry", "region", "website", "parent", "owner"], rng.randrange(4))
        try:
            standing.append(merge(*pair, take=take).pk)
        except Refused:
            continue
    rng.shuffle(standing)
    while standing:
        left = len(standing)
        for pk in list(standing):
            _try_unmerge(pk, standing)
        assert len(standing) < left
    assert state() == before


def _try_unmerge(pk: int, standing: list[int]) -> None:
    try:
        unmerge(pk)
    except Refused:
        return
    standing.remove(pk)


def test_what_looks_alike_is_suggested(small_book: People) -> None:
    made = {
        name: create_account(by=BY, fields={"name": name, **more})
        for name, more in {
            "金陵特钢有限公司": {},
            "ＪＩＮ 特種鋼（集团）": {"website": "https://www.jl-steel.example/a"},
            "Jin特種鋼": {"tax_number": "91320100X"},
            "津陵特钢": {},
            "别家": {"tax_number": "91320100x", "website": "jl-steel.example"},
        }.items()
    }
    add_contact(by=BY, account=made["津陵特钢"].key, person="甲", email="a@JL-steel.example")
    add_contact(by=BY, account="C3", person="乙", email="b@qq.com")
    add_contact(by=BY, account="D4", person="丙", email="c@qq.com")
    pairs, total = alike_pairs(BY)
    names = dict(Account.objects.values_list("pk", "name"))
    said = {(names[pair.one], names[pair.other]): pair.signs for pair in pairs}
    assert total == len(pairs) == len(said)
    assert said["金陵特钢", "金陵特钢有限公司"] == ("name", "pinyin")
    assert said["ＪＩＮ 特種鋼（集团）", "Jin特種鋼"][0] == "name"
    assert said["Jin特種鋼", "别家"] == ("tax",)
    assert said["ＪＩＮ 特種鋼（集团）", "别家"] == ("domain",)
    assert said["金陵特钢", "津陵特钢"] == ("pinyin",)
    assert not any("北辰重工" in pair and "海川石化" in pair for pair in said)
    for one in (account("A1"), *made.values()):
        near = {(pair.one, pair.other): pair.signs for pair in like(BY, one, limit=100)}
        assert near == {(p.one, p.other): p.signs for p in pairs if one.pk in (p.one, p.other)}
    assert [names[pair.other] for pair in like_a_new(BY, name="天工半导体公司", pinyin="")] == ["天工半导体"]
    say_apart(by=BY, one="A1", other=made["津陵特钢"].key)
    assert alike_pairs(BY)[1] == total - 1
    assert alike_pairs(small_book.mei)[1] == 0
