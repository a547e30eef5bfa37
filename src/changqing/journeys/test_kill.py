"""No death leaves half a truth: the short form of ``make kill``."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "scripts" / "kill.py"
# few, since each costs seconds; `make kill` dies as often as one asks. The first six of this seed: under a
# file that a page handed over, in a command twice, in the worker, at a file in the watched folder, Postgres
DEATHS, SEED = os.environ.get("CHANGQING_DEATHS", "6"), "2633"


@pytest.mark.long
def test_the_book_is_whole_after_every_death() -> None:
    words = [sys.executable, str(SCRIPT), "--n", DEATHS, "--seed", SEED]
    # what is asked here is whether the book is whole; how soon, a machine that other tests use cannot say
    busy = os.environ | {"CHANGQING_BUSY": "4"}
    ended = subprocess.run(words, capture_output=True, text=True, timeout=1_800, env=busy)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout.splitlines()[-1] == "every book was whole after every death"
