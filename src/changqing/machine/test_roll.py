"""A worker that is killed is known to be dead at once; one that lives is never taken for dead."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import changqing
from changqing.machine.roll import Roll

_ENTERS = """
import sys
from pathlib import Path
from changqing.machine.roll import Roll
roll = Roll(Path(sys.argv[1]))
roll.enter(7)
print("entered", flush=True)
sys.stdin.read()
"""


def test_a_killed_worker_is_dead_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "workers"
    assert Roll(folder).dead() == []
    root = str(Path(changqing.__file__).parent.parent)
    with subprocess.Popen(
        [sys.executable, "-c", _ENTERS, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={"PYTHONPATH": root},
    ) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == b"entered\n"
        mine = Roll(folder)
        mine.enter(8)
        assert mine.dead() == []
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        assert mine.dead() == [7]
    mine.strike(7)
    assert (mine.dead(), [path.name for path in folder.iterdir()]) == ([], ["8"])


def test_a_worker_under_a_new_number_leaves_its_old_one(tmp_path: Path) -> None:
    roll = Roll(tmp_path)
    for number in (3, 3, 4):
        roll.enter(number)
    assert roll.dead() == [3]
