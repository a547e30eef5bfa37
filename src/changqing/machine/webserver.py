"""The web server as a process: ``python -m changqing.machine.webserver --port 8000 module:application``.

With ``--asking module:question`` it first asks whether the book can be served as it is, and ends with
NOT_PREPARED where it cannot: for the question alone no other process needs to load the product. Where the
module has a function ``warm``, each worker calls it beside its first answers.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import multiprocessing
import os
import shutil
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from granian.constants import Interfaces, Loops
from granian.server import Server

from changqing.machine.folder import DataFolder
from changqing.machine.process import NOT_PREPARED, die_with_parent

# forked workers share the application that was loaded before them: half the work and memory of a start
FORKS = multiprocessing.get_start_method() == "fork"
# threads that wait for the database side by side; the work itself is bounded by the cores
THREADS = 6
# objects made, looks at the young, looks at the middle-aged: a page makes some thousand objects and leaves
# nearly none behind, so that to look through them every 700 is a twentieth of its time; what lives is looked
# through, which all answers of a worker wait for, once in thousands of pages
GARBAGE = (20_000, 20, 20)
WARMING = "warming up"


def named(target: str) -> Any:
    """What ``module:name`` is."""
    module, _, name = target.partition(":")
    return getattr(importlib.import_module(module), name)


def application(target: str) -> Any:
    """The WSGI application ``module:name``."""
    found = named(target)
    _keep_for_good()
    return found


def _keep_for_good() -> None:
    """What is there now is not looked through for garbage again, nor copied into each worker by that."""
    gc.collect()
    gc.freeze()


def load(target: str) -> Any:
    """The same, as each worker asks for it; a worker ends with its server."""
    die_with_parent()
    gc.set_threshold(*GARBAGE)
    found = application(target)
    module, _, _ = target.partition(":")
    if warm := getattr(importlib.import_module(module), "warm", None):
        threading.Thread(target=_warm_up, args=(warm,), name=WARMING, daemon=True).start()
    return found


def _warm_up(warm: Callable[[], None]) -> None:
    """Load what pages load at their first use, beside the first answers rather than in one of them."""
    try:
        warm()
    except Exception:
        # whoever needs it meets the same, and tells it better
        traceback.print_exc()
    _keep_for_good()


@contextmanager
def shared_folder() -> Iterator[None]:
    """Where the workers share what they have worked out; nothing in it outlives this server."""
    run = DataFolder.from_environment().run
    for left_over in run.glob("kept-*"):
        shutil.rmtree(left_over, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="kept-", dir=run, ignore_cleanup_errors=True) as folder:
        os.environ["CHANGQING_KEPT"] = folder
        yield


def is_prepared(question: str) -> bool:
    """What ``module:question`` says. Whatever is wrong, those who prepare find it too, and tell it better."""
    try:
        return bool(named(question)())
    except Exception:
        traceback.print_exc()
        return False


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("target")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--asking")
    asked = parser.parse_args()
    # nearly all that is loaded now stays: to look for garbage meanwhile is a tenth of a start
    gc.disable()
    if asked.asking and not is_prepared(asked.asking):
        sys.exit(NOT_PREPARED)
    if FORKS:
        application(asked.target)
    gc.enable()
    server = Server(
        asked.target,
        address=asked.host,
        port=asked.port,
        interface=Interfaces.WSGI,
        loop=Loops.asyncio,
        workers=min(asked.workers, os.cpu_count() or 1),
        blocking_threads=THREADS,
        websockets=False,
        respawn_failed_workers=True,
        respawn_interval=0.3,
        workers_kill_timeout=3,
    )
    with shared_folder():
        server.serve(target_loader=load)
    # let go of at the end, or libraries find leaks in what is not looked through, and say so
    gc.unfreeze()


if __name__ == "__main__":
    main()
