"""Growth and effort: on its page, on an account's page and by command, over a book of thirty accounts."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client

from changqing.accounts.models import Account
from changqing.base.days import FiscalYear
from changqing.contacts.actions import add_post
from changqing.journeys import score_book
from changqing.ledger.models import AccountMonth
from changqing.organisation.actions.policy import change_settings
from changqing.people.permissions import operator
from changqing.people.queries import User
from changqing.reports.approach import approach_page
from changqing.reports.conftest import People, accounts_come, come, orders_come
from changqing.reports.worth_page import worth_page
from changqing.value.queries.worth import AccountWorth

START, MIDDLE = date(2022, 7, 1), date(2023, 7, 1)
TODAY = date(2024, 6, 30)
WHY = {"basis": "contract", "purpose": "orders", "source": "person"}


def text_of(response: Any) -> str:
    plain = re.sub(r"<[^>]+>", " ", re.sub(r"</?span[^>]*>", "", response.content.decode()))
    return re.sub(r"\s+", " ", html.unescape(plain))


def sums(field: str = "revenue", **more: Any) -> dict[str, float]:
    """Money of twelve months by account, straight from the months."""
    found: dict[str, float] = {}
    for key, money in AccountMonth.objects.filter(**more).values_list("account__key", field):
        found[key] = found.get(key, 0.0) + float(money)
    return found


@pytest.mark.row("VAL-10", shows="revenue kept of the accounts of a year before, who widened, how many times")
@pytest.mark.row("VAL-13", shows="share of profit from what follows the first sale, and how many buy it")
@pytest.mark.row("VAL-06", shows="lifetime value and profit by the year of the first order")
def test_growth_says_what_stays_what_follows_and_what_cohorts_are_worth(
    scored_book: People, client: Client, command: Callable[..., Any], transactional_db: None
) -> None:
    client.force_login(scored_book.gao)
    told, said = text_of(client.get("/portfolio/growth/")), json.loads(command("growth", "--json").out)
    before, now = sums(month__gte=START, month__lt=MIDDLE), sums(month__gte=MIDDLE)
    kept = said["retention"]
    assert kept["before"] == pytest.approx(sum(before.values()))
    assert kept["net"] == pytest.approx(sum(now.get(key, 0.0) for key in before) / sum(before.values()))
    assert kept["gross"] == pytest.approx(
        sum(min(now.get(key, 0.0), money) for key, money in before.items()) / sum(before.values())
    )
    assert kept["gross"] < kept["net"] and kept["lost"] == pytest.approx(before["G30"])
    assert f"老客户的收入留下 {kept['net']:.0%}" in told
    streams = {one["code"]: one for one in said["streams"]}
    assert (streams["parts"]["families"], streams["product"]["families"]) == (["密封", "润滑"], ["轴承"])
    margin = sums("margin", month__gte=MIDDLE, family__in=["密封", "润滑"])
    whole = sums("margin", month__gte=MIDDLE)
    follow_on = sum(margin.values()) / sum(whole.values())
    assert said["follow_on_profit_share"] == pytest.approx(follow_on)
    assert f"后续产品和服务占毛利 {follow_on:.0%}，0% 的主业客户也买后续" in told, "each buys one family"
    cohorts = said["cohorts"]
    assert [one["year"] for one in cohorts] == [2021, 2022]
    assert (sum(one["accounts"] for one in cohorts), sum(one["ordering"] for one in cohorts)) == (30, 29)
    worths = AccountWorth.objects.filter(is_current=True)
    profit, value = sum(row.profit or 0.0 for row in worths), sum(row.facts["future_gross"] for row in worths)
    assert sum(one["profit"] for one in cohorts) == pytest.approx(profit)
    assert sum(one["value"] for one in cohorts) == pytest.approx(value)
    client.force_login(scored_book.mei)
    assert text_of(client.get("/portfolio/growth/")) != told
    mine = sums(month__gte=START, month__lt=MIDDLE, account__key__in=["G1", "G2"])
    mine_said = json.loads(command("--as", "mei", "growth", "--json").out)
    assert mine_said["retention"]["before"] == pytest.approx(sum(mine.values()))


@pytest.mark.row("VAL-16", shows="what each activity costs and brings, the lowest return first and marked")
@pytest.mark.row("SEG-12", shows="hands that a band by annual fee asks for, and who is short of them")
def test_growth_says_what_effort_brings_and_where_hands_are_missing(
    scored_book: People, client: Client, command: Callable[..., Any]
) -> None:
    rows = [
        ("G1", "2024-03-01", "拜访", 1_000),
        ("G1", "2024-03-02", "物流", 3_000),
        ("G29", "2024-03-02", "物流", 900_000),
        ("Z9", "2024-03-03", "展会", 500),
    ]
    accounts_come([("Z9", "从未下单", None, None)])
    names = (
        "col0 AS customer, NULL::VARCHAR AS customer_name, col1::DATE AS date, col2 AS category, "
        "col3::DECIMAL(18,4) AS amount, NULL::DECIMAL(18,4) AS minutes, NULL::VARCHAR AS currency, "
        "col0 || col2 AS reference"
    )
    come("costs", names, rows)
    said = json.loads(command("growth", "--json").out)
    margin = sums("margin", month__gte=MIDDLE)
    fair, freight, visits = said["activities"]
    assert (fair["activity"], fair["net_return"], fair["at_a_loss"]) == ("展会", -1.0, 500), "never ordered"
    shared = margin["G1"] * 3_000 / 4_000 + margin["G29"]
    assert (freight["activity"], freight["cost"], freight["accounts"]) == ("物流", 903_000, 2)
    assert freight["margin"] == pytest.approx(shared)
    assert freight["net_return"] == pytest.approx(shared / 903_000 - 1)
    assert (freight["is_low"], visits["is_low"]) == (True, False)
    assert freight["at_a_loss"] == 900_000
    # G1 and G2 have an owner, the others nobody
    revenue = sums(month__gte=MIDDLE)
    client.force_login(scored_book.gao)
    told = text_of(client.get("/portfolio/growth/"))
    assert "“展会”每投 1 元净回报" in told and "投入产出低" in told
    needed = {"strategic": 2, "key": 2, "basic": 1, "below": 0}
    staffing = said["staffing"]
    assert sum(accounts for accounts, _short in staffing["tiers"].values()) == 30
    short = {one["key"]: (one["hands"], one["needed"]) for one in staffing["short"]}
    assert short["G1"] == (1, 2) and set(short) >= {"G1"}
    for one in staffing["short"]:
        assert one["needed"] == needed[one["tier"]] > one["hands"], revenue[one["key"]]
        page = approach_page(operator(because="a test"), one["key"])
        assert page and page.staff and page.staff.hands == one["hands"], "counted alone as among all"
        assert page.staff.needed == one["needed"]
    assert "客户1号 现有 1 人，应配 2 人" in told
    lin = User.objects.get(username="lin")
    Account.objects.filter(key="G1").update(backup=lin)
    again = json.loads(command("growth", "--json").out)["staffing"]["short"]
    assert "G1" not in {one["key"] for one in again}
    assert json.loads(command("account", "G1", "--json").out)["staffing"]["hands"] == 2


def persons_come(key: str, count: int) -> None:
    by = operator(because="a test")
    for given in "甲乙丙丁"[:count]:
        add_post(by=by, account=key, person=f"陈{given}", today=TODAY, title="采购", **WHY)


@pytest.mark.row(
    "SEG-04", shows="a process for buying as a group or as one, from three signs and their table"
)
@pytest.mark.row("SEG-07", shows="what the industry asks for: message, outline, risks")
def test_an_account_says_how_to_go_about_it(
    scored_book: People, client: Client, command: Callable[..., Any]
) -> None:
    client.force_login(scored_book.gao)
    told = text_of(client.get("/accounts/G1/?part=approach"))
    assert "打法未定：参与人、审批层级还不知道" in told
    assert "少停机、少库存" in told and "成本效益" in told and "投资回收期" in told and "调价条款" in told
    persons_come("G1", 3)
    command("rate", "G29", "chain", 1)
    persons_come("G29", 1)
    told = text_of(client.get("/accounts/G1/?part=approach"))
    assert "建议用群体采购流程（大客户）" in told and "画出采购中心" in told
    assert "建议用简单销售流程（普通客户）" in text_of(client.get("/accounts/G29/?part=approach"))
    said = json.loads(command("account", "G1", "--json").out)
    assert said["approach"]["process"] == "group" and said["industry_card"] == "manufacturing"
    assert said["approach"]["signs"]["layers"] == {"says": "unknown", "value": None}
    nobody = Account.objects.get(key="G2")
    Account.objects.filter(pk=nobody.pk).update(industry="")
    assert "没有填行业，不猜要点" in text_of(client.get("/accounts/G2/?part=approach"))


@pytest.mark.row(
    "VAL-02", "VAL-08", shows="profit by stream over past and foreseen years; growth since the start"
)
def test_an_account_says_how_it_grew_and_from_which_streams(
    scored_book: People, client: Client, command: Callable[..., Any]
) -> None:
    client.force_login(scored_book.gao)
    told = text_of(client.get("/accounts/G1/?part=approach"))
    said = json.loads(command("account", "G1", "--json").out)
    grown = said["growth"]
    months = AccountMonth.objects.filter(account__key="G1").order_by("month").values_list("month", "margin")
    first = months[0][0]
    start = sum(float(m) for month, m in months if month < first.replace(year=first.year + 1))
    assert (grown["of"], grown["baseline"]) == ("margin", pytest.approx(start))
    assert grown["growth"] == pytest.approx(grown["current"] / grown["baseline"] - 1)
    assert "近 12 个月毛利与头 12 个月相比" in told and "300%" in told
    (stream,) = said["streams"]
    worth = AccountWorth.objects.get(account__key="G1", is_current=True)
    assert (stream["code"], stream["share"]) == ("parts", 1.0)
    assert stream["future"] == pytest.approx(worth.by_year)
    assert "近 12 个月毛利的 100% 来自后续产品和服务" in told
    assert said["lifetime_places"] == {"by_value": 1, "by_profit": 1, "of": 30}
    assert "CLV 名次 第 1 名，共 30 家" in told


def test_an_account_is_told_in_fiscal_years(scored_book: People, client: Client) -> None:
    client.force_login(scored_book.gao)
    assert "2023/24" not in text_of(client.get("/accounts/G1/?part=approach"))
    change_settings(by=operator(because="a test"), version=1, door="cli", fiscal_month=4)
    margins: dict[str, float] = {}
    for month, margin in AccountMonth.objects.filter(account__key="G1").values_list("month", "margin"):
        year = FiscalYear.of(month, 4)
        margins[str(year)] = margins.get(str(year), 0.0) + float(margin)
    found = worth_page(scored_book.gao, "G1")
    assert found is not None
    told = {str(one.year): (one.margin, one.is_whole) for one in found.years}
    assert {year: margin for year, (margin, _whole) in told.items()} == pytest.approx(margins)
    # the book ends on 30 June 2024
    assert [whole for _margin, whole in told.values()] == [True] * (len(told) - 1) + [False]
    page = text_of(client.get("/accounts/G1/?part=value"))
    assert "2023/24 " in page and "2024/25（未满）" in page
    assert "2024/25（未满）" in text_of(client.get("/accounts/G1/?part=approach"))


def test_who_sees_no_margin_sees_no_profit_of_streams(scored_book: People, client: Client) -> None:
    sun = User.objects.create_user(
        "sun", None, full_name="孙维", role="service", department=scored_book.mei.department
    )
    client.force_login(sun)
    answer = client.get("/accounts/G1/?part=approach")
    told = text_of(answer)
    assert "成本效益" in told and "每单金额 –" in told
    assert "CLV" not in told and "growth-card" not in answer.content.decode()
    assert "没有您可见的收入" in text_of(client.get("/portfolio/growth/"))


@pytest.mark.row("SEG-08", shows="the stage of cooperation of an account by its orders, and how it is told")
def test_an_account_has_its_stage_of_cooperation(
    scored_book: People, client: Client, command: Callable[..., Any]
) -> None:
    client.force_login(scored_book.gao)
    orders_come(
        [
            ("G1", "old", "2021-06-01", 9_000, 5_000, "轴承"),
            ("N1", "first", "2024-06-29", 9_000, 5_000, "轴承"),
        ]
    )
    score_book.score(by=operator(because="a test"))
    wanted = {"G1": ("strategic", "战略客户"), "G20": ("mature", "成熟客户"), "N1": ("new", "新客户")}
    for key, (code, name) in wanted.items():
        assert json.loads(command("account", key, "--json").out)["standing"]["labels"]["stage"] == code
        assert f"合作阶段 {name}" in text_of(client.get(f"/accounts/{key}/?part=value"))


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_growth_fits_every_screen(scored_book: People, visit: Any, pictures: Any, accessible: Any) -> None:
    page = visit("/portfolio/growth/", user=scored_book.gao)
    accessible(page)
    pictures("growth", "/portfolio/growth/", user=scored_book.gao)
    page = visit("/accounts/G1/", user=scored_book.gao)
    page.locator("#streams [data-drawn], #streams-card [data-drawn]").first.wait_for()
    accessible(page)
    pictures("growth-account", "/accounts/G1/", user=scored_book.gao)
