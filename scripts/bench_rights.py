"""What it costs that a list holds only what its reader may see: 100,000 accounts, 300 users, 40 departments.

The list of accounts is asked as an account manager with a team place here and there, as the head of a
division and as an executive, whose rule says nothing but "not withdrawn". ``--write`` keeps the table in
docs/evidence/rights.md. Goal: no more than 2 ms on top of the same list without the rule.
"""

from __future__ import annotations

import argparse
import os
import random
import secrets
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

EVIDENCE = Path(__file__).resolve().parents[1] / "docs" / "evidence" / "rights.md"
ACCOUNTS, USERS, DEPARTMENTS, PLACES = 100_000, 300, 40, 6_000
GOAL_MS = 2.0
ROUNDS = 60


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--write", action="store_true", help="keep the table in docs/evidence/rights.md")
    asked = words.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"CHANGQING_DATA": folder, "CHANGQING_SECRET_KEY": secrets.token_hex(32)}
        os.environ["DJANGO_SETTINGS_MODULE"] = "changqing.settings"
        from changqing.machine.folder import DataFolder
        from changqing.machine.postgres import database

        data = DataFolder.from_environment()
        data.create()
        with database(data) as url:
            os.environ["DATABASE_URL"] = url
            import django

            django.setup()
            from changqing.journeys.prepare_book import prepare_book

            prepare_book()
            people = make_book()
            table = measured(people)
            from django.db import connections

            for connection in connections.all():
                connection.close()
                connection.close_pool()  # type: ignore[attr-defined]
    print(table)
    if asked.write:
        EVIDENCE.write_text(table + "\n", encoding="utf-8")
    return 0


def make_book() -> dict[str, Any]:
    """Departments in two levels, an owner and a backup for each account, places in teams at random."""
    from django.db import connection
    from django.utils import timezone

    from changqing.accounts.models import Account, TeamMembership
    from changqing.people.actions import add_department
    from changqing.people.models import User

    chance = random.Random(20)  # noqa: S311
    divisions = [add_department(name=f"division {n}") for n in range(5)]
    leaves = [
        add_department(name=f"team {n}", parent=divisions[n % 5]) for n in range(DEPARTMENTS - len(divisions))
    ]
    users = User.objects.bulk_create(
        User(username=f"u{n}", full_name=f"User {n}", department=leaves[n % len(leaves)])
        for n in range(USERS)
    )
    director = User.objects.create(username="d", full_name="D", role="director", department=divisions[0])
    executive = User.objects.create(username="e", full_name="E", role="executive")
    accounts = []
    for n in range(ACCOUNTS):
        owner = users[n % USERS]
        accounts.append(
            Account(
                key=f"K{n}",
                name=f"Company {n}",
                pinyin=f"company {chance.random():.9f}",
                search=f"company {n}",
                owner=owner,
                backup=users[(n * 7 + 1) % USERS],
                department=owner.department,
                is_sealed=n % 500 == 0,
            )
        )
    Account.objects.bulk_create(accounts, batch_size=5_000)
    ids = list(Account.objects.values_list("pk", flat=True))
    places = {(chance.choice(ids), chance.choice(users).pk) for _place in range(PLACES)}
    TeamMembership.objects.bulk_create(
        [
            TeamMembership(account_id=account, user_id=user, role="reader", since=timezone.localdate())
            for account, user in sorted(places)
        ],
        batch_size=2_000,
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return {"account manager": users[0], "head of a division": director, "executive": executive}


def timed(deed: Callable[[], Any]) -> float:
    """Median milliseconds of ``deed``, after it ran a few times unmeasured."""
    for _warm in range(5):
        deed()
    spent = []
    for _round in range(ROUNDS):
        start = time.perf_counter()
        deed()
        spent.append((time.perf_counter() - start) * 1000)
    return median(spent)


def measured(people: dict[str, Any]) -> str:
    from changqing.accounts.models import Account
    from changqing.accounts.queries import visible_to
    from changqing.people.models import User

    rows = [
        "# What the rule of who sees what costs",
        "",
        f"{ACCOUNTS:,} accounts, {USERS} users, {DEPARTMENTS} departments, {PLACES:,} places in teams. "
        "The first fifty by name, and how many there are: once through `visible_to`, asked by a person just "
        "loaded as each request does, once from the same accounts marked beforehand, as if rights cost "
        f"nothing. Median of {ROUNDS}.",
        "",
        "| reader | sees | with the rule, ms | without, ms | added, ms | goal |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, person in people.items():
        seen = visible_to(person, Account.objects.all())
        ids = list(seen.values_list("pk", flat=True))
        # the same accounts, found by one indexed column instead of by the rule
        Account.objects.update(currency="")
        Account.objects.filter(pk__in=ids).update(currency="X")
        _index()

        def first_page(of: Any) -> None:
            list(of.order_by("pinyin", "pk")[:50])
            of.count()

        def with_rule(pk: int = person.pk) -> None:
            first_page(visible_to(User.objects.get(pk=pk), Account.objects.all()))

        def without(pk: int = person.pk) -> None:
            User.objects.get(pk=pk)
            first_page(Account.objects.filter(currency="X"))

        ruled, bare = timed(with_rule), timed(without)
        added = ruled - bare
        verdict = "met" if added <= GOAL_MS else f"missed: at most {GOAL_MS} ms"
        rows.append(f"| {name} | {len(ids):,} | {ruled:.1f} | {bare:.1f} | {added:+.1f} | {verdict} |")
    return "\n".join(rows)


def _index() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("CREATE INDEX IF NOT EXISTS marked ON changqing_account (currency, pinyin, id)")
        cursor.execute("VACUUM ANALYZE changqing_account")


if __name__ == "__main__":
    sys.exit(main())
