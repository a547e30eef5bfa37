"""Every field that somebody may not see holds a word of its own, and no answer to them holds that word.

The whole sweep is ``make canary``; every run of the tests asks a share of it.
"""

from __future__ import annotations

import io
import itertools
import os
import re
import shlex
import zipfile
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.db import models, transaction

from changqing.accounts.models import Account, Contact, Person
from changqing.base.history import TRACKED
from changqing.dossier.models import Note
from changqing.journeys import prepare_book
from changqing.people.permissions import Part
from changqing.reports.conftest import People, orders_come
from changqing.web.team.test_matrix import FILTERS, SORTS, Everybody, everything_described
from matrix import KEYS, ROLES, canary, described, parts_read, people_of_the_matrix, plant

IS_WHOLE = "CHANGQING_CANARY_RESPONSES" in os.environ
RESPONSES = int(os.environ.get("CHANGQING_CANARY_RESPONSES", "1000"))
# who has orders of a shape of their own: (amount, cost) by key; every figure occurs once in the book
ORDERS = {
    "A1": (Decimal("70001.37"), Decimal("12345.67")),
    "B2": (Decimal("80002.53"), Decimal("23456.78")),
    "C3": (Decimal("90003.71"), Decimal("34567.89")),
    "D4": (Decimal("60004.19"), Decimal("45678.91")),
    "E5": (Decimal("50005.29"), Decimal("15678.92")),
}
MADE_BY_HAND = {"Account", "Contact", "TeamMembership", "Change", "AuditLine"}
# a note that somebody keeps to themselves: none of the thirteen wrote it
PRIVATE = "cnryprivate"
# shown to whom a short run does not happen to ask
UNSHOWN = {Part.SCORE}
# (target, part) → the words that give it away
Canaries = dict[tuple[str, Part], set[str]]


class Figure(int):
    """An amount to the cent where whole ones are written."""

    def __new__(cls, amount: Decimal) -> Figure:
        made = super().__new__(cls, int(amount))
        made.amount = amount
        return made

    amount: Decimal

    def __str__(self) -> str:
        return str(self.amount)


def money(amount: Decimal) -> set[str]:
    return {f"{amount:,.2f}", f"{amount:.2f}"}


def words_of(row: models.Model | None) -> set[tuple[Part, str]]:
    """The words that ``row`` holds, each with the part of the account that it belongs to."""
    if row is None:
        return set()
    own, tracked, found = Part(row.account_part), TRACKED.get(type(row).__name__), set()  # type: ignore[attr-defined]
    for column in row._meta.concrete_fields:
        value = getattr(row, column.attname)
        if isinstance(value, (str, dict)):
            part = Part(tracked.part_of(column.name) or own) if tracked else own
            found |= {(part, word) for word in re.findall(r"cnry[a-z0-9]+z", str(value))}
    return found


def planted(people: dict[str, Any]) -> tuple[Canaries, list[str]]:
    """A book where each account's parts hold words of their own; which tables hold some."""
    found: Canaries = {}
    tables = {"Account", "Contact", "Person", "ledger"}
    orders_come(
        [
            (key, f"CN{key}", "2024-06-01", Figure(amount), Figure(cost), "轴承")
            for key, (amount, cost) in ORDERS.items()
        ]
    )
    for target, key in KEYS.items():
        account = Account.objects.filter(key=key).first()
        if account is None:
            continue

        def hide(words: set[tuple[Part, str]], at: str = target) -> None:
            for part, word in words:
                found.setdefault((at, part), set()).add(word)

        name, tax = canary(Account, key, "name"), canary(Account, key, "tax")
        Account.objects.filter(pk=account.pk).update(name=f"客户 {name}", tax_number=tax)
        hide({(Part.BASIC, name), (Part.BASIC, tax)})
        person = plant(Person, account, people)
        post = plant(Contact, account, people, person=person, email=f"{canary(Contact, key, 'mail')}@x.test")
        assert isinstance(person, Person) and isinstance(post, Contact)
        hide({(Part.NAMES, person.name)})
        open_to_all = {post.title, post.department}
        hide({(Part.NAMES if word in open_to_all else part, word) for part, word in words_of(post)})
        if key in ORDERS:
            amount, cost = ORDERS[key]
            hide({(Part.REVENUE, word) for word in money(amount)})
            hide({(Part.MARGIN, word) for word in money(cost) | money(amount - cost)})
        for model in apps.get_app_config("changqing").get_models():
            if getattr(model, "account_path", None) == "account" and model.__name__ not in MADE_BY_HAND:
                words = words_of(plant(model, account, people))
                hide(words)
                tables |= {model.__name__} if words else set()
        private = plant(Note, account, people, text=f"{PRIVATE}{key}z".lower(), is_private=True)
        assert private is not None
    return found, sorted(tables)


