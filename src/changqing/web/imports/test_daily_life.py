"""What a person does in the browser: a first import, rows to mend, an undo thought over; and how it looks."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from changqing.ledger.models import Import, InboxFile
from changqing.people.queries import User
from changqing.reports.conftest import People
from changqing.web.imports.test_inbox import fail_drops
from changqing.web.imports.test_sheets import workbook
from changqing.web.imports.test_trying import ACCOUNTS, GROSS, ORDERS, PRODUCTS, faulty, newest, work

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SECONDS = 120


class Steps:
    """What a person's hands do: a click, a choice of files, a key; each is found by what it says."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.taken: list[str] = []

    def click(self, role: str, name: str) -> None:
        self.page.get_by_role(role, name=name, exact=True).click()
        self.taken.append(f"click {name}")

    def choose(self, files: list[Path]) -> None:
        with self.page.expect_file_chooser() as chooser:
            self.page.get_by_text("把文件拖到这里，或点一下选取").click()
        chooser.value.set_files(files)
        self.taken.append("choose files")

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.taken.append(f"press {key}")


def test_a_newcomer_brings_the_first_files_in(
    book: None, yun: User, visit: Any, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """From the first page after signing in to the figures, in four steps, none of which opens any help."""
    for name, text in (("客户.csv", ACCOUNTS), ("产品.csv", PRODUCTS), ("订单明细.csv", ORDERS)):
        (tmp_path / name).write_text(text, "utf-8")
    began = time.monotonic()
    page = visit("/", user=yun)
    steps = Steps(page)
    steps.click("link", "去导入")
    for spoken in ("[role=alert]", "progress"):
        expect(page.locator(f"#hand-over {spoken}")).to_be_hidden()
    steps.choose(sorted(tmp_path.glob("*.csv")))
    expect(page.locator("#content h2").first).to_contain_text("3 份文件等您点写入")
    # the key is printed on the button that it presses
    expect(page.locator("[data-write] kbd")).to_have_text("Ctrl ⏎")
    steps.press("Control+Enter")
    expect(page.locator("#running")).to_contain_text("可以离开此页")
    work()
    expect(page.locator("h1")).to_contain_text("3 份文件在账里")
    steps.click("link", "价值")
    expect(page.locator("h1")).to_contain_text("3 家下过单")
    took = time.monotonic() - began
    record_property("seconds", round(took, 1))
    print(f"first import: {len(steps.taken)} steps in {took:.1f} s: {', '.join(steps.taken)}")
    assert steps.taken == ["click 去导入", "choose files", "press Control+Enter", "click 价值"]
    assert took < SECONDS


def test_twelve_faulty_rows_are_mended_in_the_browser(
    book: None, yun: User, visit: Any, tmp_path: Path
) -> None:
    file = tmp_path / "订单.csv"
    file.write_text(faulty(), "utf-8")
    page = visit("/imports/", user=yun)
    page.locator("input[type=file]").set_input_files(file)
    expect(page.locator("h1")).to_contain_text("退回 12 行")
    address = page.url
    for left in (6, 0):
        # the page's title is there before its table is
        cells = page.locator(".bad-cell input")
        expect(cells).to_have_count(6)
        for cell in cells.all():
            cell.fill("2024-02-28" if "日期" in cell.get_attribute("title") else "10")
        page.get_by_role("button", name="改好了，再算一遍").click()
        expect(page.locator("h1")).to_contain_text(f"退回 {left} 行" if left else "每一行都可以写入")
    assert page.url == address
    page.keyboard.press("Control+Enter")
    expect(page.locator("#running")).to_contain_text("订单.csv")
    work()
    expect(page.locator("h1")).to_contain_text("1 份文件在账里")


def test_an_undo_is_weighed_and_then_done_in_the_browser(small_book: People, yun: User, visit: Any) -> None:
    """Its popover tells the eight lines and their money before anything is undone; a redo is weighed too."""
    entry = Import.objects.get(kind="orders")
    page = visit("/imports/", user=yun)
    page.locator(f"#import-{entry.pk} summary").click()
    page.locator(f"[popovertarget=undo-{entry.pk}]").click()
    weighed = page.locator(f"#undo-{entry.pk} .weighed")
    expect(weighed).to_contain_text("8行会离开账本")
    expect(weighed).to_contain_text("¥2,400.00 → ¥0.00")
    entry.refresh_from_db()
    assert entry.state == "in_force"
    page.get_by_role("button", name="撤销这次导入").click()
    expect(page.locator("h1")).to_contain_text("1 份已撤销")
    entry.refresh_from_db()
    assert entry.state == "undone"
    page.locator(f"#import-{entry.pk} summary").click()
    page.locator(f"[popovertarget=redo-{entry.pk}]").click()
    expect(page.locator(f"#redo-{entry.pk} .weighed")).to_contain_text("¥0.00 → ¥2,400.00")


def test_it_fits_every_screen(hand: Any, yun: User, pictures: Any) -> None:
    hand(("订单明细_2024-03.csv", faulty()))
    pictures("import-draft", f"/imports/files/{newest().pk}/", user=yun)
    hand(("含税.csv", GROSS))
    pictures("import-asks", f"/imports/files/{newest().pk}/", user=yun)
    pictures("import-waiting", "/imports/", user=yun)
    hand(("订单.xlsx", workbook()))
    pictures("import-sheets", f"/imports/files/{newest().pk}/", user=yun)
    fail_drops(3)
    pictures("import-inbox", "/imports/", user=yun)
    assert InboxFile.objects.filter(state="failed", noticed=False).count() == 3
