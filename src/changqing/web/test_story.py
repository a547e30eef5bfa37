"""The whole story in the browser, in both languages: files come in, the portfolio speaks, an account says why
it has its colour, its warning is answered, and Today is one shorter.

Pictures of each step are kept in out/screens as story-LANGUAGE-N-STEP.png; the last ones are of a phone.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from procrastinate.contrib.django.models import ProcrastinateJob

from changqing.journeys import import_ledger
from changqing.people.queries import User
from changqing.reports.conftest import People, people
from changqing.retention.conftest import steady_orders
from changqing.web.conftest import PHONE, SCREENS

__all__ = ["people"]

ACCOUNTS = 12
WORDS = {
    "zh-hans": {
        "ready": "2 份文件等您点写入",
        "in": "2 份文件在账里",
        "portfolio": "贡献",
        "usual": "平常约",
        "done": "已记下要做什么",
        "promise": "请总经理去一趟",
    },
    "en": {
        "ready": "2 files wait for you to write them",
        "in": "2 files in the book",
        "portfolio": "of revenue",
        "usual": "usually one in about",
        "done": "noted what will be done",
        "promise": "The managing director goes there",
    },
}


def files(folder: Path) -> list[Path]:
    """Accounts and their order lines as an ERP writes them; one of the accounts stopped ordering."""
    found = [folder / "客户.csv", folder / "订单明细.csv"]
    with found[0].open("w", encoding="utf-8", newline="") as file:
        rows = [(f"G{at}", f"客户{at}号", "钢铁", "江苏") for at in range(1, ACCOUNTS + 1)]
        csv.writer(file).writerows([("客户编码", "客户名称", "行业", "地区"), *rows])
    with found[1].open("w", encoding="utf-8", newline="") as file:
        lines = [
            (order, 1, day, customer, family, 1, money, cost)
            for customer, order, day, money, cost, family in steady_orders(accounts=ACCOUNTS)
        ]
        head = ("订单号", "行号", "订单日期", "客户编码", "品类", "数量", "未税金额", "成本金额")
        csv.writer(file).writerows([head, *lines])
    return found


def work() -> None:
    """What the worker does with what was handed in."""
    jobs = ProcrastinateJob.objects.filter(task_name="book:bring_in").order_by("id")
    for args in list(jobs.values_list("args", flat=True)):
        import_ledger.run(args["entry"])


@pytest.fixture
def seen(request: pytest.FixtureRequest) -> Any:
    """``seen(page, "why")`` keeps a picture of the page as it stands now."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    steps: list[str] = []

    def keep(page: Page, step: str) -> None:
        steps.append(step)
        language = request.node.callspec.params["language"][:2]
        file = SCREENS / f"story-{language}-{len(steps)}-{step}.png"
        # hiding the caret leaves a style attribute on fields, which htmx hands on and our policy refuses
        page.screenshot(path=file, full_page=True, caret="initial")

    return keep


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_from_the_files_to_a_shorter_today(
    book: None, people: People, visit: Any, seen: Any, accessible: Any, tmp_path: Path, language: str
) -> None:
    words = WORDS[language]
    yun = User.objects.create_user("yun", None, full_name="韵小雨", role="operator")
    page = visit("/imports/", user=yun, language=language)
    page.locator("input[type=file]").set_input_files(files(tmp_path))
    expect(page.locator("#content h2").first).to_contain_text(words["ready"])
    seen(page, "files")
    page.keyboard.press("Control+Enter")
    page.locator("#running").wait_for()
    work()
    expect(page.locator("h1")).to_contain_text(words["in"])

    page = visit("/today/", user=people.gao, language=language)
    before = page.locator(".work-item").count()
    page.locator(".rail a[href='/portfolio/']").click()
    expect(page.locator("h1")).to_contain_text(words["portfolio"])
    expect(page.locator("#worth [data-drawn]").first).to_be_visible()
    seen(page, "portfolio")
    page.keyboard.press("Control+k")
    page.locator("#palette-words").fill("客户1号")
    page.locator("#palette-list a", has_text="G1").first.click()
    page.wait_for_url("**/accounts/G1/")
    expect(page.locator("#why .work-item")).to_contain_text(words["usual"])
    for part in ("#track [data-drawn]", "#value h2", "#lines table", "#receivables h2", "#history h2"):
        page.locator(part).first.wait_for()
    accessible(page)
    seen(page, "why")
    page.keyboard.press("e")
    page.locator(".answer:popover-open input[name=words]").fill(words["promise"])
    seen(page, "answer")
    page.locator(".answer:popover-open button").click()
    expect(page.locator("#why")).to_contain_text(words["done"])
    page.locator(".rail a[href='/today/']").click()
    expect(page.locator(".work-item")).to_have_count(before - 1)
    expect(page.locator(".promises")).to_contain_text(words["promise"])
    seen(page, "today")

    phone = visit("/today/", user=people.gao, language=language, width=PHONE)
    phone.locator("[data-opens-palette]").tap()
    phone.locator("#palette-words").fill("G1")
    expect(phone.locator("#palette-list a").first).to_be_visible()
    accessible(phone)
    seen(phone, "phone")
