"""Many clients edit few accounts at once: nobody's value is overwritten by somebody who had not seen it.

``make edits`` runs 50 clients and 10,000 edits; every run of the tests a short version.
"""

from __future__ import annotations

import os
import random
import re
import threading
from collections import Counter
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from changqing.accounts.actions import BookEntry, create_from_books
from changqing.accounts.queries import Account
from changqing.people.queries import User
from changqing.records.models import Change

CLIENTS = int(os.environ.get("CLIENTS", "6"))
EDITS = int(os.environ.get("EDITS", "90"))
ACCOUNTS = 20 if EDITS > 1000 else 3
# as many as the server has threads, and the pool connections
AT_ONCE = threading.BoundedSemaphore(7)


class Editor(threading.Thread):
    """One client: opens an entry, sets a value of its own, and where somebody was faster chooses its own."""

    def __init__(self, number: int, user: Any, share: int) -> None:
        super().__init__()
        self.number, self.share = number, share
        self.rng = random.Random(number)
        self.client = Client(raise_request_exception=False)
        self.client.force_login(user)
        self.wrote: dict[str, str] = {}
        self.told: Counter[str] = Counter()
        self.fault: BaseException | None = None

    def run(self) -> None:
        try:
            while self.told.total() < self.share:
                self.edit(f"/edit-account/E{self.rng.randrange(ACCOUNTS)}/")
        except BaseException as fault:
            self.fault = fault
        finally:
            connection.close()

    def ask(self, verb: str, *said: Any) -> Any:
        """The answer; where another client held the entry too long nothing was written, and it asks again."""
        while True:
            with AT_ONCE:
                try:
                    answer = getattr(self.client, verb)(*said)
                finally:
                    connection.close()
            if answer.status_code != 503:
                return answer
            assert answer["Retry-After"]

    def edit(self, address: str) -> None:
        """One edit to its end: each try sets a new value, over the one that this client has seen."""
        sent = _form(self.ask("get", address).content.decode())
        while self.told.total() < self.share:
            mine = f"{self.number}-{self.told.total()}"
            seen = _seen(sent) if "keep-short_name" in sent else sent["short_name"]
            sent["short_name"] = mine
            answer = self.ask("post", address, sent)
            self.told[str(answer.status_code)] += 1
            if answer.status_code == 302:
                self.wrote[mine] = seen
                return
            assert answer.status_code == 409, answer.status_code
            sent = _form(answer.content.decode()) | {"keep-short_name": "mine"}


def _form(html: str) -> dict[str, str]:
    """The fields of the page's form as a browser would send them."""
    form = html[html.index("<form", html.index("<main")) : html.index("</form>", html.index('name="was"'))]
    found = {
        name[1]: unescape(value[1])
        for tag in re.findall(r"<input[^>]*>", form)
        if (name := re.search(r'name="([^"]+)"', tag)) and (value := re.search(r'value="([^"]*)"', tag))
        if 'type="radio"' not in tag
    }
    inputs = re.findall(r'<input[^>]*name="([^"]+)"', form)
    texts = {name: "" for name in inputs if not name.startswith("keep-")}
    for name, options in re.findall(r'<select name="([^"]+)".*?>(.*?)</select>', form, re.S):
        chosen = re.search(r'value="([^"]*)"[^>]*selected', options)
        texts[name] = chosen[1] if chosen else ""
    return texts | found


def _seen(sent: dict[str, str]) -> str:
    """What the conflict dialog showed as the other's value: it is in the memory that is sent back."""
    found = re.search(r'"short_name": "([^"]*)"', sent["was"])
    return found[1] if found else ""


@pytest.mark.django_db(transaction=True)
def test_nobody_is_overwritten_unseen(db: None) -> None:
    user = User.objects.create_user("op", None, full_name="运营", role="operator")
    entries = [BookEntry(key=f"E{n}", fields={"name": f"客户{n}"}) for n in range(ACCOUNTS)]
    create_from_books(entries=entries, department=None)
    editors = [Editor(number, user, EDITS // CLIENTS) for number in range(CLIENTS)]
    for editor in editors:
        editor.start()
    for editor in editors:
        editor.join()
    assert [editor.fault for editor in editors if editor.fault] == []
    told = sum((editor.told for editor in editors), Counter())
    wrote: dict[str, str] = {}
    for editor in editors:
        wrote |= editor.wrote
    _compare_with_the_history(wrote)
    print(
        f"{told.total()} edits by {CLIENTS} clients on {ACCOUNTS} accounts: {told['302']} saved, "
        f"{told['409']} conflicts shown, 0 silent overwrites"
    )
    assert told["302"] == len(wrote) and told["409"] > 0


def _compare_with_the_history(wrote: dict[str, str]) -> None:
    """The database's own record: what each edit replaced is what its editor had seen, link by link."""
    count = 0
    for account in Account.objects.all():
        rows = Change.objects.filter(model="Account", row=str(account.pk), kind="update").order_by("pk")
        last = ""
        for row in rows:
            assert row.was and row.became
            assert row.was["short_name"] == last == wrote[row.became["short_name"]]
            last = row.became["short_name"]
            count += 1
        assert account.short_name == last and account.version == 1 + len(rows)
    assert count == len(wrote)
