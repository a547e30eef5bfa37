"""``make kill`` beside the tests: most of its minutes are waiting for what comes back. Not shipped.

It begins when a run that wants it has been collected, in one process for all of xdist's workers; the test
that asks how it ended comes last, in whichever worker.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "kill.py"
# each named point and each process, then two deaths at every try; `make kill N=100` dies as often as one asks
COUNT, SEED = os.environ.get("CHANGQING_DEATHS", "20"), "2633"
# twenty deaths take five minutes on a machine of their own
MOST_SECONDS = 1_800.0
# the exit code comes whole or not at all; told to end, the shell waits for the script to clear up
KEPT = 'trap : TERM; "$@" >"$DEATHS/told" 2>&1; echo $? >"$DEATHS/half" && mv "$DEATHS/half" "$DEATHS/code"'


def folder() -> Path:
    return Path(os.environ["CHANGQING_TEST_RUN"]) / "deaths"


def begin() -> Callable[[], None]:
    """Start the deaths of this run; gives what ends them early."""
    folder().mkdir()
    words = [sys.executable, str(SCRIPT), "--n", COUNT, "--seed", SEED]
    # what is asked here is whether the book is whole; how soon, a machine that other tests use cannot say
    environment = os.environ | {"DEATHS": str(folder()), "CHANGQING_BUSY": "4"}
    process = subprocess.Popen(["sh", "-c", KEPT, "sh", *words], env=environment, start_new_session=True)

    def end() -> None:
        if process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
        process.wait()

    return end


def ended() -> tuple[int, str]:
    """The exit code and what was told, when the last death is over."""
    over = time.monotonic() + MOST_SECONDS
    while not (folder() / "code").exists():
        if time.monotonic() > over:
            return 1, f"after {MOST_SECONDS:.0f} s not over:\n{(folder() / 'told').read_text()}"
        time.sleep(0.2)
    return int((folder() / "code").read_text()), (folder() / "told").read_text()
