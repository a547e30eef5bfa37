"""A file handed over in the browser: looked at, corrected, mended, written; and whose it is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from changqing.journeys import import_ledger
from changqing.ledger.drafts import ImportDraft
from changqing.ledger.queries import Import
from changqing.people.queries import User
from changqing.records.models import AuditLine
from changqing.reports.accounts import Asked, account_list
from changqing.reports.conftest import People
from changqing.reports.portfolio import portfolio

ACCOUNTS = (
    "客户编码,客户名称,行业,地区\nK1,金陵特钢,钢铁,江苏\nK2,华曜风电,风电,江苏\nK3,东岭矿业,矿业,湖南\n"
)
PRODUCTS = "产品编码,产品名称,产品族,单位成本\nP1,轧机轴承,轴承,300\nP2,齿轮油,润滑,20\n"
HEADER = "订单号,行号,订单日期,客户编码,客户名称,产品编码,数量,未税单价,未税金额,成本金额\n"
ORDERS = HEADER + "".join(
    f"SO{n:03d},1,2024-{n % 12 + 1:02d}-15,K{n % 3 + 1},,P{n % 2 + 1},2,{n}.5,{2 * n + 1},{n}\n"
    for n in range(1, 41)
)
GROSS = "订单号,行号,订单日期,客户编码,产品编码,数量,价税合计\nS1,1,2024-01-05,K1,P1,1,113\n"
GROSS_FIELDS = ("order_no", "line_no", "date", "customer", "product", "quantity", "amount_with_tax")
FAULTS = ("七百二十", "1O0", "待定", "12元左右", "abc", "?1")


def faulty() -> str:
    """Thirty good rows and twelve bad ones: six days and six amounts."""
    rows = [f"F{n:03d},1,2024-03-{n % 28 + 1:02d},K1,金陵特钢,P1,1,,{n},1" for n in range(1, 31)]
    rows += [f"D{n:03d},1,2024-02-3{n % 2},K2,华曜风电,P1,1,,{n},1" for n in range(1, 7)]
    rows += [f"A{n:03d},1,2024-03-01,K3,东岭矿业,P2,1,,{FAULTS[n - 1]},1" for n in range(1, 7)]
    return HEADER + "\n".join(rows) + "\n"


def text_of(response: Any) -> str:
    bare = re.sub(r"</?(span|b|small)[^>]*>", "", response.content.decode())
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", bare))


def work() -> None:
    """What the worker does: every import that was handed in, in its order."""
    jobs = ProcrastinateJob.objects.filter(task_name="book:bring_in").order_by("id")
    for args in list(jobs.values_list("args", flat=True)):
        import_ledger.run(args["entry"])


def newest() -> ImportDraft:
    return ImportDraft.objects.order_by("-pk")[0]


def test_the_preview_says_what_the_import_then_does_and_writes_nothing(hand: Any, yun: User) -> None:
    client = hand(("订单.csv", faulty()))
    draft = newest()
    text = text_of(client.get(f"/imports/files/{draft.pk}/"))
    assert "71.4% 的行可以写入；退回 12 行，原因只有 2 种" in text
    assert not Import.objects.exists()
    assert portfolio(yun, "all").as_json()["lines"] == 0
    told = draft.preview
    assert (told["came"], told["changed"], told["went"], told["same"], told["refused"]) == (30, 0, 0, 0, 12)
    gone = client.post(f"/imports/files/{draft.pk}/start/", {"version": draft.version})
    again = client.post(f"/imports/files/{draft.pk}/start/", {"version": draft.version})
    assert gone["Location"] == again["Location"] and Import.objects.count() == 1
    work()
    entry = Import.objects.get()
    for name in (
        "came",
        "changed",
        "went",
        "same",
        "refused",
        "accounts_made",
        "accounts_touched",
        "money_came",
    ):
        assert entry.report[name] == told[name], name


@pytest.mark.row(
    "PLT-11", shows="a file is handed over, its columns recognised, faulty cells mended in place"
)
def test_faulty_cells_are_mended_on_the_page(hand: Any, client: Client, yun: User) -> None:
    hand(("订单.csv", faulty()))
    client.force_login(yun)
    draft = newest()
    days = next(i for i, group in enumerate(draft.preview["groups"]) if group["field"] == "date")
    address = f"/imports/files/{draft.pk}/say/"
    client.post(address, {"version": draft.version, "group": days, "accept": "1"})
    draft.refresh_from_db()
    assert draft.preview["refused"] == 6
    page = client.get(f"/imports/files/{draft.pk}/").content.decode()
    cells = re.findall(r'name="(cell-\d+-\d+)"', page)
    assert len(cells) == 6
    mended = dict.fromkeys(cells, "10") | {"version": draft.version, "cell-2-0": "not shown, so not taken"}
    client.post(address, mended)
    draft.refresh_from_db()
    assert (draft.preview["refused"], draft.preview["came"]) == (0, 42)
    assert "0" in draft.said["mends"].get("2", {}) or "2" not in draft.said["mends"]
    client.post(f"/imports/files/{draft.pk}/start/", {"version": draft.version})
    work()
    entry = Import.objects.get()
    assert (entry.state, entry.report["came"], entry.report["refused"]) == ("in_force", 42, 0)
    assert set(AuditLine.objects.values_list("verb", flat=True)) >= {"hand over", "hand in", "bring in"}


def test_an_older_page_changes_nothing(hand: Any) -> None:
    client = hand(("订单.csv", faulty()))
    draft = newest()
    stale = {"version": draft.version - 1, "accept": "1"}
    assert client.post(f"/imports/files/{draft.pk}/say/", stale).status_code == 403
    assert client.post(f"/imports/files/{draft.pk}/start/", {"version": 99}).status_code == 403
    draft.refresh_from_db()
    assert (draft.version, draft.said, Import.objects.count()) == (1, {}, 0)


@pytest.mark.parametrize("who", ["other", "gao", "mei"])
def test_a_file_belongs_to_who_handed_it_over(hand: Any, people: People, who: str) -> None:
    hand(("订单.csv", faulty()))
    draft = newest()
    user = (
        User.objects.create_user("other", None, full_name="别人", role="operator")
        if who == "other"
        else getattr(people, who)
    )
    client = Client()
    client.force_login(user)
    expected = 404 if who == "other" else 403
    for method, path in (
        ("get", ""),
        ("get", "refused/"),
        ("post", "say/"),
        ("post", "start/"),
        ("post", "drop/"),
    ):
        answer = getattr(client, method)(f"/imports/files/{draft.pk}/{path}", {"version": draft.version})
        assert answer.status_code == expected, path
        assert "订单.csv" not in answer.content.decode()
    assert client.post(
        "/imports/files/", {"files": SimpleUploadedFile("a.csv", b"a,b\n1,2\n")}
    ).status_code == (302 if who == "other" else 403)
    draft.refresh_from_db()
    assert (draft.state, draft.version, Import.objects.count()) == ("tried", 1, 0)


def test_columns_and_meaning_are_corrected_and_remembered(hand: Any) -> None:
    client = hand(("a.csv", "单据,哪天,谁,多少钱\nS1,2024-01-05,金陵,100\nS2,2024-01-06,金陵,200\n"))
    draft = newest()
    said = {
        "version": draft.version,
        "columns": "1",
        "kind": "orders",
        "meaning": "lines",
        "source": "",
        "new_source": "oa",
    }
    for index, field in enumerate(("order_no", "date", "customer_name", "amount")):
        said[f"column-{index}"] = field
    if draft.kind != "orders":
        client.post(f"/imports/files/{draft.pk}/say/", said)
        said["version"] = draft.version + 1
    client.post(f"/imports/files/{draft.pk}/say/", said)
    draft.refresh_from_db()
    assert (draft.state, draft.preview["came"], draft.source_code) == ("tried", 2, "oa")
    client.post(f"/imports/files/{draft.pk}/start/", {"version": draft.version})
    work()
    client = hand(("b.csv", "单据,哪天,谁,多少钱\nS3,2024-01-07,金陵,50\n"))
    again = newest()
    said |= {"version": again.version, "kind": again.kind, "source": "oa"}
    twice = {**said, "column-0": "amount"}
    assert client.post(f"/imports/files/{again.pk}/say/", twice).status_code == 403


def test_it_asks_for_what_the_file_cannot_tell(hand: Any) -> None:
    client = hand(("含税.csv", GROSS))
    draft = newest()
    assert draft.state == "asking"
    assert "含税金额按什么税率换算" in text_of(client.get(f"/imports/files/{draft.pk}/"))
    said = {"version": draft.version, "columns": "1", "kind": "orders", "tax_rate": "13%", "source": "erp"}
    said |= {f"column-{i}": field for i, field in enumerate(GROSS_FIELDS)}
    client.post(f"/imports/files/{draft.pk}/say/", said)
    draft.refresh_from_db()
    assert (draft.state, draft.preview["money_came"]) == ("tried", "100.0000")


def test_a_file_that_is_none_is_told_in_a_sentence(hand: Any) -> None:
    client = hand(("坏.xlsx", b"PK\x03\x04 no workbook"), ("空.csv", b""))
    page = text_of(client.get(f"/imports/files/{newest().pk}/"))
    assert "这份文件读不了，账本没有变化" in page
    assert ImportDraft.objects.count() == 1


def test_more_than_the_bound_is_not_taken(hand: Any, settings: Any) -> None:
    settings.MOST_UPLOAD_MB = 1
    client = hand(("大.csv", b"a" * (2 << 20)))
    assert client.answer.status_code == 403
    assert "文件超过 1 MB，没有收下" in text_of(client.answer)
    assert not ImportDraft.objects.exists()
    assert not list(Path(settings.FILE_UPLOAD_TEMP_DIR).glob("*.upload*"))


def test_several_files_are_written_in_the_right_order(hand: Any, yun: User) -> None:
    client = hand(("订单.csv", ORDERS), ("产品.csv", PRODUCTS), ("客户.csv", ACCOUNTS))
    page = client.get("/imports/")
    assert "3 份文件等您点写入" in text_of(page)
    pairs = re.findall(r'name="draft" value="([^"]+)"', page.content.decode())
    client.post("/imports/files/start/", {"draft": pairs})
    work()
    assert list(Import.objects.order_by("number").values_list("kind", flat=True)) == [
        "accounts",
        "products",
        "orders",
    ]
    assert portfolio(yun, "all").as_json()["lines"] == 40


def test_an_import_is_stopped_before_it_is_in_the_book(hand: Any, yun: User) -> None:
    client = hand(("订单.csv", ORDERS))
    draft = newest()
    client.post(f"/imports/files/{draft.pk}/start/", {"version": draft.version})
    entry = Import.objects.get()
    client.post(f"/imports/{entry.pk}/stop/")
    work()
    entry.refresh_from_db()
    assert (entry.state, entry.number, portfolio(yun, "all").as_json()["lines"]) == ("stopped", None, 0)
    assert "已停下" in text_of(client.get("/imports/"))


def test_undo_says_beforehand_what_it_would_do(hand: Any, yun: User, people: People) -> None:
    client = hand(("订单.csv", ORDERS))
    client.post(f"/imports/files/{newest().pk}/start/", {"version": newest().version})
    work()
    text = text_of(client.get("/imports/1/switch/")).replace(" ", "")
    assert "40行会离开账本" in text and "3家客户再没有文件提到，会撤下" in text
    assert "订单合计¥1,680.00→¥0.00" in text
    assert portfolio(yun, "all").as_json()["lines"] == 40
    assert client.get("/imports/9/switch/").status_code == 404
    client.force_login(people.gao)
    assert client.get("/imports/1/switch/").status_code == 403


def test_refused_rows_of_a_written_file_are_mended_on_the_page(hand: Any) -> None:
    client = hand(("订单.csv", faulty()))
    client.post(f"/imports/files/{newest().pk}/start/", {"version": newest().version})
    work()
    entry = Import.objects.get()
    assert "在这里改退回的行" in text_of(client.get("/imports/"))
    answer = client.post(f"/imports/{entry.pk}/mend/")
    draft = newest()
    assert answer["Location"] == f"/imports/files/{draft.pk}/"
    assert client.post(f"/imports/{entry.pk}/mend/")["Location"] == answer["Location"]
    assert (draft.preview["refused"], draft.kind, draft.preview["meaning"]) == (12, "orders", "lines")
    for group in ("date", "amount"):
        draft = newest()
        place = next(i for i, each in enumerate(draft.preview["groups"]) if each["field"] == group)
        page = client.get(f"/imports/files/{draft.pk}/?group={place}").content.decode()
        cells = dict.fromkeys(
            re.findall(r'name="(cell-\d+-\d+)"', page), "2024-02-29" if group == "date" else "5"
        )
        client.post(f"/imports/files/{draft.pk}/say/", cells | {"version": draft.version, "group": place})
    draft = newest()
    assert (draft.preview["refused"], draft.preview["came"], draft.preview["went"]) == (0, 12, 0)
    client.post(f"/imports/files/{draft.pk}/start/", {"version": draft.version})
    work()
    assert [entry.report["came"] for entry in Import.objects.order_by("number")] == [30, 12]


def test_strangers_are_matched_in_bulk_with_one_ranking(hand: Any, yun: User) -> None:
    client = hand(("客户.csv", ACCOUNTS))
    client.post(f"/imports/files/{newest().pk}/start/", {"version": newest().version})
    rows = (
        "O1,1,2024-01-05,9001,金陵特钢有限公司,P1,1,,100,50\nO2,1,2024-01-06,9002,北方某某厂,P1,1,,200,50\n"
    )
    client = hand(("外部.csv", HEADER + rows))
    client.post(f"/imports/files/{newest().pk}/start/", {"version": newest().version})
    work()
    page = client.get("/imports/customers/")
    assert "2 家客户只在单据里出现过，1 家有很像的" in text_of(page)
    body = page.content.decode()
    ticked = re.findall(r'name="stranger" value="(\d+)"[^>]*checked', body)
    chosen = re.findall(r'name="(account-\d+)"\s+value="(\d+)" checked', body)
    assert len(ticked) == 1
    client.post("/imports/customers/match/", {"stranger": ticked, **dict(chosen)})
    rankings = AuditLine.objects.filter(verb="match").count()
    assert rankings == 1
    other = re.search(r'value="(\d+)"\s+aria-label="北方某某厂"', body)
    assert other
    said = {"stranger": [other[1]], f"code-{other[1]}": "K2"}
    client.post("/imports/customers/match/", said)
    assert "每一家客户都对上了" in text_of(client.get("/imports/customers/"))
    revenue = {row.key: row.revenue for row in account_list(yun, Asked()).rows}
    assert (revenue["K1"], revenue["K2"]) == (100, 200)
    bad = {"stranger": [other[1]], f"code-{other[1]}": "no such"}
    assert client.post("/imports/customers/match/", bad).status_code == 403


def test_templates_and_exports_are_given_to_who_brings_files_in(hand: Any, people: People) -> None:
    client = hand(("订单.csv", ORDERS))
    client.post(f"/imports/files/{newest().pk}/start/", {"version": newest().version})
    work()
    kinds = ("accounts", "products", "orders", "invoices", "receipts", "costs")
    addresses = [
        address
        for kind in kinds
        for address in (
            f"/imports/templates/{kind}.xlsx",
            f"/imports/book/{kind}.csv",
            f"/imports/book/{kind}.xlsx?source=erp",
        )
    ]
    for address in addresses:
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert answer["Content-Disposition"].startswith("attachment"), address
        assert b"".join(answer.streaming_content), address
    assert {client.get(f"/imports/book/{kind}.pdf").status_code for kind in kinds} == {404}
    assert client.get("/imports/templates/secrets.xlsx").status_code == 404
    client.force_login(people.gao)
    assert {client.get(address).status_code for address in addresses} == {403}
