"""Methods in the browser's forms, and what accounts are worth on their pages."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone, translation
from procrastinate.contrib.django.models import ProcrastinateJob

from changqing.journeys.change_method import follow
from changqing.journeys.prepare_book import SHIPPED
from changqing.people.queries import User
from changqing.records.queries import method_in_force
from changqing.reports.conftest import People
from changqing.reports.methods import PACKS
from changqing.value.queries import AccountRank
from changqing.value.queries.structure import structure_of
from changqing.value.queries.worth import AccountStanding, AccountWorth
from changqing.web.methods.words import failed_fit


def text_of(response: Any) -> str:
    plain = re.sub(r"<[^>]+>", " ", re.sub(r"</?span[^>]*>", "", response.content.decode()))
    return re.sub(r"\s+", " ", html.unescape(plain))


@pytest.fixture
def operator_user(people: People) -> User:
    return User.objects.create_user("op", None, full_name="运营", role="operator")


def current() -> dict[str, tuple[str, str, str]]:
    rows = AccountStanding.objects.filter(is_current=True)
    return {
        key: (tier, matrix, digest)
        for key, tier, matrix, digest in rows.values_list("account__key", "tier", "matrix", "digest")
    }


def written_in(response: Any) -> str:
    """What the hidden text field of a preview holds."""
    found = re.search(r'(?s)<textarea name="text"[^>]*>(.*?)</textarea>', response.content.decode())
    assert found is not None
    return html.unescape(found[1])


def numbers_of(page: str) -> dict[str, str]:
    return dict(re.findall(r'name="(n-\d+)"\s+value="([^"]*)"', page))


@pytest.mark.row("SEG-30", shows="who would move is named before a version is published; history explains")
@pytest.mark.row("SEG-15", "SEG-13", shows="the schemes with their sources, premises and benefits")
def test_a_scheme_is_changed_previewed_published_and_brought_back(
    scored_book: People, operator_user: User, client: Client
) -> None:
    client.force_login(operator_user)
    before, page = current(), client.get("/methods/tiers/").content.decode()
    assert "资源有限" in page and "T6" in page
    wanted = {**numbers_of(page), "governing": "pareto"}
    seen = client.post("/methods/tiers/preview/", wanted)
    told = text_of(seen)
    assert "家客户会变动" in told and "预览：还没有存下任何东西" in told
    assert current() == before and method_in_force("tiers").version == 0
    text = written_in(seen)
    nothing = client.post("/methods/tiers/publish/", {"mode": "text", "text": text, "because": " "})
    assert (nothing.status_code, method_in_force("tiers").version) == (400, 0)
    client.post("/methods/tiers/publish/", {"mode": "text", "text": text, "because": "只看贡献"})
    assert method_in_force("tiers").version == 1
    assert current() == before, "a page does not wait for the whole book"
    assert "全部客户正在按第 1 版评定" in text_of(client.get("/methods/tiers/"))
    jobs = ProcrastinateJob.objects.filter(task_name="book:follow_method")
    follow(**jobs.get().args)
    after = current()
    assert {key: tier for key, (tier, _m, _d) in after.items()}["G1"] == "a"
    old = AccountStanding.objects.filter(account__key="G1", is_current=False).first()
    assert old is not None and (old.scheme, str(old.tiers_method)) == ("grade", "tiers v0")
    client.post("/methods/tiers/0/restore/")
    follow("tiers")
    assert (method_in_force("tiers").version, method_in_force("tiers").because) == (2, "恢复第 0 版")
    assert {key: row[:2] for key, row in current().items()} == {key: row[:2] for key, row in before.items()}


def test_every_pack_is_read_and_changed_in_the_browser(
    scored_book: People, operator_user: User, client: Client
) -> None:
    assert set(PACKS) == set(SHIPPED)
    client.force_login(operator_user)
    page = client.get("/methods/").content.decode()
    for name in PACKS:
        assert f'href="/methods/{name}/"' in page
        assert client.get(f"/methods/{name}/").status_code == 200
    numbers = numbers_of(client.get("/methods/warnings/").content.decode())
    first = next(iter(numbers))
    text = written_in(client.post("/methods/warnings/preview/", {**numbers, first: "0.001"}))
    client.post("/methods/warnings/publish/", {"mode": "text", "text": text, "because": "少报一点"})
    assert method_in_force("warnings").version == 1
    follow("warnings")


def test_a_faulty_text_is_refused_with_its_line(
    scored_book: People, operator_user: User, client: Client
) -> None:
    client.force_login(operator_user)
    broken = client.post("/methods/tiers/preview/", {"mode": "text", "text": "title = 3"})
    assert broken.status_code == 400
    assert "第 1 行" in text_of(broken)
    assert method_in_force("tiers").version == 0


def test_who_may_not_change_methods_reads_them(scored_book: People, client: Client) -> None:
    client.force_login(scored_book.mei)
    assert 'name="n-0"' not in client.get("/methods/tiers/").content.decode()
    refused = client.post("/methods/tiers/publish/", {"mode": "text", "text": "", "because": "x"})
    assert refused.status_code == 403
    assert client.get("/methods/tiers/toml/").content.decode().startswith("# 客户分级方案")
    assert client.get("/methods/nothing/").status_code == 404


@pytest.mark.row("VAL-01", shows="lifetime profit with its interval, model, rate and arithmetic")
@pytest.mark.row("SEG-10", "VAL-03", shows="matrix class with its reason; more, longer, deeper")
def test_an_account_says_what_it_is_worth_and_why(scored_book: People, client: Client) -> None:
    client.force_login(scored_book.gao)
    told = text_of(client.get("/accounts/G1/?part=value")) + text_of(client.get("/accounts/G1/?part=track"))
    said = "未来 3 年预计带来|80% 区间|规律下单|折现率|更多|更久|更深|每 4|仍活跃的概率"
    for words in said.split("|"):
        assert words in told, words
    assert "账里没有发票，未知，按 0 计" in told
    gone = text_of(client.get("/accounts/G30/?part=value")) + text_of(client.get("/accounts/G30/?part=track"))
    assert "待优化，近 12 个月没有下单" in gone and "多半已经离开" in gone


@pytest.mark.row("SEG-22", "VAL-04", "VAL-09", shows="RFM cell, value score and revenue at risk")
def test_the_portfolio_says_the_same_as_the_command(
    scored_book: People, client: Client, command: Callable[..., Any], transactional_db: None
) -> None:
    client.force_login(scored_book.gao)
    told = text_of(client.get("/portfolio/?part=worth"))
    said = json.loads(command("portfolio", "--json").out)
    assert said["warnings"] == {"overdue": 1}
    assert "正在响的预警 1 条：停购 1" in told
    assert sum(said["tiers"].values()) == 30
    assert sum(one["accounts"] for one in said["matrix"].values()) == 30
    core = said["matrix"]["core"]["accounts"]
    assert f"核心 {core} 家" in told
    one = json.loads(command("account", "G1", "--json").out)
    assert one["standing"]["labels"]["rfm"] in ("champion", "loyal", "middle", "promising")
    assert one["lifetime_profit"]["low"] < one["lifetime_profit"]["profit"] < one["lifetime_profit"]["high"]
    row = AccountWorth.objects.get(account__key="G1", is_current=True)
    assert one["lifetime_profit"]["profit"] == row.profit
    assert one["rhythm"]["next_low"] <= one["rhythm"]["next_expected"] <= one["rhythm"]["next_high"]


def test_scoring_again_changes_nothing_and_one_order_only_its_account(
    scored_book: People, command: Callable[..., Any]
) -> None:
    from changqing.journeys import score_book
    from changqing.people.permissions import operator
    from changqing.reports.conftest import orders_come
    from changqing.value.actions.scoring import score_the_book

    by = operator(because="a test")
    assert score_book.score(by=by) == 0
    before = current()
    orders_come([("G5", "new", "2024-06-30", 90_000, 50_000, "轴承")])
    pk = AccountStanding.objects.get(account__key="G5", is_current=True).account_id
    assert score_the_book(by=by, only=[pk]) > 0
    after = current()
    assert {key for key in after if after[key] != before[key]} == {"G5"}


@pytest.mark.row("SEG-02", "SEG-03", "SEG-18", shows="traits rated by people, verdict, nomination, approval")
def test_people_rate_decide_and_nominate(scored_book: People, command: Callable[..., Any]) -> None:
    for factor in ("chain", "custom", "strategic", "influence"):
        assert command("rate", "G1", factor, 5, "--evidence", "访谈").code == 0
    told = json.loads(command("account", "G1", "--json").out)["standing"]
    assert told["labels"]["key_account"] == "yes"
    assert told["labels"]["four_factors"] == "qualifies"
    assert command("rate", "G1", "chain", 7).code == 2
    assert command("tier", "set", "G1", "c", "--until", "2999-01-01", "--reason", "x").code == 1
    assert command("tier", "nominate", "G1", "--reason", "战略合作").code == 0
    assert command("tier", "nominate", "G1", "--reason", "再来").code == 1
    assert command("tier", "nominate", "G1", "--reason", "同意", "--answer", "approve").code == 0
    assert "G1" not in command("tier", "list").err
    assert command("tier", "lift", "G2", "--reason", "x").code == 1


@pytest.mark.row("SEG-28", shows="key accounts beside the others and the training material's claims")
@pytest.mark.row("SEG-26", "VAL-15", shows="mean score, share to improve, whom to serve less; new accounts")
def test_the_structure_compares_key_accounts_with_the_others(scored_book: People, client: Client) -> None:
    client.force_login(scored_book.gao)
    told = text_of(client.get("/portfolio/?part=structure"))
    key, other = structure_of(scored_book.gao, ["s", "a"])
    assert key.accounts + other.accounts == 30 and key.accounts > 0
    rows = AccountRank.objects.filter(period="12m")
    assert (key.revenue or 0) + (other.revenue or 0) == pytest.approx(
        float(sum(row.revenue for row in rows)), rel=1e-9
    )
    assert f"{key.accounts} 家重点客户带来" in told
    assert "每单金额" in told and "4 倍" in told and "3.5 年" in told and "80%" in told
    scores = [
        row.inputs["score"] for row in AccountStanding.objects.filter(is_current=True, tier__in=["s", "a"])
    ]
    assert key.score == pytest.approx(sum(scores) / len(scores))
    assert "客户30号" in told, "to improve: gone for fifteen months"
    client.force_login(scored_book.mei)
    assert sum(one.accounts for one in structure_of(scored_book.mei, ["s", "a"])) == 2


def test_traits_and_tiers_are_judged_in_the_page(scored_book: People, client: Client) -> None:
    client.force_login(scored_book.mei)
    told = text_of(client.post("/judge/rate/G1/", {"factor": "chain", "rating": "4", "evidence": "访谈"}))
    assert "决策链复杂 访谈 · 梅雪" in told and "4 / 5" in told
    assert "评分应为 1 到 5" in text_of(client.post("/judge/rate/G1/", {"factor": "chain", "rating": "9"}))
    assert client.post("/judge/set/G1/", {"tier": "c"}).status_code == 403
    assert client.post("/judge/rate/G5/", {"factor": "chain", "rating": "4"}).status_code == 404
    client.force_login(scored_book.gao)
    assert client.post("/judge/sell/G1/").status_code == 404
    wanted = {"tier": "c", "reason": "停产一年", "expires": "2999-01-01"}
    assert "到期日请在明天到一年之内" in text_of(client.post("/judge/set/G1/", wanted))
    day = (timezone.localdate() + timedelta(days=30)).isoformat()
    client.post("/judge/set/G1/", wanted | {"expires": day})
    now = AccountStanding.objects.get(account__key="G1", is_current=True)
    assert now.tier == "c" != now.settled
    told = text_of(client.post("/judge/lift/G1/", {"reason": "复产"}))
    assert "取消人工设定" in told
    assert AccountStanding.objects.get(account__key="G1", is_current=True).tier == now.settled


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_worth_and_methods_fit_every_screen(scored_book: People, operator_user: User, pictures: Any) -> None:
    pictures("worth-account", "/accounts/G1/", user=scored_book.gao)
    pictures("worth-portfolio", "/portfolio/", user=scored_book.gao)
    pictures("methods", "/methods/", user=operator_user)
    pictures("methods-tiers", "/methods/tiers/", user=operator_user)


def test_a_fit_that_did_not_come_off_goes_by_its_standard_name() -> None:
    for language, rhythm in (("zh-hans", "下单节奏"), ("en", "Purchase rhythm")):
        with translation.override(language):
            for name, said in (("rhythm", rhythm), ("bgnbd", "BG/NBD"), ("gamma_gamma", "Gamma-Gamma")):
                assert failed_fit(name, "no_repeat").startswith(said), (language, name)