def told(answer: Any) -> str:
    """All that an answer says, workbooks unzipped, with its headers."""
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            content = b"\n".join(book.read(name) for name in book.namelist())
    return f"{answer.headers} {content.decode('utf-8', 'replace')}".lower()


def addresses(people: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(method, address) of every described route for every account, then the list asked in every way.

    First each route once, for one account or another, so that a short run has asked them all.
    """
    lines = [(line, [*line.addresses.values()]) for line in everything_described(people)]
    for turn in range(len(KEYS)):
        for at, (line, known) in enumerate(lines):
            if turn < len(known):
                methods = {method for rule in line.rules for method in rule.methods} & {"GET", "POST"}
                for method in sorted(methods)[: None if turn else 1]:
                    yield method, known[(turn + at) % len(known)]
    for key in KEYS.values():
        for name, at in itertools.product(("name", "tax"), (4, 9, -2)):
            yield "GET", f"/accounts/?q={canary(Account, key, name)[:at]}"
        yield from (("GET", f"/people/?q={canary(Person, key, 'name')[:at]}") for at in (4, 9, -2))
        yield "GET", f"/accounts/{key}/%00?part=history"
        yield from (("GET", f"/team/{key}/?user={name}") for name in ROLES if name != "integration")
    ways = ("", "part=composition", "part=filters", "export=csv", "export=xlsx")
    for period, filter_, sort, turn_, way in itertools.product(
        ("36m", "12m", "all"), ("", *FILTERS), ("", *SORTS), ("", "-"), ways
    ):
        yield "GET", f"/accounts/?period={period}&{filter_}&sort={turn_ if sort else ''}{sort}&{way}"


def given_away(said: str, role: str, canaries: Canaries) -> list[str]:
    """The words in ``said`` that ``role`` may not see; the answer to who has asked for none holds few."""
    if not re.search(r"cnry|\d\.\d", said):
        return []
    hidden = [
        word
        for (target, part), words in canaries.items()
        if part not in parts_read(role, target)
        for word in words
        if word in said
    ]
    return hidden + re.findall(rf"{PRIVATE}\w+", said)


def test_no_answer_holds_what_its_reader_may_not_see(
    small_book: People, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    people = people_of_the_matrix(small_book)
    asking = list(addresses(people))
    canaries, tables = planted(people)
    everybody, asked, leaks = Everybody(people), 0, []
    seen: set[Part] = set()
    links: dict[str, set[str]] = {role: set() for role in ROLES}
    for method, address in asking:
        if asked >= RESPONSES and not IS_WHOLE:
            break
        for role in ROLES:
            said = told(everybody.ask(role, method, address))
            asked += 1
            leaks += [(role, method, address, word) for word in given_away(said, role, canaries)]
            seen |= {part for (_at, part), words in canaries.items() if any(word in said for word in words)}
            if IS_WHOLE:
                links[role] |= set(re.findall(r'(?:href|hx-get)="(/[^"#]*)"', said))
    for role, found in links.items():
        for link in sorted(each for each in found if not each.startswith("/static/"))[:200]:
            said = told(everybody.ask(role, "GET", link.replace("&amp;", "&")))
            asked += 1
            leaks += [(role, "GET", link, word) for word in given_away(said, role, canaries)]
    logged = [word for words in canaries.values() for word in words if word in caplog.text.lower()]
    with capsys.disabled():
        print(f"\ncanaries: {asked:,} responses, words planted in {', '.join(tables)}")
    told_leaks = "\n".join(str(leak) for leak in sorted(set(leaks))[:60])
    assert not leaks, f"{len(leaks)} words were given away (to whom, method, address, word):\n{told_leaks}"
    assert logged == []
    assert asked >= RESPONSES
    # the words are there to be found: whoever may see them does
    assert seen >= {part for _target, part in canaries} - UNSHOWN


def test_no_command_tells_what_its_reader_may_not_see(
    small_book: People, command: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepare_book, "prepare_book", lambda: False)
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    people = people_of_the_matrix(small_book)
    canaries, _tables = planted(people)
    lines = [words for words, who in described()["commands"].items() if who != "machine"]
    leaks = []
    for at, words in enumerate(lines):
        for turn, role in enumerate(ROLES):
            keys = [*KEYS.values()] if "KEY" in words else [""]
            for key in keys if IS_WHOLE else [keys[(at + turn) % len(keys)]]:
                with transaction.atomic():
                    ran = command("--as", people[role].username, *shlex.split(words.replace("KEY", key)))
                    transaction.set_rollback(True)
                text = (ran.out + ran.err).lower()
                leaks += [(role, words, key, word) for word in given_away(text, role, canaries)]
    assert leaks == []
