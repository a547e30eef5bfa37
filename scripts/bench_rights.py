"""What it costs that a list holds only what its reader may see: 100,000 accounts, 300 users, 40 departments.

The list of accounts is asked as an account manager with a team place here and there, as the head of a
division and as an executive, whose rule says nothing but "not withdrawn". ``--write`` keeps the table in
docs/evidence/rights.md. Goal: no more than 2 ms on top of the list without the rule. Then duplicates are
looked for over the whole book (goal 60 s) and for one account at a time (goal 50 ms), among real names of
which one in fifty is written twice.
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
GOAL_BOOK_S, GOAL_ONE_MS, ASKED = 60.0, 50.0, 200
# one account in so many is there twice, under another legal form, with its tax number or its domain
TWINS = 50
CITIES = [
    "上海",
    "苏州",
    "无锡",
    "宁波",
    "杭州",
    "南京",
    "合肥",
    "武汉",
    "长沙",
    "成都",
    "西安",
    "沈阳",
    "大连",
    "青岛",
    "厦门",
    "佛山",
    "东莞",
    "天津",
    "郑州",
    "昆明",
]
FIRST = "金银铜铁华海云天长泰昆东南西中瑞宏鼎恒永安德信和合康隆盛兴茂裕丰达通远航博立新正"
TRADES = [
    "特钢",
    "风电",
    "重工",
    "石化",
    "铜业",
    "半导体",
    "造纸",
    "轴承",
    "电机",
    "泵阀",
    "仪表",
    "化纤",
    "水泥",
    "玻璃",
    "食品",
    "物流",
]
FORMS = ("有限公司", "股份有限公司")


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
    from changqing.accounts.rules import spoken
    from changqing.base.history import by_the_books
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
        owner, said = users[n % USERS], entry(n)
        heard = spoken(said["name"])
        accounts.append(
            Account(
                key=f"K{n}",
                **said,
                pinyin=heard.sort,
                search=f"{heard.search}\nk{n}",
                owner=owner,
                backup=users[(n * 7 + 1) % USERS],
                department=owner.department,
                is_sealed=n % 500 == 0,
            )
        )
    # as the books bring them: a hundred thousand entries that nobody made are no history
    with by_the_books():
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


def entry(n: int) -> dict[str, str]:
    """What the archive says of account ``n``: a name of its own, unless it is one of the twins at the end."""
    twins = ACCOUNTS // TWINS
    is_twin = n >= ACCOUNTS - twins
    like = n - (ACCOUNTS - twins) if is_twin else n
    # each number once, in no order
    place = like * 7919 % (len(CITIES) * len(FIRST) ** 2 * len(TRADES))
    place, city = divmod(place, len(CITIES))
    place, one = divmod(place, len(FIRST))
    trade, other = divmod(place, len(FIRST))
    return {
        "name": f"{CITIES[city]}{FIRST[one]}{FIRST[other]}{TRADES[trade]}{FORMS[is_twin]}",
        "tax_number": f"91{like:016d}" if like % 2 else "",
        "website": f"https://www.c{like}.example/" if like % 3 == 0 else "",
    }


def timed(deed: Callable[[], Any]) -> tuple[float, float]:
    """Median and fastest milliseconds of ``deed``, after it ran a few times unmeasured."""
    for _warm in range(5):
        deed()
    spent = []
    for _round in range(ROUNDS):
        start = time.perf_counter()
        deed()
        spent.append((time.perf_counter() - start) * 1000)
    return median(spent), min(spent)


def measured(people: dict[str, Any]) -> str:
    from changqing.accounts.models import Account
    from changqing.accounts.queries import visible_to
    from changqing.people.models import User
    from changqing.people.permissions import operator
    from changqing.value.queries.rankings import Cut, Narrowing, count_of, listed

    rows = [
        "# What the rule of who sees what costs",
        "",
        f"{ACCOUNTS:,} accounts, {USERS} users, {DEPARTMENTS} departments, {PLACES:,} places in teams. "
        "The account list as its page asks for it, how many there are and which fifty come first by name: "
        "once under the rule, by a person just loaded as each request does; once without any rule, over the "
        "whole book; and once over the reader's own accounts marked beforehand with an index for just that "
        f"mark and order, as if rights cost nothing at all. Fastest of {ROUNDS}, which other work on the "
        "machine does not touch; in brackets the median.",
        "",
        "| reader | sees | with the rule, ms | without | added | over a mark | added | goal |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |",
    ]
    wanted, everyone = Narrowing(), operator(because="a benchmark")

    def first_page(reader: Any) -> None:
        listed(reader, None, wanted, Cut(0, 50, "name"), count_of(reader, None, wanted))

    for name, person in people.items():
        ids = list(visible_to(person, Account.objects.all()).values_list("pk", flat=True))
        # the same accounts, found by one indexed column instead of by the rule
        Account.objects.update(currency="")
        Account.objects.filter(pk__in=ids).update(currency="X")
        _index()

        def with_rule(pk: int = person.pk) -> None:
            first_page(User.objects.get(pk=pk))

        def without(pk: int = person.pk) -> None:
            User.objects.get(pk=pk)
            first_page(everyone)

        def marked(pk: int = person.pk) -> None:
            User.objects.get(pk=pk)
            mine = Account.objects.filter(currency="X", archived_at=None)
            list(mine.order_by("pinyin", "pk").values_list("pk", flat=True)[:50])
            mine.count()

        ruled, bare, mark = timed(with_rule), timed(without), timed(marked)
        added = ruled[1] - bare[1]
        verdict = "met" if added <= GOAL_MS else f"missed: at most {GOAL_MS} ms"
        told = (f"{fastest:.1f} ({middle:.1f})" for middle, fastest in (ruled, bare, mark))
        with_it, without_it, by_mark = told
        rows.append(
            f"| {name} | {len(ids):,} | {with_it} | {without_it} | {added:+.1f} "
            f"| {by_mark} | {ruled[1] - mark[1]:+.1f} | {verdict} |"
        )
    return "\n".join([*rows, "", *duplicates(people)])


def duplicates(people: dict[str, Any]) -> list[str]:
    """How long it takes to look for duplicates: over the whole book, and for one account at a time."""
    from changqing.accounts.models import Account
    from changqing.accounts.queries import accounts
    from changqing.dossier.queries.likeness import alike_pairs, like, like_a_new
    from changqing.people.permissions import operator

    by = operator(because="a benchmark")
    start = time.perf_counter()
    _pairs, found = alike_pairs(by)
    whole = time.perf_counter() - start
    asked = list(accounts(by).order_by("pk")[:: ACCOUNTS // ASKED])
    one = _each(lambda account: like(by, account), asked)
    new = _each(lambda account: like_a_new(by, name=account.name, pinyin=account.pinyin), asked)
    mine = Account.objects.filter(owner=people["account manager"])
    start = time.perf_counter()
    alike_pairs(people["account manager"])
    part = time.perf_counter() - start

    def verdict(is_met: bool, goal: str) -> str:
        return "met" if is_met else f"missed: at most {goal}"

    ones = verdict(one <= GOAL_ONE_MS, "50 ms"), verdict(new <= GOAL_ONE_MS, "50 ms")

    return [
        "# What looking for duplicates costs",
        "",
        f"The same {ACCOUNTS:,} accounts under Chinese names, one in {TWINS} of them twice: under another "
        f"legal form, half with the same tax number, a third with the same domain. Found: {found:,} pairs.",
        "",
        "| asked | spent | goal |",
        "| --- | ---: | ---: |",
        f"| the whole book | {whole:.1f} s | {verdict(whole <= GOAL_BOOK_S, '60 s')} |",
        f"| an account manager's part, {mine.count():,} accounts | {part:.1f} s | – |",
        f"| one account, slowest of {ASKED} | {one:.1f} ms | {ones[0]} |",
        f"| one about to be created, slowest of {ASKED} | {new:.1f} ms | {ones[1]} |",
    ]


def _each(deed: Callable[[Any], Any], of: list[Any]) -> float:
    """Milliseconds of the slowest."""
    spent = []
    for each in of:
        start = time.perf_counter()
        deed(each)
        spent.append((time.perf_counter() - start) * 1000)
    return max(spent)


def _index() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("CREATE INDEX IF NOT EXISTS marked ON changqing_account (currency, pinyin, id)")
        cursor.execute("VACUUM ANALYZE changqing_account")


if __name__ == "__main__":
    sys.exit(main())
