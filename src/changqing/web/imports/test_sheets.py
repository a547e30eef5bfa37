"""Of a workbook with several sheets its owner chooses the one that is read; an undo is weighed beforehand."""

from __future__ import annotations

import io

import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from changqing.journeys import import_ledger
from changqing.ledger.models import Import, ImportDraft, SourceFormat
from changqing.people.queries import User

HEAD = ("订单号", "行号", "日期", "客户编码", "产品", "数量", "未税金额", "成本")


def workbook() -> bytes:
    held = io.BytesIO()
    with xlsxwriter.Workbook(held) as book:
        for name, rows in (
            ("说明", [("本表由系统导出", "请勿修改")]),
            ("一月", [HEAD, ("S1", 1, "2026-01-05", "K1", "P1", 1, 100, 60)]),
            ("二月", [HEAD, *((f"S{day}", 1, f"2026-02-0{day}", "K1", "P1", 1, 70, 60) for day in (2, 3))]),
        ):
            sheet = book.add_worksheet(name)
            for at, row in enumerate(rows):
                sheet.write_row(at, 0, row)
    return held.getvalue()


def test_the_chosen_sheet_is_the_one_that_comes_in(book: None, yun: User, client: Client) -> None:
    client.force_login(yun)
    client.post("/imports/files/", {"files": SimpleUploadedFile("订单.xlsx", workbook())})
    draft = ImportDraft.objects.get()
    assert draft.survey["sheets"] == ["说明", "一月", "二月"]
    page = client.get(f"/imports/files/{draft.pk}/").content.decode()
    assert "读哪张工作表" in page
    said = {"version": draft.version, "columns": "1", "sheet": "二月", "source": "erp"}
    client.post(f"/imports/files/{draft.pk}/say/", said)
    draft.refresh_from_db()
    assert (draft.survey["sheet"], draft.kind, draft.preview["came"]) == ("二月", "orders", 2)
    wrong = {**said, "version": draft.version, "sheet": "三月"}
    assert client.post(f"/imports/files/{draft.pk}/say/", wrong).status_code == 403
    draft.refresh_from_db()
    assert draft.survey["sheet"] == "二月"
    client.post(f"/imports/files/{draft.pk}/start/", {"version": draft.version})
    entry = Import.objects.get()
    import_ledger.run(entry.pk)
    entry.refresh_from_db()
    assert (entry.state, entry.report["came"]) == ("in_force", 2)
    # the next workbook of this source may call its sheets otherwise
    assert "sheet" not in SourceFormat.objects.get().mapping
