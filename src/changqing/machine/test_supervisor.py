"""With stand-in children and real processes, signals, ports and servers."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from changqing.machine.cluster import mark
from changqing.machine.folder import DataFolder
from changqing.machine.lock import FileLock
from changqing.machine.postgres import Postgres, wait_until
from changqing.machine.process import MARK
from changqing.machine.status import status
from changqing.machine.supervisor import stop

SRC = Path(__file__).parents[2]
APPLICATION = """
import os
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [os.environ["CHANGQING_BOOK"].encode()]
def is_prepared():
    return not os.environ.get("NOT_PREPARED_UNTIL") or os.path.exists(os.environ["NOT_PREPARED_UNTIL"])
"""
# `changqing up` with the product's children replaced; the web server is the real one
UP = """
import dataclasses, functools, signal, sys
# whoever runs the tests may have been started with Ctrl-C or a hang-up ignored, which children inherit
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
from pathlib import Path
from changqing.machine import books, instance
from changqing.machine.books import Command, demo_book, own_book
from changqing.machine.error import MachineError
from changqing.machine.folder import DataFolder
from changqing.machine.supervisor import Supervisor

path, port, demo, step = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "demo", sys.argv[4]
books.WSGI, books.PREPARED = "standin:application", "standin:is_prepared"
instance.Postgres = functools.partial(instance.Postgres, settings={"fsync": "off"})
folder = DataFolder(Path(path))
found = [own_book(folder, port, demo_port=port + 1 if demo else None)]
if demo:
    found.append(demo_book(folder.demo, port + 1, own_port=port))
python = lambda name, text: Command(name, (sys.executable, "-c", text))
lasting = "import subprocess, time; subprocess.Popen(['sleep', '600']); time.sleep(600)"
changed = [
    dataclasses.replace(
        book, steps=(python("prepare", step),), others=(python(f"{book.name}-worker", lasting),)
    )
    for book in found
]
try:
    sys.exit(Supervisor(changed).run())
except MachineError as error:
    print(error.sentence)
    sys.exit(3)
"""


def free_port() -> int:
    """A port that is free together with its successor."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port: int = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
            return port


