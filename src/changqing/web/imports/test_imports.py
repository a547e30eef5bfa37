"""Imports, through the door: real files through the journey."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import expect
from procrastinate.contrib.django.models import ProcrastinateJob

from changqing.base.refused import Refused
from changqing.journeys import import_ledger
from changqing.journeys.import_ledger import bring_in
from changqing.ledger.queries import Import
from changqing.ledger.segments import at
from changqing.people.permissions import Operator
from changqing.people.queries import User
from changqing.reports.conftest import People
from changqing.reports.portfolio import portfolio
from told_once import ToldOnce

ORDERS = """订单号,日期,客户,金额,成本
X1,2024-05-30,金陵,100,50
X2,2024-05-31,华曜,abc,10
X3,不是日期,华曜,12,10
X4,2024-05-31,华曜,200,120
"""


@pytest.fixture
def orders(book: None, by: Operator, tmp_path: Path, told_once: ToldOnce) -> Import:
    def come() -> Import:
        file = tmp_path / "订单.csv"
        file.write_text(ORDERS, "utf-8")
        return bring_in(by=by, kind="orders", path=file)

    return told_once(come)


def get(user: Any, address: str) -> Any:
    client = Client()
    client.force_login(user)
    return client.get(address)


def text_of(response: Any) -> str:
    return re.sub(
        r"\s+", " ", re.sub(r"<[^>]+>", " ", re.sub(r"</?span[^>]*>", "", response.content.decode()))
    )


def test_it_tells_what_each_file_did(orders: Import, yun: User):
    text = text_of(get(yun, "/imports/"))
    assert "1 份文件在账里，退回 2 行待改" in text
    for words in (
        "订单.csv",
        "有效",
        "新增 2 行",
        "退回 2 行",
        "+¥300.00",
        "建立的客户 2",
        "2024-05-30 – 2024-05-31",
    ):
        assert words in text, words


def test_the_refused_rows_come_back_in_the_format_they_came_in(orders: Import, yun: User):
    answer = get(yun, f"/imports/{orders.pk}/refused/")
    assert answer["Content-Disposition"] == f'attachment; filename="refused-{orders.pk}.csv"'
    back = answer.content.decode("utf-8-sig")
    assert "X2,2024-05-31,华曜,abc,10" in back and "X3,不是日期,华曜,12,10" in back and "X1" not in back
    assert get(yun, "/imports/999/refused/").status_code == 404


def test_only_some_roles_see_imports(orders: Import, people: People, yun: User):
    assert get(people.gao, "/imports/").status_code == 200
    for who in (people.mei, people.lin):
        for address in ("/imports/", "/imports/?part=running", f"/imports/{orders.pk}/refused/"):
            answer = get(who, address)
            assert answer.status_code == 403
            assert "订单.csv" not in answer.content.decode()


def test_undo_and_redo_bring_every_figure_back(orders: Import, people: People, yun: User):
    client = Client()
    client.force_login(yun)
    before = portfolio(yun, "all").as_json()
    assert client.get(f"/imports/{orders.number}/undo/").status_code == 405
    gone = client.post(f"/imports/{orders.number}/undo/", follow=True)
    assert "导入 1 已撤销：移去 2 行，恢复 0 行。可以随时恢复。" in text_of(gone)
    assert portfolio(yun, "all").as_json()["lines"] == 0
    assert "，1 份已撤销" in text_of(client.get("/imports/"))
    back = client.post(f"/imports/{orders.number}/redo/", follow=True)
    assert "导入 1 已恢复：新增 2 行" in text_of(back)
    assert portfolio(yun, "all").as_json() == before


def test_a_large_import_is_undone_by_the_queue(orders: Import, yun: User, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(import_ledger, "MOST_ROWS_AT_ONCE", 1)
    client = Client()
    client.force_login(yun)
    before = portfolio(yun, "all").as_json()
    asked = client.post(f"/imports/{orders.number}/undo/", follow=True)
    assert "正在撤销，名次和合计随之重算" in text_of(asked)
    assert "撤销这次导入" not in text_of(asked)
    assert portfolio(yun, "all").as_json() == before
    again = client.post(f"/imports/{orders.number}/undo/")
    assert "导入 1 现在是“正在撤销或恢复”，没有改动任何数字。" in text_of(again)
    assert asked_of_the_queue() == [{"number": 1, "to": "undo", "by": yun.pk}]
    import_ledger.switch(**asked_of_the_queue()[0])
    done = client.get("/imports/?part=running")
    assert done["HX-Refresh"] == "true"
    assert portfolio(yun, "all").as_json()["lines"] == 0
    client.post(f"/imports/{orders.number}/redo/")
    assert "正在恢复" in text_of(client.get("/imports/?part=running"))
    import_ledger.switch(**asked_of_the_queue()[1])
    assert portfolio(yun, "all").as_json() == before


def test_a_switch_that_is_refused_is_no_longer_under_way(
    orders: Import, yun: User, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(import_ledger, "MOST_ROWS_AT_ONCE", 1)
    import_ledger.ask_switch(by=yun, number=1, to="undo")
    path = at(orders.segments.get(holds="lines").path)
    path.rename(path.with_suffix(".gone"))
    import_ledger.switch(1, "undo", yun.pk)
    orders.refresh_from_db()
    assert (orders.state, orders.step) == ("in_force", "")


def asked_of_the_queue() -> list[dict[str, Any]]:
    jobs = ProcrastinateJob.objects.filter(task_name="book:switch_import").order_by("id")
    return list(jobs.values_list("args", flat=True))


@pytest.mark.parametrize("who", ["gao", "mei"])
def test_who_may_not_undo_changes_nothing(orders: Import, people: People, who: str):
    client = Client()
    client.force_login(getattr(people, who))
    assert client.post(f"/imports/{orders.number}/undo/").status_code == 403
    orders.refresh_from_db()
    assert orders.state == "in_force"
    assert "撤销这次导入" not in text_of(client.get("/imports/"))


def test_a_failed_file_says_why(book: None, by: Operator, yun: User, tmp_path: Path):
    file = tmp_path / "坏.csv"
    file.write_text("甲,乙\n1,2\n", "utf-8")
    with pytest.raises(Refused) as refused:
        bring_in(by=by, kind="orders", path=file)
    text = text_of(get(yun, "/imports/"))
    assert "失败" in text and refused.value.sentence in text


def test_running_work_shows_progress_and_may_be_left(orders: Import, yun: User):
    Import.objects.filter(pk=orders.pk).update(
        state="running", step="checking", rows_done=250, rows_total=1000
    )
    said = get(yun, "/imports/")
    assert "25%" in text_of(said) and "核对每一行" in text_of(said) and "可以离开此页" in text_of(said)
    assert 'hx-trigger="every 1s"' in said.content.decode()
    assert f"后台 1 项：{orders.file_name} 25%" in text_of(said)
    Import.objects.filter(pk=orders.pk).update(state="in_force", step="undoing")
    told = text_of(get(yun, "/imports/"))
    assert f"后台 1 项：{orders.file_name}" in told and f"{orders.file_name} 25%" not in told
    Import.objects.filter(pk=orders.pk).update(state="running", step="checking")
    assert "HX-Refresh" not in get(yun, "/imports/?part=running")
    Import.objects.filter(pk=orders.pk).update(state="in_force")
    assert get(yun, "/imports/?part=running")["HX-Refresh"] == "true"


def test_an_empty_book_shows_the_very_command(book: None, people: People, yun: User):
    assert "changqing import orders 订单明细.csv" in text_of(get(yun, "/imports/"))
    assert "changqing import" not in text_of(get(people.gao, "/imports/"))


def test_it_speaks_english_too(orders: Import, yun: User):
    type(yun).objects.filter(pk=yun.pk).update(language="en")
    yun.refresh_from_db()
    assert "1 file in the book, 2 refused rows to mend" in text_of(get(yun, "/imports/"))


def test_queries_do_not_grow_with_imports(orders: Import, yun: User, django_assert_max_num_queries):
    client = Client()
    client.force_login(yun)
    client.get("/imports/")
    with django_assert_max_num_queries(12) as few:
        client.get("/imports/")
    kept = {
        field: getattr(orders, field) for field in ("kind", "source", "file_digest", "stored_as", "report")
    }
    for number in range(2, 25):
        Import.objects.create(number=number, state="in_force", file_name=f"{number}.csv", **kept)
    with django_assert_max_num_queries(len(few)):
        assert "24 份文件在账里" in text_of(client.get("/imports/"))


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_line_stands_clear_and_undo_asks_once(orders: Import, yun: User, visit: Any):
    page = visit("/imports/", user=yun)
    number, words = (page.locator(f".deed .{part}").bounding_box() for part in ("number", "words"))
    assert number["x"] + number["width"] <= words["x"]
    page.locator("summary").click()
    page.get_by_role("button", name="撤销", exact=True).click()
    expect(page.locator(".ask:popover-open")).to_contain_text("撤销 订单.csv？")
    page.get_by_role("button", name="撤销这次导入").click()
    expect(page.locator("h1")).to_contain_text("1 份已撤销")
    page.locator("summary").click()
    page.get_by_role("button", name="恢复", exact=True).click()
    page.get_by_role("button", name="恢复这次导入").click()
    expect(page.locator("h1")).to_contain_text("1 份文件在账里")


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_it_fits_every_screen(orders: Import, yun: User, pictures: Any):
    pictures("imports", "/imports/", user=yun)
    Import.objects.all().delete()
    pictures("imports-none", "/imports/", user=yun)
