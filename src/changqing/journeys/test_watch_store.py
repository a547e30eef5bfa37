"""What lies under a prefix of an object store is in the book once and whole; or the store is told, no key."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client, override_settings

from changqing.accounts.queries import Account
from changqing.base import drops
from changqing.journeys import watch_inbox
from changqing.journeys.test_watch_inbox import ORDERS, run_all
from changqing.journeys.watch_inbox import watch
from changqing.ledger.models import Import, InboxFile
from changqing.machine.environment import SettingsError
from changqing.machine.store import Bucket, env_place
from changqing.people.queries import User
from s3_on_loopback import Server, Store

pytestmark = pytest.mark.django_db(transaction=True)

KEY, SECRET = "AKIAOFTHEDROPS", "the-secret-of-the-drops"
NIGHT = datetime(2026, 2, 1, 2, 0, tzinfo=UTC)


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server(Store({KEY: SECRET}, {"erp"}))
    yield server
    server.shut()


def bucket(server: Server, **other: Any) -> Bucket:
    told = {"name": "erp", "prefix": "夜间/drops", "endpoint": server.endpoint, "region": "cn-north-1"}
    return Bucket(**{**told, "access_key": KEY, "secret_key": SECRET, **other})


@pytest.fixture
def store(book: None, server: Server) -> Iterator[Store]:
    with override_settings(INBOX=bucket(server)):
        yield server.store


@pytest.fixture
def said() -> Iterator[list[str]]:
    """Every line that is logged."""

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            told.append(self.format(record))

    told: list[str] = []
    listener, ours = Listener(), logging.getLogger("changqing")
    ours.addHandler(listener)
    yield told
    ours.removeHandler(listener)


def drop(store: Store, name: str, text: str, *, after: float = 0) -> None:
    store.put("erp", f"夜间/drops/{name}", text.encode(), at=NIGHT.timestamp() + after)


def look(*seconds: float) -> None:
    for each in seconds:
        watch(now=NIGHT + timedelta(seconds=each))


def lies(store: Store) -> list[str]:
    """What lies below the prefix, without the empty objects by which some libraries keep folders."""
    return [name.removeprefix("夜间/drops/") for name in store.names("erp") if not name.endswith("/")]


def test_a_night_of_drops(store: Store) -> None:
    """One that says itself what it is, one by its folder, one that nobody can read; refused rows beside."""
    drop(store, "orders.csv", ORDERS + "S2,1,不是日期,K1,P1,1,1,1\n")
    drop(store, "branch/accounts/客户 名单 (1).csv", "编码,名称\nK9,海川石化\n")
    drop(store, "what.csv", "甲,乙\n1,2\n")
    look(1, 9)
    assert Import.objects.count() == 0
    look(12)
    run_all()
    look(20)
    orders, accounts = (Import.objects.get(kind=kind) for kind in ("orders", "accounts"))
    assert (accounts.source.code, accounts.file_name) == ("branch", "客户 名单 (1).csv")
    (wrong,) = InboxFile.objects.filter(state="failed")
    kept = f"done/branch/accounts/{accounts.pk}-客户 名单 (1).csv"
    lost = f"failed/{wrong.pk}-{int(NIGHT.timestamp())}-what.csv"
    mine = f"done/{orders.pk}-orders.csv"
    expected = [kept, f"{kept}.report.json", lost, f"{lost}.report.json"]
    assert lies(store) == sorted([*expected, mine, f"{mine}.refused.csv", f"{mine}.report.json"])
    told = json.loads(store.objects["erp", f"夜间/drops/{mine}.report.json"].body)
    assert (told["file"], told["error"], told["report"]["came"]) == ("orders.csv", "", 1)
    assert set(Account.objects.values_list("key", flat=True)) == {"K1", "branch:K9"}
    # what was put away is never listed again, however much of it there is
    store.asked.clear()
    look(40)
    assert not [path for _method, path in store.asked if "done" in path or "failed" in path]


def test_the_same_file_twice_changes_nothing_and_one_that_came_meanwhile_stays(store: Store) -> None:
    drop(store, "orders.csv", ORDERS)
    look(1, 12)
    drop(store, "orders.csv", ORDERS.replace("100", "200"), after=14)
    run_all()
    look(20)
    assert "orders.csv" in lies(store)
    look(40)
    run_all()
    look(60)
    drop(store, "orders.csv", ORDERS.replace("100", "200"), after=100)
    look(101, 120)
    run_all()
    look(140)
    reports = [Import.objects.order_by("pk")[at].report for at in range(3)]
    assert [(told["came"], told["changed"], told["same"]) for told in reports] == [
        (1, 0, 0),
        (0, 1, 0),
        (0, 0, 1),
    ]
    assert "orders.csv" not in lies(store)


@pytest.mark.parametrize("point", ["inbox-taken", "inbox-moved"])
def test_a_death_leaves_nothing_half_and_nothing_twice(store: Store, point: str, monkeypatch: Any) -> None:
    class Death(BaseException):
        """Nothing catches it, as nothing catches a kill."""

    def die(here: str) -> None:
        if here == point:
            raise Death

    def night() -> None:
        look(1, 12)
        run_all()
        look(20)

    drop(store, "orders.csv", ORDERS)
    with monkeypatch.context() as dying:
        dying.setattr(watch_inbox, "reach", die)
        with pytest.raises(Death):
            night()
    night()
    look(40)
    assert list(Import.objects.values_list("state", flat=True)) == ["in_force"]
    assert InboxFile.objects.get().state == "done" and len(lies(store)) == 2


def test_a_store_that_is_down_is_told_and_looked_at_again(
    server: Server, store: Store, client: Client, said: list[str]
) -> None:
    """The worker lives, the operator reads why, and what lay there comes in when it is back."""
    drop(store, "orders.csv", ORDERS)
    look(1, 12)
    run_all()
    port = server.server_port
    server.shut()
    look(20, 25, 30)
    # said once, not at every look
    assert len([each for each in said if "CHANGQING_INBOX" in each]) == 1
    client.force_login(User.objects.create_user("yun", None, full_name="韩云", role="operator"))
    pages = [client.get(page).content.decode() for page in ("/imports/", "/today/")]
    assert all("对象存储 s3://erp/夜间/drops 连不上" in page for page in pages)
    assert InboxFile.objects.get(path="orders.csv").state == "taken"
    again = Server(store, port)
    look(40)
    again.shut()
    assert InboxFile.objects.get().state == "done" and watch_inbox.trouble() == ""


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"secret_key": "not-it"}, "不认钥匙"),
        ({"access_key": "AKIASOMEONE"}, "不认钥匙"),
        ({"name": "gone"}, "没有这个桶"),
        ({"name": "gone", "prefix": ""}, "没有这个桶"),
    ],
)
def test_a_wrong_key_or_bucket_is_a_sentence_and_no_key_is_shown(
    server: Server, store: Store, other: dict[str, str], why: str, said: list[str], client: Client
) -> None:
    place = bucket(server, **other)
    client.force_login(User.objects.create_user("yun", None, full_name="韩云", role="operator"))
    with override_settings(INBOX=place):
        look(1)
        page = client.get("/imports/").content.decode()
    assert why in page
    assert any(why in each for each in said)
    for secret in (place.access_key, place.secret_key):
        assert secret not in page + "".join(said) + repr(place) + str(place)


def test_a_thousand_objects_and_odd_names(server: Server, store: Store, tmp_path: Path) -> None:
    """Listed in pages; nothing of a name reaches our disk but its last part, and ``..`` leads nowhere."""
    for number in range(1_000):
        drop(store, f"many/orders/第 {number:04d} 份.csv.part", "x")
    odd = ("+&?#%20=.csv", "a..b.csv", "空 格.csv", "'\"<>.csv", "a\\b.csv")
    for name in odd:
        drop(store, f"orders/{name}", ORDERS)
    for name in ("../orders/evil.csv", "orders/../../evil.csv", "orders//evil.csv", ".hidden.csv"):
        drop(store, name, ORDERS)
    look(1, 12)
    assert sorted(Import.objects.values_list("file_name", flat=True)) == sorted(odd)
    place = drops.drops_at(bucket(server))
    assert len(place.files(apart=())) == 1_000 + len(odd) + 1
    long = "很" * 300 + ".csv"
    drop(store, f"orders/{long}", ORDERS)
    found = place.look(f"orders/{long}")
    assert found
    with place.taken(f"orders/{long}", found, scratch=tmp_path) as path:
        assert path.suffix == ".csv" and path.read_text("utf-8") == ORDERS
    assert list(tmp_path.iterdir()) == []


def test_an_object_that_changes_while_it_is_read_waits(store: Store, monkeypatch: Any) -> None:
    drop(store, "orders/x.csv", ORDERS)
    look(1)
    real = drops._Objects._pieces

    def slowly(self: Any, name: str) -> Iterator[bytes]:
        yield from real(self, name)
        drop(store, "orders/x.csv", ORDERS.replace("100", "101"), after=12)

    with monkeypatch.context() as while_read:
        while_read.setattr(drops._Objects, "_pieces", slowly)
        look(12)
    assert Import.objects.count() == 0
    look(13, 30)
    assert Import.objects.count() == 1


def test_a_large_object_passes_through_in_pieces(store: Store, server: Server, tmp_path: Path) -> None:
    """Up in parts, down piece by piece, byte for byte."""
    place, size = drops.drops_at(bucket(server)), 3 * drops.CHUNK + 1
    source = tmp_path / "large"
    source.write_bytes(os.urandom(1 << 16) * (size >> 16))
    place.store(source, "large.csv")
    found = place.look("large.csv")
    assert found and found.size == source.stat().st_size and found.modified <= time.time_ns()
    pieces = list(drops._Objects(bucket(server))._pieces("large.csv"))
    assert max(map(len, pieces)) <= drops.CHUNK and b"".join(pieces) == source.read_bytes()


def test_the_settings_of_a_store(monkeypatch: Any) -> None:
    def told(**variables: str) -> Any:
        with monkeypatch.context() as here:
            for name in [name for name in os.environ if name.startswith(("CHANGQING_S3", "AWS_"))]:
                here.delenv(name)
            for name, value in variables.items():
                here.setenv(name, value)
            return env_place("CHANGQING_INBOX")

    keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
    assert told(CHANGQING_INBOX="s3://erp/a/b/", **keys) == Bucket("erp", "a/b", "", "us-east-1", "a", "b")
    ours = {"CHANGQING_S3_ACCESS_KEY": "c", "CHANGQING_S3_SECRET_KEY": "d", "CHANGQING_S3_REGION": "r"}
    ours |= {"CHANGQING_S3_ENDPOINT": "https://oss.example:9000/", "CHANGQING_S3_VIRTUAL_HOST": "1"}
    assert told(CHANGQING_INBOX="s3://erp", **keys, **ours) == Bucket(
        "erp", "", "https://oss.example:9000", "r", "c", "d", is_virtual=True
    )
    for value in ("s3://", "s3:///x", "s3://erp/../x", "s3://a:b@erp/x", "s3://erp//x"):
        with pytest.raises(SettingsError, match="s3://"):
            told(CHANGQING_INBOX=value, **keys)
    with pytest.raises(SettingsError, match="CHANGQING_S3_SECRET_KEY"):
        told(CHANGQING_INBOX="s3://erp/x", AWS_ACCESS_KEY_ID="a")
    for endpoint in ("oss.example", "ftp://x", "https://a:b@x", "https://x/path"):
        with pytest.raises(SettingsError, match="CHANGQING_S3_ENDPOINT"):
            told(CHANGQING_INBOX="s3://erp/x", CHANGQING_S3_ENDPOINT=endpoint, **keys)
