"""Every route, fragment and command, asked as everybody for every kind of account, does what is described.

After each refusal the database is as it was: the counters of the running transaction say that no row was
inserted, changed or deleted, not even by a statement that was taken back later.
"""

from __future__ import annotations

import io
import os
import shlex
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.cookies import SimpleCookie
from random import Random
from typing import Any

import pytest
from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from django.db import connection, transaction
from django.test import Client

from changqing.journeys import prepare_book
from changqing.people.models import User
from changqing.reports.conftest import People
from matrix import (
    FILE,
    KEYS,
    METHODS,
    ROLES,
    Rule,
    described,
    line_for,
    parts_read,
    people_of_the_matrix,
    routes,
    rows_of_the_matrix,
)

# what a refusal may leave behind: its own trace
TRACES = ("django_session", "changqing_auditline")
WRITTEN = (
    "SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) FROM pg_stat_xact_user_tables "
    "WHERE relname <> ALL(%s)"
)
LEAST_CELLS = 10_000
# ``make matrix`` asks with every method for every account; each run of the tests draws some of them
IS_WHOLE = bool(os.environ.get("CHANGQING_MATRIX"))
READ_AND_WRITE, NOWHERE = ("GET", "POST"), 10**15
MOST_TOLD = 60
LONGEST_RUN = 86_400
SORTS = {"rank": "revenue", "revenue": "revenue", "margin": "margin", "last": "revenue", "name": "basic"}
WAYS = ("", "&part=composition", "&export=csv")
FILTERS = {
    "loss=1": "margin",
    "never=1": "revenue",
    "silent=9": "revenue",
    "abc=A": "revenue",
    "q=x": "basic",
}


def written() -> int:
    """Rows written so far in this transaction."""
    with connection.cursor() as cursor:
        cursor.execute(WRITTEN, [list(TRACES)])
        return int(cursor.fetchone()[0])