@dataclass
class Run:
    """A supervisor in a process of its own."""

    folder: DataFolder
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[str] | None = None

    def start(self, *, demo: bool = False, step: str = "pass", **more: str) -> Run:
        (self.folder.path.parent / "standin.py").write_text(APPLICATION)
        environment = os.environ | {
            "PYTHONPATH": f"{SRC}{os.pathsep}{self.folder.path.parent}", "CHANGQING_LANG": "zh", **more,
        }  # fmt: skip
        environment.pop("DATABASE_URL", None)
        words = [str(self.folder.path), str(self.port), "demo" if demo else "own", step]
        self.process = subprocess.Popen(
            [sys.executable, "-c", UP, *words],
            env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        return self

    @property
    def running(self) -> subprocess.Popen[str]:
        assert self.process is not None
        return self.process

    def until_greeted(self, *words: str) -> str:
        """Read the console until each of these words stood there."""
        assert self.running.stdout is not None
        told = ""
        while not all(word in told for word in words):
            line = self.running.stdout.readline()
            assert line, told
            told += line
        return told

    def finish(self, number: int = signal.SIGINT) -> tuple[int, str]:
        """Signal it; gives its exit code and its last words."""
        self.running.send_signal(number)
        told, _ = self.running.communicate(timeout=90)
        return self.running.returncode, told

    def pids(self) -> dict[str, int]:
        return status(self.folder).pids

    def members(self) -> list[psutil.Process]:
        """All processes of this run, servers included."""
        marks = {mark(self.folder), mark(self.folder.demo)}
        clusters = {str(self.folder.pg), str(self.folder.demo.pg)}
        return [
            process
            for process in psutil.process_iter()
            if _environ(process).get(MARK) in marks or clusters & set(_cmdline(process))
        ]

    def page(self, port: int | None = None) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{port or self.port}/", timeout=5) as answer:
            return str(answer.read().decode())


def _environ(process: psutil.Process) -> dict[str, str]:
    try:
        return dict(process.environ())
    except (psutil.Error, OSError):
        return {}


def _cmdline(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []


@pytest.fixture
def run(tmp_path: Path, lay_cluster: Callable[[DataFolder], None]) -> Iterator[Run]:
    run = Run(DataFolder(tmp_path / "data folder"))
    lay_cluster(run.folder)
    yield run
    if run.process is not None and run.process.poll() is None:
        run.process.kill()
    if run.process is not None:
        run.process.wait()
        assert run.process.stdout is not None
        run.process.stdout.close()
    for folder in (run.folder, run.folder.demo):
        Postgres(folder).stop()
    for left in run.members():
        left.kill()


def came_back(run: Run, name: str, before: int) -> Callable[[], bool]:
    return lambda: run.pids().get(name, before) not in (before, 0)


def test_up_and_down_again_twice(run: Run) -> None:
    run.folder.write_state(users=0)
    for _ in range(2):
        told = run.start().until_greeted("停止")
        assert told.splitlines() == [
            "",
            f"常青已就绪：http://127.0.0.1:{run.port}",
            f"  第一次使用，请打开这个一次性链接：http://127.0.0.1:{run.port}/start?code={run.folder.setup_code}",
            f"  数据文件夹：{run.folder.path}",
            "  停止：Ctrl-C",
        ]
        assert run.page() == "own"
        found = status(run.folder)
        assert (found.running, found.address) == (True, f"http://127.0.0.1:{run.port}")
        assert wait_until(
            lambda: sorted(run.pids()) == ["own-postgres", "own-worker", "supervisor", "web"], 5
        )
        assert run.finish() == (0, "正在停止……（再按一次 Ctrl-C 立即结束）\n")
        assert run.members() == []
    assert (status(run.folder).running, status(run.folder).pids) == (False, {})


def test_the_demo_runs_beside_in_a_folder_of_its_own(run: Run) -> None:
    (run.folder.demo.run / "signins.txt").write_text("经理 wang / 晴天 7\n")
    told = run.start(demo=True, DJANGO_X="1").until_greeted("常青已就绪", "晴天 7")
    assert f"演示账簿：http://127.0.0.1:{run.port + 1}\n  演示用的登录：\n    经理 wang / 晴天 7\n" in told
    assert (run.page(), run.page(run.port + 1)) == ("own", "demo")
    seen = {name: _environ(psutil.Process(run.pids()[name])) for name in ("web", "demo-web")}
    assert [
        seen["web"]["CHANGQING_DEMO_URL"], seen["demo-web"]["CHANGQING_BOOK_URL"],
        seen["web"]["CHANGQING_DATA"], seen["demo-web"]["CHANGQING_DATA"],
    ] == [
        f"http://127.0.0.1:{run.port + 1}", f"http://127.0.0.1:{run.port}",
        str(run.folder.path), f"{run.folder.path}-demo",
    ]  # fmt: skip
    assert run.finish(signal.SIGTERM)[0] == 0
    assert run.members() == []


def test_a_taken_port_is_named_before_anything_starts(run: Run) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", run.port))
        taken.listen()
        told, _ = run.start().running.communicate(timeout=90)
    assert (run.running.returncode, told) == (
        3,
        f"端口 {run.port} 已被占用（Address already in use）。"
        f"换一个端口，例如：PORT={run.port + 10} make run\n",
    )
    assert not (run.folder.logs / "postgres-start.log").exists()


def test_a_second_supervisor_is_refused(run: Run) -> None:
    run.start().until_greeted("停止")
    second = Run(run.folder)
    told, _ = second.start().running.communicate(timeout=90)
    assert (second.running.returncode, told) == (
        3,
        f"常青已在这个数据文件夹上运行（{run.folder.path}，进程 {run.running.pid}，"
        f"http://127.0.0.1:{run.port}）。停止它：changqing stop。\n",
    )
    assert run.page() == "own"


@pytest.mark.parametrize("name", ["web", "own-worker", "own-postgres"])
def test_a_killed_child_is_brought_back_with_nothing_left_of_the_old(run: Run, name: str) -> None:
    run.start().until_greeted("停止")
    assert wait_until(lambda: name in run.pids(), 5)
    before = run.pids()[name]
    old = [psutil.Process(before), *psutil.Process(before).children(recursive=True)]
    os.kill(before, signal.SIGKILL)
    assert wait_until(came_back(run, name, before), 15)
    gone, alive = psutil.wait_procs(old, timeout=5)
    assert (len(gone), alive) == (len(old), [])
    assert wait_until(lambda: _answers(run), 10)
    assert run.finish()[0] == 0
    assert run.members() == []


def _answers(run: Run) -> bool:
    try:
        return run.page() == "own"
    except OSError:
        return False


def test_children_end_with_a_killed_supervisor_and_the_next_takes_over(run: Run) -> None:
    run.start().until_greeted("停止")
    assert wait_until(lambda: "own-worker" in run.pids(), 5)
    server = run.pids()["own-postgres"]
    run.running.kill()
    run.running.communicate()

    def only_grandchildren_are_left() -> bool:
        return all("sleep" in _cmdline(process) or process.pid == server for process in run.members())

    assert wait_until(only_grandchildren_are_left, 5)
    run.start().until_greeted("停止")
    assert run.pids()["own-postgres"] == server
    assert len([process for process in run.members() if "sleep" in _cmdline(process)]) <= 1
    assert run.finish()[0] == 0
    assert run.members() == []


def test_a_step_that_fails_is_told_with_the_end_of_its_log(run: Run) -> None:
    told, _ = run.start(step="import sys; sys.exit('表 x 不认识')").running.communicate(timeout=90)
    assert run.running.returncode == 3
    assert told.endswith(
        f"prepare 没有成功；日志 {run.folder.logs / 'prepare.log'} 的末尾是：\n表 x 不认识\n"
    )
    assert run.members() == []


def test_a_book_that_was_served_before_takes_its_steps_only_where_they_are_due(
    run: Run, tmp_path: Path
) -> None:
    run.folder.write_state(users=1)
    made = tmp_path / "made"
    step = f"import pathlib; print('made', flush=True); pathlib.Path({str(made)!r}).touch()"
    for _ in range(2):
        run.start(step=step, NOT_PREPARED_UNTIL=str(made)).until_greeted("停止")
        assert run.finish()[0] == 0
    assert (run.folder.logs / "prepare.log").read_text() == "made\n"
    assert not (run.folder.logs / "supervisor.log").exists(), "nobody died"
    assert run.members() == []


def test_a_step_that_the_web_server_found_due_and_that_fails_is_told(run: Run, tmp_path: Path) -> None:
    run.folder.write_state(users=1)
    step = "import sys; sys.exit('表 x 不认识')"
    told, _ = run.start(step=step, NOT_PREPARED_UNTIL=str(tmp_path / "never")).running.communicate(timeout=90)
    assert run.running.returncode == 3
    assert told.endswith(
        f"prepare 没有成功；日志 {run.folder.logs / 'prepare.log'} 的末尾是：\n表 x 不认识\n"
    )
    assert run.members() == []


def test_steps_that_leave_the_web_server_unprepared_end_the_start(run: Run, tmp_path: Path) -> None:
    run.folder.write_state(users=1)
    never = str(tmp_path / "never")
    told, _ = run.start(NOT_PREPARED_UNTIL=never).running.communicate(timeout=90)
    assert (run.running.returncode, "web 没有成功" in told) == (3, True)
    assert run.members() == []


def test_stopping_while_it_starts(run: Run) -> None:
    run.start(step="import time; time.sleep(600)")
    assert wait_until(lambda: "prepare" in run.pids(), 60)
    begun = time.monotonic()
    assert run.finish()[0] == 0
    assert time.monotonic() - begun < 8
    assert run.members() == []


def test_stop_from_another_terminal(run: Run) -> None:
    assert stop(run.folder) is False
    run.start().until_greeted("停止")
    assert stop(run.folder) is True
    run.running.communicate(timeout=60)
    assert (run.running.returncode, run.members()) == (0, [])


def test_an_old_state_stops_nobody(run: Run) -> None:
    run.folder.write_state(supervisor={"pid": os.getpid(), "processes": {}, "addresses": {}})
    assert stop(run.folder) is False
    assert status(run.folder).running is False
    assert FileLock(run.folder.run / "supervisor.lock").is_taken() is False


def test_it_stops_cleanly_when_the_terminal_is_gone(run: Run) -> None:
    run.start().until_greeted("停止")
    assert run.running.stdout is not None
    run.running.stdout.close()
    run.running.send_signal(signal.SIGHUP)
    assert run.running.wait(timeout=60) == 0
    assert run.members() == []


def test_an_own_postgresql_starts_no_server(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from changqing.machine.books import demo_book, own_book

    monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere/x")
    own, demo = own_book(run.folder, 1, demo_port=2), demo_book(run.folder.demo, 2, own_port=1)
    assert [own.has_server, demo.has_server] == [False, True]
    assert [book.environment.get("DATABASE_URL") for book in (own, demo)] == [
        "postgresql://elsewhere/x",
        None,
    ]


def test_what_the_state_says_is_readable_json(run: Run) -> None:
    run.start().until_greeted("停止")
    told = json.loads((run.folder.run / "state.json").read_text())
    found = {key: told["supervisor"][key] for key in ("addresses", "ready", "pid")}
    address = f"http://127.0.0.1:{run.port}"
    assert found == {"addresses": {"own": address}, "ready": ["own"], "pid": run.running.pid}
