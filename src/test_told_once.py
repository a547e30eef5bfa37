"""What is put back is what the telling left: rows, numbers, history, files; and only where it began alike."""

from __future__ import annotations

from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from procrastinate.contrib.django import app as queue

from changqing.accounts.queries import Account
from changqing.people.models import Department
from changqing.records.models import Change
from told_once import ToldOnce, may_write_past_triggers, state_now

pytestmark = pytest.mark.django_db


class Teller:
    """Makes a department, renames one and queues a job, in the tables and beside; counts how often."""

    def __init__(self) -> None:
        self.times = 0

    def tell(self) -> Department:
        self.times += 1
        Department.objects.filter(name="旧名").update(name="新名")
        file = Path(settings.FOLDER.path) / "files" / "told" / "一.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"第 {self.times} 次", encoding="utf-8")
        if may_write_past_triggers():
            queue.configure_task("book:bring_in").defer(entry=self.times)
        made = Department.objects.create(name="华东区")
        Account.objects.create(key="A\t1\\N", name="金陵\n特钢", department=made)
        return made


@pytest.fixture
def told(tmp_path: Path) -> ToldOnce:
    return ToldOnce(tmp_path)


def told_and_taken_back(told: ToldOnce, teller: Teller) -> tuple[str, Department]:
    """The state that the telling leaves, and what it gives; the rows are as before again."""
    with connection.cursor() as cursor:
        cursor.execute("SAVEPOINT here")
        given = told(teller.tell)
        left = state_now().digest
        cursor.execute("ROLLBACK TO SAVEPOINT here")
    return left, given


def test_the_second_telling_is_put_back_row_for_row(told: ToldOnce) -> None:
    Department.objects.create(name="旧名")
    Department.objects.create(name="不动")
    teller = Teller()
    left, given = told_and_taken_back(told, teller)
    file = Path(settings.FOLDER.path) / "files" / "told" / "一.txt"
    file.unlink()
    again = told(teller.tell)
    assert (teller.times, state_now().digest, again) == (1, left, given)
    assert file.read_text(encoding="utf-8") == "第 1 次"
    assert sorted(Department.objects.values_list("name", flat=True)) == ["不动", "华东区", "新名"]
    account = Account.objects.get()
    assert (account.key, account.name, account.department) == ("A\t1\\N", "金陵\n特钢", again)
    assert Change.objects.filter(model="Account", kind="insert").count() == 1


def test_numbers_given_afterwards_are_new(told: ToldOnce) -> None:
    teller = Teller()
    told_and_taken_back(told, teller)
    made = told(teller.tell)
    assert Department.objects.create(name="华西区").pk > made.pk


def test_another_beginning_is_told_anew(told: ToldOnce) -> None:
    teller = Teller()
    told_and_taken_back(told, teller)
    Department.objects.create(name="多一个")
    told(teller.tell)
    assert teller.times == 2


def test_another_day_is_told_anew(told: ToldOnce) -> None:
    teller = Teller()
    told_and_taken_back(told, teller)
    with time_machine.travel("2031-05-01 08:00Z"):
        told(teller.tell)
    assert teller.times == 2
