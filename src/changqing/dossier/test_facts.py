"""What may be said of an account, how good it is, and what is wrong with the sheet."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from typing import Any

import pytest

from changqing.base.packs import load
from changqing.base.refused import Refused
from changqing.dossier.rules.facts import (
    ArchiveMethod,
    KnownFact,
    clean_fact,
    completeness,
    lint,
    next_budgeting,
    quality,
    replacement_risk,
)
from changqing.dossier.rules.sniff import MOST_BYTES, safe_name, sniffed

METHOD = load("archive", ArchiveMethod).method
TODAY = date(2026, 11, 28)


def fact(kind: str, day: str = "2026-11-01", source: str = "采购部王磊", **values: Any) -> KnownFact:
    return KnownFact(0, kind, values, source, date.fromisoformat(day), "confirmed", None)


def test_the_pack_names_no_family_and_no_gift() -> None:
    said = " ".join(f"{kind.name.zh} {part.name.zh}" for kind in METHOD.kinds for part in kind.parts)
    for word in ("家庭", "子女", "爱好", "喜好", "礼", "生日", "性格"):
        assert word not in said
    assert {kind.tab for kind in METHOD.kinds} == set(METHOD.tabs.value)
    assert len(METHOD.tabs.names) == 4


@pytest.mark.parametrize(
    ("kind", "said", "kept"),
    [
        (
            "supplier",
            {"who": " 斯特林 ", "share": "40 %", "ours": "rival"},
            {"who": "斯特林", "share": "40", "ours": "rival"},
        ),
        ("budget_cycle", {"month": "09"}, {"month": 9}),
        ("project", {"what": "改造", "start": "2027-03-01"}, {"what": "改造", "start": "2027-03-01"}),
    ],
)  # fmt: skip
def test_a_fact_is_kept_by_its_parts(kind: str, said: dict[str, str], kept: dict[str, Any]) -> None:
    assert clean_fact(METHOD, kind, said) == kept


@pytest.mark.parametrize(
    ("kind", "said", "field"),
    [
        ("hobby", {"what": "x"}, "kind"),
        ("supplier", {}, "who"),
        ("supplier", {"share": "101"}, "share"),
        ("supplier", {"share": "NaN"}, "share"),
        ("supplier", {"satisfaction": "6"}, "satisfaction"),
        ("supplier", {"ours": "them"}, "ours"),
        ("budget_cycle", {"month": "13"}, "month"),
        ("project", {"start": "明年"}, "start"),
        ("structure", {"what": "长" * 501}, "what"),
        ("structure", {"what": "该给主任送礼了"}, ""),
        ("communication", {"how": "他妻子在同一单位"}, ""),
    ],
)
def test_what_an_archive_does_not_keep_is_refused(kind: str, said: dict[str, str], field: str) -> None:
    with pytest.raises(Refused) as no:
        clean_fact(METHOD, kind, said)
    assert no.value.field == field


def test_the_sheet_is_judged() -> None:
    facts = [
        fact("main_business", what="特钢"),
        fact("main_business", what="特钢"),
        fact("strategy", "2024-01-01", what="应该会扩张"),
        fact("project", source="", what="轧机改造"),
    ]
    four = quality(METHOD, facts, TODAY)
    expected = sum(kind.expected for kind in METHOD.kinds)
    assert (four.accuracy, four.timeliness, four.relevance) == (1.0, 0.75, 0.75)
    assert four.completeness == 2 / expected
    assert completeness(METHOD, ["main_business"])["overview"] == (1, 5)
    found = lint(METHOD, facts, TODAY)
    assert sum(issue.what == "missing" for issue in found) == expected - 2
    assert [(issue.what, issue.kind) for issue in found if issue.what != "missing"] == [
        ("double", "main_business"),
        ("stale", "strategy"),
        ("subjective", "strategy"),
        ("unsourced", "project"),
    ]
    assert quality(METHOD, [], TODAY).accuracy is None


def test_the_risk_of_being_replaced_and_the_next_budget() -> None:
    us = fact("supplier", who="我们", share="60", satisfaction="4", ours="us")
    rival = fact("supplier", who="斯特林", share="40", satisfaction="3", ours="rival")
    assert replacement_risk([us, rival]) == pytest.approx(24 / (48 + 24))
    assert replacement_risk([us]) is None and replacement_risk([]) is None
    assert next_budgeting([fact("budget_cycle", month=9)], TODAY) == date(2027, 9, 1)
    assert next_budgeting([fact("budget_cycle", month=3, cycle="quarter")], TODAY) == date(2026, 12, 1)
    assert next_budgeting([], TODAY) is None


def office(*names: str, main: str = "xl/workbook.xml") -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as file:
        for name in ("[Content_Types].xml", main, *names):
            file.writestr(name, "x")
    return held.getvalue()


def bomb() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("[Content_Types].xml", "x")
        file.writestr("xl/workbook.xml", b"0" * 20_000_000)
    return held.getvalue()


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (b"%PDF-1.7 x", "合同.pdf", "pdf"),
        (b"\x89PNG\r\n\x1a\nx", "a.PNG", "png"),
        (b"\xff\xd8\xff\xe0", "a.jpeg", "jpg"),
        (b"RIFF\0\0\0\0WEBPx", "a.webp", "webp"),
        (office(), "表.xlsx", "xlsx"),
        (office(main="word/document.xml"), "信.docx", "docx"),
        ("客户,金额\n".encode("gb18030"), "a.csv", "txt"),
    ],
)
def test_a_file_is_known_by_its_bytes(data: bytes, name: str, kind: str) -> None:
    assert sniffed(data, name) == kind


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"", "a.txt"),
        (b"x" * (MOST_BYTES + 1), "a.txt"),
        (b"<svg onload=alert(1)>", "a.txt"),
        (b"  <!DOCTYPE html><script>", "a.csv"),
        (b"%PDF-1.7", "a.html"),
        (b"%PDF-1.7", "a.pdf.exe"),
        (b"MZ\x90\0", "a.pdf"),
        (b"#!/bin/sh\x07", "a.txt"),
        (office("xl/vbaProject.bin"), "a.xlsx"),
        (office("../../x"), "a.xlsx"),
        (office("word/document.xml"), "a.xlsx"),
        (office(main="readme.txt"), "a.xlsx"),
        (bomb(), "a.xlsx"),
        (b"PK\x03\x04rubbish", "a.docx"),
        (b"GIF89a", "a.png"),
        ("x\u0000".encode(), "a.txt"),
    ],
)
def test_what_is_no_document_is_not_kept(data: bytes, name: str) -> None:
    with pytest.raises(Refused) as no:
        sniffed(data, name)
    assert no.value.field == "file"


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "a\r\nSet-Cookie: x=1.pdf", 'x";filename="y.exe', "\u202efdp.exe", " "],
)  # fmt: skip
def test_names_are_harmless(name: str) -> None:
    made = safe_name(name, "pdf")
    assert made.endswith(".pdf") and len(made) <= 124
    assert not set(made) & set('/\\\r\n"<>;\u202e') and not made.startswith(".")
