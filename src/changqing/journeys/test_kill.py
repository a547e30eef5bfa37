"""No death leaves half a truth: the short form of ``make kill``."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[3] / "scripts" / "kill.py"
# few, since each is a start of the whole product; `make kill` dies as often as one asks
DEATHS = os.environ.get("CHANGQING_DEATHS", "6")


def test_the_book_is_whole_after_every_death() -> None:
    words = [sys.executable, str(SCRIPT), "--n", DEATHS, "--seed", "11"]
    ended = subprocess.run(words, capture_output=True, text=True, timeout=900)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout.splitlines()[-1] == "every book was whole after every death"
