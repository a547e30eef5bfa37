"""The child is bounded, can be stopped, dies with its parent, and leaves nothing behind."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from django.utils import translation

import changqing
from changqing.base.refused import Refused
from changqing.base.tables import ReadingLimits, nursery, stage
from changqing.base.tables.conftest import inline, raw_workbook, rows_of
from changqing.base.tables.nursery import NURSERY, Nursery

ROOT = str(Path(changqing.__file__).parent.parent)


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("big") / "big.csv"
    path.write_text("单号,客户,金额\n" + "".join(f"S{i},客户{i % 97},{i}.25\n" for i in range(1_500_000)))
    return path


def _nursery(of: psutil.Process) -> psutil.Process:
    (found,) = [one for one in of.children() if any("tables.nursery" in word for word in one.cmdline())]
    return found


def _readers() -> list[int]:
    """Reading children still alive, or dead and not buried."""
    return [child.pid for child in _nursery(psutil.Process()).children()]


def test_progress_is_told_and_cancelling_leaves_nothing(big: Path, tmp_path: Path) -> None:
    heard: list[tuple[int, int]] = []
    found = stage(big, into=tmp_path / "a.parquet", on_progress=lambda *seen: heard.append(seen))
    assert (found.rows, len(rows_of(found))) == (1_500_000, 1_500_000)
    assert heard == sorted(heard) and {whole for _, whole in heard} == {big.stat().st_size}

    def stop(done: int, whole: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stage(big, into=tmp_path / "b.parquet", on_progress=stop)
    assert not (tmp_path / "b.parquet").exists()
    assert _readers() == []


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        (ReadingLimits(csv_memory_mb=240), "所需内存超过上限 240 MB"),
        (ReadingLimits(wall_seconds=0, cpu_seconds_per_100mb=0), "超过了 0 秒"),
    ],
)
def test_limits_end_in_a_sentence(big: Path, tmp_path: Path, limits: ReadingLimits, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        stage(big, into=tmp_path / "a.parquet", limits=limits)
    assert not (tmp_path / "a.parquet").exists()
    assert _readers() == []


def test_time_that_is_burnt_ends_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "slow.csv"
    path.write_text("a,b\n" + '5" 管,1\n' * 3_000_000)
    with pytest.raises(Refused, match="所需计算时间超过上限 1 秒"):
        stage(path, into=tmp_path / "a.parquet", limits=ReadingLimits(cpu_seconds=1, cpu_seconds_per_100mb=0))


def test_the_child_dies_with_its_parent(tmp_path: Path) -> None:
    pipe = tmp_path / "slow.csv"
    pipe.write_text("a,b\n" + "1,2\n" * 20_000_000)
    code = (
        f"import sys; sys.path.insert(0, {ROOT!r})\n"
        "from pathlib import Path\nfrom changqing.base.tables import stage\n"
        f"stage(Path({str(pipe)!r}), into=Path({str(tmp_path / 'x.parquet')!r}))"
    )
    parent = subprocess.Popen([sys.executable, "-c", code])
    children: list[psutil.Process] = []
    while len(children) < 2:  # the nursery and the child
        time.sleep(0.02)
        children = psutil.Process(parent.pid).children(recursive=True)
    time.sleep(0.5)
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    gone, alive = psutil.wait_procs(children, timeout=10)
    assert (len(gone), alive) == (2, [])


def test_a_nursery_that_was_killed_is_a_sentence_and_then_another_one(big: Path, tmp_path: Path) -> None:
    def kill(done: int, whole: int) -> None:
        killed.append(_nursery(psutil.Process()))
        killed[0].kill()

    killed: list[psutil.Process] = []
    with pytest.raises(Refused, match="意外结束"):
        stage(big, into=tmp_path / "a.parquet", on_progress=kill)
    assert not (tmp_path / "a.parquet").exists()

    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n")
    assert rows_of(stage(path, into=tmp_path / "b.parquet")) == [(2, ["1", "2"])]
    assert _nursery(psutil.Process()).pid != killed[0].pid


def test_a_child_sees_no_environment_and_no_file_of_ours(tmp_path: Path) -> None:
    """Two at a time, and only what was handed to it is open in each."""
    first, second = NURSERY.child(), NURSERY.child()
    try:
        seen = [psutil.Process(one.pid) for one in (first, second)]
        while any(one.num_fds() != 3 for one in seen):
            time.sleep(0.01)
        assert [set(one.environ()) & {"DATABASE_URL", "CHANGQING_DATA", "HOME"} for one in seen] == [
            set(),
            set(),
        ]
        assert {one.cwd() for one in seen} == {"/"} and [_nursery(psutil.Process()).num_threads()] == [
            1
        ]  # a thread may hold a lock that a fork would keep
    finally:
        for one in (first, second):
            one.end()
            one.close()
    assert [psutil.pid_exists(one.pid) for one in (first, second)] == [False, False]


def test_a_process_without_files_to_spare_leaves_the_nursery_and_its_children_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def none_left() -> tuple[int, int]:
        raise OSError(errno.EMFILE, "too many open files")

    first, before = NURSERY.child(), _nursery(psutil.Process()).pid
    try:
        with monkeypatch.context() as patch, pytest.raises(OSError, match="too many"):
            patch.setattr(os, "pipe", none_left)
            NURSERY.child()
        assert psutil.pid_exists(first.pid) and _nursery(psutil.Process()).pid == before
    finally:
        first.end()
        first.close()
    NURSERY.end()
    another = NURSERY.child()
    another.end()
    another.close()
    assert _nursery(psutil.Process()).pid != before


# As when the signal comes after Python looked for one and before the wait begins: it wakes no wait of ours.
_SIGNALS_WAKE_NOBODY = """
import signal, threading
threading.Thread(target=threading.Event().wait, daemon=True).start()
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
signal.pthread_sigmask = lambda *_: None
"""


def test_an_end_is_heard_though_its_signal_wakes_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nursery, "_START", _SIGNALS_WAKE_NOBODY + nursery._START)
    one_more = Nursery()
    child = one_more.child()
    try:
        child.stdin.close()
        assert child.wait(30) is not None
    finally:
        child.close()
        one_more.end()


def test_many_are_read_at_once(tmp_path: Path) -> None:
    def read(number: int) -> list[tuple[int, list[str]]]:
        path = tmp_path / f"{number}.csv"
        path.write_text(f"a,b\n{number},2\n")
        return rows_of(stage(path, into=tmp_path / f"{number}.parquet"))

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(read, range(40))) == [[(2, [str(n), "2"])] for n in range(40)]
    assert _readers() == []


def test_the_child_starts_without_django(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n")
    code = (
        f"import sys; sys.path.insert(0, {ROOT!r}); import changqing.base.tables.child\n"
        "from changqing.base.tables import delimited, sheets\n"
        "print([name for name in ('django', 'xlsxwriter', 'openpyxl') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


def test_a_folder_gets_a_new_file_and_an_old_file_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n")
    (tmp_path / "into").mkdir()
    first = stage(path, into=tmp_path / "into")
    assert (first.path.parent, first.path.suffix) == (tmp_path / "into", ".parquet")
    assert rows_of(stage(path, into=first.path)) == [(2, ["1", "2"])]


@pytest.mark.parametrize("asked", ["a", '"', ",,", "é"])
def test_what_cannot_delimit_is_refused(tmp_path: Path, asked: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(Refused, match="不能作分隔符"):
        stage(path, into=tmp_path / "x", delimiter=asked)
    with pytest.raises(Refused, match="不认识编码“klingon”。可以选：UTF-8, UTF-8-BOM"):
        stage(path, into=tmp_path / "x", encoding="klingon")
    with pytest.raises(Refused, match="没有找到这个文件"):
        stage(tmp_path, into=tmp_path / "x")


def test_sentences_in_english(tmp_path: Path) -> None:
    path = raw_workbook(tmp_path / "a.xlsx", f'<row r="1">{inline("ZZ1", "a")}</row>')
    with translation.override("en"), pytest.raises(Refused) as refusal:
        stage(path, into=tmp_path / "x")
    assert refusal.value.sentence == (
        "The file “a.xlsx” was not imported; the book is unchanged. "
        "Cell ZZ1 of sheet “表” holds something, beyond column 258. "
        "Most likely a slip: delete the surplus columns right of the table, then import again."
    )
