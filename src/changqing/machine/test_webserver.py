"""A worker loads what first readers would wait for beside its answers, and seldom looks for garbage."""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Iterator
from types import ModuleType

import pytest

from changqing.machine import webserver


@pytest.fixture
def own_garbage(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This process is no worker: it ends with nobody and looks for garbage as before."""
    monkeypatch.setattr(webserver, "die_with_parent", lambda: None)
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


@pytest.mark.usefixtures("own_garbage")
@pytest.mark.parametrize("broken", [False, True])
def test_a_worker_answers_while_it_warms_up(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *, broken: bool
) -> None:
    may_go_on, made = threading.Event(), ModuleType("warmed")

    def warm() -> None:
        may_go_on.wait(10)
        if broken:
            raise OSError("no such file")

    made.application, made.warm = "the application", warm  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "warmed", made)
    assert webserver.load("warmed:application") == "the application"
    frozen, mine = gc.get_freeze_count(), [["loaded", "meanwhile"] for _ in range(1_000)]
    warming = [thread for thread in threading.enumerate() if thread.name == webserver.WARMING]
    may_go_on.set()
    for thread in warming:
        thread.join(10)
    assert (len(warming), gc.get_threshold()) == (1, webserver.GARBAGE)
    assert gc.get_freeze_count() >= frozen + len(mine)
    assert ("no such file" in capsys.readouterr().err) is broken
