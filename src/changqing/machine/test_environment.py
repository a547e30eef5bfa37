from __future__ import annotations

import pytest

from changqing.machine.environment import SettingsError, env_bool, env_int, env_list, env_text


@pytest.fixture(autouse=True)
def chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHANGQING_LANG", "zh")


def test_blank_and_missing_take_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CQ_X", "  ")
    read = [env_text("CQ_X", "a"), env_bool("CQ_X", True), env_int("CQ_X", 7), env_list("CQ_X", ["b"])]
    assert read == ["a", True, 7, ["b"]]


def test_a_text_without_default_must_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CQ_X", raising=False)
    with pytest.raises(SettingsError) as told:
        env_text("CQ_X")
    assert told.value.sentence == "请设置环境变量 CQ_X，它没有默认值。"


@pytest.mark.parametrize(
    ("word", "meaning"),
    [("1", True), ("YES", True), ("on", True), (" true ", True), ("0", False), ("No", False), ("off", False)],
)
def test_yes_and_no(monkeypatch: pytest.MonkeyPatch, word: str, meaning: bool) -> None:
    monkeypatch.setenv("CQ_X", word)
    assert env_bool("CQ_X", not meaning) is meaning


@pytest.mark.parametrize("word", ["maybe", "2", "是", "truee", "1 0"])
def test_anything_else_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    monkeypatch.setenv("CQ_X", word)
    with pytest.raises(SettingsError) as told:
        env_bool("CQ_X", False)
    assert told.value.sentence == (
        f"环境变量 CQ_X 的值是“{word}”，只能是：1 | true | yes | on | 0 | false | no | off。"
    )


@pytest.mark.parametrize("word", ["8000x", "٣", "8_000", "1e3", "-", "--1", "70000", "0", "-1", "²"])
def test_numbers_are_plain_and_within_bounds(monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    monkeypatch.setenv("CQ_X", word)
    with pytest.raises(SettingsError) as told:
        env_int("CQ_X", 8000, least=1, most=65535)
    assert told.value.sentence == f"环境变量 CQ_X 的值是“{word}”，只能是：1 – 65535。"


def test_numbers_at_the_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    read = []
    for word in ("1", "65535", "00080"):
        monkeypatch.setenv("CQ_X", word)
        read.append(env_int("CQ_X", 8000, least=1, most=65535))
    assert read == [1, 65535, 80]


def test_lists_drop_blanks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CQ_X", " a.example ,, 常青.example,")
    assert env_list("CQ_X") == ["a.example", "常青.example"]


def test_a_choice_is_one_of_the_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CQ_X", "demo")
    assert env_text("CQ_X", "own", allowed=("own", "demo")) == "demo"
    with pytest.raises(SettingsError, match=r"own \| other"):
        env_text("CQ_X", "own", allowed=("own", "other"))


def test_the_sentence_follows_the_console(monkeypatch: pytest.MonkeyPatch) -> None:
    from changqing.machine import speech

    monkeypatch.delenv("CHANGQING_LANG")
    for name, value, language in [("LC_ALL", "zh_CN.UTF-8", "zh"), ("LC_ALL", "C.UTF-8", "en")]:
        monkeypatch.setenv(name, value)
        assert speech.console_language() == language