class Everybody:
    """A client for each of the thirteen, for who has left and for nobody; cookies as after the sign-in."""

    def __init__(self, people: dict[str, User]) -> None:
        self.clients: dict[str, tuple[Client, str]] = {}
        for name in (*ROLES, "left", "anonymous"):
            client = Client(raise_request_exception=False)
            if name != "anonymous":
                client.force_login(people[name])
                # as right after the sign-in, however long the run: the second question of some pages has been
                # answered
                session = client.session
                answered = time.time() + LONGEST_RUN
                session[AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": "password", "at": answered}]
                session[f"{AUTHENTICATION_METHODS_SESSION_KEY}_user"] = str(people[name].pk)
                session.save()
            self.clients[name] = (client, client.cookies.output(header="", sep=";"))

    def ask(self, name: str, method: str, address: str) -> Any:
        """The answer; what was written is taken back. What stands in the address is sent as a form too."""
        client, cookies = self.clients[name]
        client.cookies = SimpleCookie(cookies)
        if method == "GET":
            return client.get(address)
        form = address.partition("?")[2] if method == "POST" else ""
        with transaction.atomic():
            answer = client.generic(method, address, form, "application/x-www-form-urlencoded")
            transaction.set_rollback(True)
        return answer


@dataclass(frozen=True)
class Asked:
    """One line of routes.toml with the addresses that it stands for, by whose account is meant."""

    name: str
    rules: list[Rule]
    addresses: dict[str, str]
    # a number in it that is no row of an account may name what is not there
    is_blind: bool

    def drawn_methods(self, drawn: Random) -> list[str]:
        """One that the route knows, and now and then one that it may not."""
        known = [method for method in READ_AND_WRITE if any(method in rule.methods for rule in self.rules)]
        return [drawn.choice(known), *([drawn.choice(METHODS)] if drawn.random() < 0.1 else [])]

    def expects(self, role: str, method: str, target: str) -> int:
        rule = next((rule for rule in self.rules if method in rule.methods), None)
        if rule:
            return rule.expects(role, target)
        return 302 if role in {"left", "anonymous"} and not self.rules[0].is_open else 405

    def agrees(self, expected: int, method: str, status: int) -> bool:
        """Whether the answer is the one described. Where it is answered, what was sent may be refused."""
        may_miss = self.is_blind or any(rule.may_miss for rule in self.rules if method in rule.methods)
        if expected != 200:
            return status == expected or (expected == 403 and may_miss and status == 404)
        if status == 404:
            return may_miss
        good = status < 400 or (status == 400 and may_miss)
        return good or (method not in {"GET", "HEAD"} and status in {400, 403, 409, 422})


def everything_described(people: dict[str, User]) -> list[Asked]:
    known, lines = {route.name: route for route in routes()}, described()["routes"]
    wanted = {name: line_for(name, lines) for name in known}
    rows = rows_of_the_matrix(people)
    found = []
    for name, line in (wanted | {name: line for name, line in lines.items() if "?" in name}).items():
        route, query = known[name.partition("?")[0]], name.partition("?")[2]
        rules = Rule.read(str(line))
        of = next((rule.of for rule in rules if rule.of), "")
        may_miss = any(rule.may_miss for rule in rules)
        has_key = "key" in route.converters or "KEY" in query
        addresses = {
            target: route.address(key, rows.get((of, key), NOWHERE if of or may_miss else 1))
            + (f"?{query.replace('KEY', key)}" if query else "")
            for target, key in (KEYS if has_key or of else {"–": ""}).items()
        }
        is_blind = bool(set(route.converters) - {"key"}) and not of
        found.append(Asked(name, rules, addresses, is_blind))
    return found


@pytest.mark.long
def test_the_matrix_of_routes(small_book: People, capsys: pytest.CaptureFixture[str]) -> None:
    people = people_of_the_matrix(small_book)
    asked, everybody = everything_described(people), Everybody(people)
    mismatches: list[object] = []
    cells, after = 0, written()
    for line in asked:
        drawn = Random(line.name)
        for role in (*ROLES, "left", "anonymous"):
            for method in METHODS if IS_WHOLE else line.drawn_methods(drawn):
                targets = list(line.addresses)
                for target in targets if IS_WHOLE else [drawn.choice(targets)]:
                    expected, address = line.expects(role, method, target), line.addresses[target]
                    answer = everybody.ask(role, method, address)
                    status = answer.status_code
                    if answer.streaming:
                        # read to the end it closes what it read from
                        b"".join(answer.streaming_content)
                    cells += 1
                    if not line.agrees(expected, method, status):
                        mismatches.append((role, method, address, expected, status))
                    before, after = after, written()
                    if expected != 200 and after != before:
                        mismatches.append((role, method, address, expected, "wrote"))
    with capsys.disabled():
        print(f"\nmatrix of routes: {cells:,} cells over {len(asked)} routes and fragments")
    said = "\n".join(str(each) for each in mismatches[:MOST_TOLD])
    assert not mismatches, (
        f"{len(mismatches)} answers are not what {FILE.name} says (who, method, address, expected, answered):"
        f"\n{said}"
    )
    assert not IS_WHOLE or cells >= LEAST_CELLS


def test_the_list_shows_whom_one_may_see_and_sorts_by_nothing_else(
    small_book: People, capsys: pytest.CaptureFixture[str]
) -> None:
    everybody, cells, drawn = Everybody(people_of_the_matrix(small_book)), 0, Random("list")
    mismatches: list[object] = []
    ways = {f"sort={name}": part for name, part in SORTS.items()} | FILTERS
    for role in ROLES:
        for target, key in KEYS.items():
            answer = everybody.ask(role, "GET", f"/accounts/?q={key}").content.decode()
            cells += 1
            if (f'<span class="sub">{key}</span>' in answer) != bool(parts_read(role, target)):
                mismatches.append((role, target))
        seen = {part for target in KEYS for part in parts_read(role, target)}
        for query, part in ways.items():
            for way in WAYS if IS_WHOLE else [drawn.choice(WAYS)]:
                expected = 400 if seen and part not in seen else 200
                status = everybody.ask(role, "GET", f"/accounts/?{query}{way}").status_code
                cells += 1
                if status != expected:
                    mismatches.append((role, query + way, expected, status))
    with capsys.disabled():
        print(f"\nmatrix of the list: {cells:,} cells")
    assert mismatches == [], f"{len(mismatches)} mismatches, such as {mismatches[:40]}"


def test_the_matrix_of_commands(
    small_book: People,
    command: Callable[..., Any],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # the book is ready; asking so again for every command would take the time of everything else together
    monkeypatch.setattr(prepare_book, "prepare_book", lambda: False)
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    people = people_of_the_matrix(small_book)
    mismatches: list[object] = []
    cells = 0
    for words, who in described()["commands"].items():
        if who == "machine":
            continue
        (rule,), drawn = Rule.read(who), Random(words)
        keys = KEYS if "KEY" in words.split() else {"–": ""}
        for role in (*ROLES, "left"):
            for target in keys if IS_WHOLE else [drawn.choice([*keys])]:
                given = shlex.split(words.replace("KEY", shlex.quote(keys[target])))
                expected = rule.expects(role, target) if role != "left" else 403
                before = written()
                with transaction.atomic():
                    ran = command("--as", people[role].username, *given)
                    transaction.set_rollback(True)
                cells += 1
                if expected != 200 and (ran.code != 1 or ran.out or written() != before):
                    mismatches.append((role, given, expected, ran))
                if "--json" in given and expected == 200 and ran.code:
                    mismatches.append((role, given, expected, ran))
    with capsys.disabled():
        print(f"\nmatrix of commands: {cells:,} cells")
    said = "\n".join(str(each) for each in mismatches[:MOST_TOLD])
    assert not mismatches, f"{len(mismatches)} commands do not do what {FILE.name} says:\n{said}"
