"""What was dropped and did not get in is told until somebody says that they know."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from changqing.ledger.models import InboxFile
from changqing.people.queries import User
from changqing.reports.conftest import People


def fail_drops(count: int) -> None:
    now = timezone.now()
    for at in range(count):
        InboxFile.objects.create(
            path=f"erp/{'orders/' * at}what{at or ''}.csv",
            size=9,
            modified=1,
            seen_at=now,
            state="failed",
            error="从列名看不准“what.csv”是哪种文件。请放进以种类命名的文件夹：orders、invoices、receipts。",
            finished_at=now,
        )


@pytest.fixture
def failed_drop(small_book: People) -> User:
    fail_drops(1)
    return User.objects.create_user("yun", None, full_name="韩云", role="operator")


def test_a_failed_drop_stands_on_today_and_imports_until_it_is_noticed(
    failed_drop: User, client: Client
) -> None:
    client.force_login(failed_drop)
    imports = client.get("/imports/").content.decode()
    assert "夜间投放有 1 份没导进来" in imports and "从列名看不准" in imports
    assert "夜间投放没导进来：erp/what.csv。" in client.get("/today/").content.decode()
    assert client.post("/imports/inbox/notice/").status_code == 302
    for page in ("/imports/", "/today/"):
        assert "what.csv" not in client.get(page).content.decode()


def test_who_brings_no_files_in_is_not_told_and_may_not_say_so(
    failed_drop: User, small_book: People, client: Client
) -> None:
    client.force_login(small_book.gao)
    assert "what.csv" not in client.get("/today/").content.decode()
    client.post("/imports/inbox/notice/")
    assert InboxFile.objects.get().noticed is False
