from __future__ import annotations

import tomllib
from decimal import Decimal
from pathlib import Path

import pytest
from django.utils.translation import override
from pydantic import Field, model_validator

from changqing.base import packs
from changqing.base.packs import Method, Named, Part, Sourced, Vector, digest, line_of, load, parse, shipped
from changqing.base.refused import Refused


class Step(Part):
    days: int = Field(gt=0)
    label: str


class Cadence(Method):
    share: Sourced[Decimal]
    steps: tuple[Step, ...] = ()

    @model_validator(mode="after")
    def _steps_rise(self) -> Cadence:
        days = [step.days for step in self.steps]
        if days != sorted(days):
            raise ValueError("天数应从小到大")
        return self


GOOD = """\
# 节奏 / How often we call
title = { zh = "节奏", en = "Cadence" }

[share]            # prose may stand anywhere
value = 0.20
source = "[P]"
name.zh = "占比"
name.en = "Share"

[[steps]]
days = 7
label = "first"

[[steps]]
days = 30
label = \"\"\"
[not a header]
days = 0
\"\"\"

[[vectors]]
name = { zh = "例", en = "example" }
question = "ask"
given = { values = [
  1,
  2.5,
] }
expect = { n = 2 }
"""


def refusal(text: str) -> str:
    with override("zh-hans"), pytest.raises(Refused) as refused:
        parse("cadence", text, Cadence)
    return refused.value.sentence


def test_a_pack_is_read_whole() -> None:
    pack = parse("cadence", GOOD, Cadence)
    assert pack.method == Cadence(
        title=Named(zh="节奏", en="Cadence"),
        share=Sourced[Decimal](value=Decimal("0.20"), source="[P]", name=Named(zh="占比", en="Share")),
        steps=(Step(days=7, label="first"), Step(days=30, label="[not a header]\ndays = 0\n")),
        vectors=(
            Vector(
                name=Named(zh="例", en="example"),
                question="ask",
                given={"values": [1, Decimal("2.5")]},
                expect={"n": 2},
            ),
        ),
    )
    assert (pack.name, pack.version, pack.text, pack.method.share.is_ours) == ("cadence", 0, GOOD, True)


def test_names_follow_the_readers_language() -> None:
    name = Named(zh="占比", en="Share")
    with override("zh-hans"):
        assert str(name) == "占比"
    with override("en"):
        assert str(name) == "Share"


@pytest.mark.parametrize(
    ("good", "bad", "sentence"),
    [
        ("value = 0.20", 'value = "much"', "第 5 行 share.value：应为数字（现为 much）。"),
        ("value = 0.20\n", "", "第 4 行 share.value：缺少这一项。"),
        ("value = 0.20", "value = 0.2\nvaleu = 1", "第 6 行 share.valeu：没有这一项，请检查拼写（现为 1）。"),
        ('source = "[P]"', 'source = ""', "第 6 行 share.source：不能为空。"),
        ('source = "[P]"', "source = 3", "第 6 行 share.source：应为加引号的文字（现为 3）。"),
        ("days = 30", "days = 0", "第 15 行 steps.2.days：应大于 0（现为 0）。"),
        ("days = 30", "days = 2.5", "第 15 行 steps.2.days：应为整数（现为 2.5）。"),
        ("days = 30\n", "", "第 14 行 steps.2.days：缺少这一项。"),
        ("days = 7", "days = 99", "天数应从小到大。"),
        ('question = "ask"', "question = []", "第 23 行 vectors.1.question：应为加引号的文字。"),
        ("days = 7", "days = = 7", "第 11 行不是有效的 TOML（Invalid value）。"),
        ("[share]", "[share", "第 4 行不是有效的 TOML（Expected ']' at the end of a table declaration）。"),
    ],
)
def test_a_fault_is_named_by_file_line_and_key(good: str, bad: str, sentence: str) -> None:
    assert good in GOOD
    assert refusal(GOOD.replace(good, bad, 1)) == (
        f"方法包 methods/cadence.toml 未被采用，原有设置不变： {sentence} 请改正后重新提交。"
    )


def test_many_faults_are_named_together_and_counted() -> None:
    said = refusal("a = 1\nb = 2\nc = 3\nd = 4\ne = 5\n")
    assert "第 1 行 title：缺少这一项。" in said
    assert "另有 2 处。" in said


@pytest.mark.parametrize(
    "name", ["nothing", "../pyproject", "", "Concentration", "a/b", "concentration.toml"]
)
def test_an_unknown_pack_is_refused(name: str) -> None:
    with override("zh-hans"), pytest.raises(Refused, match="没有名为"):
        shipped(name)


def test_a_pack_is_found_in_a_wheel_as_in_a_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cadence.toml").write_text(GOOD, encoding="utf-8")
    monkeypatch.setattr(packs, "IN_WHEEL", tmp_path)
    monkeypatch.setattr(packs, "IN_CHECKOUT", tmp_path / "absent")
    assert (shipped("cadence"), packs.shipped_names()) == (GOOD, ["cadence"])
    assert load("cadence", Cadence) == parse("cadence", GOOD, Cadence)


def test_digest_sees_content_and_not_layout() -> None:
    same = GOOD.replace("0.20", "0.2").replace("# prose may stand anywhere", "")
    other = GOOD.replace("0.20", "0.21")
    digests = [digest(tomllib.loads(text, parse_float=Decimal)) for text in (GOOD, same, other)]
    assert digests[0] == digests[1] == parse("cadence", GOOD, Cadence).digest
    assert digests[0] != digests[2]
    assert digest({"a": 1}) != digest({"a": "1"}) != digest({"a": True})


def test_every_key_of_the_text_has_its_line() -> None:
    places = {
        ("title",): 2,
        ("share",): 4,
        ("share", "value"): 5,
        ("share", "name", "en"): 8,
        ("steps", 0): 10,
        ("steps", 1, "label"): 16,
        ("vectors", 0, "given"): 24,
        ("vectors", 0, "expect"): 28,
        ("nowhere",): 1,
    }
    assert {place: line_of(GOOD, place) for place in places} == places
