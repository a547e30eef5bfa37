"""Kills the product's processes again and again and looks at the book after each death.

``python scripts/kill.py --n 100`` starts an instance of its own, lets imports, undos and redos run, hands
files over as a page does, drops files into the watched folder, and sends SIGKILL to the importer, the worker,
the web server, PostgreSQL or the supervisor: at a random moment or at one of the named points of
``changqing.base.faults``. After each round, within a minute and without help: no import is left waiting or
running, ``changqing check`` finds nothing, the figures are those of the imports in force by this script's own
arithmetic, and what a command or a page said was done is done.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import psycopg
from killed import BUSY, COMMAND, SETTLE_SECONDS, File, Instance, Wrong, figures, make_file, wait_for

POINTS = ("staged", "segments-written", "replaced-noted", "rollup-half", "before-commit", "after-commit")
# what an undo or redo says that found nothing to do; it then writes no sum and passes by ``rollup-half``
NOTHING_MOVED = re.compile(r": 0 rows (came|went), 0 (went|came back), 0 changed\.")
# a file on trial comes to these
TRIAL_POINTS = ("draft-read", "draft-tried")
# a file in the watched folder comes to these
INBOX_POINTS = ("inbox-taken", "inbox-moved")
# an undo or redo comes to these
SWITCH_POINTS = ("rollup-half", "before-commit", "after-commit")
# a worker that dies at every try is let be after four deaths
LOOP_SECONDS = 60.0 * BUSY
# a command that looks on while others are killed
PATIENCE_SECONDS = 120.0 * BUSY
# from the drop of a file to the look that takes it
LIES_SECONDS = 10.0

VICTIMS = ("importer", "worker", "browser", "inbox", "web", "postgres", "supervisor")

Deed = tuple[tuple[str | int, str], list[str]]


class Round:
    """One deed, one death, one look."""

    def __init__(self, instance: Instance, rng: random.Random, files: dict[str, File]) -> None:
        self.instance, self.rng, self.files = instance, rng, files
        self.promised: dict[int, str] = {}
        # from the return of the services to the end of every import, without the look at the book
        self.settled_after = 0.0

    def run(self, victim: str, point: str, comes_next: str = "") -> str:
        """Do something, kill ``victim`` meanwhile; give what was done in a few words."""
        if victim == "importer":
            return self._importer_at(point, comes_next)
        if victim == "worker" and point:
            return self._worker_at(point)
        if victim == "browser":
            return self._from_the_browser(point)
        if victim == "inbox":
            return self._into_the_folder(point)
        self.instance.stand()
        undo = self._an_undo() if victim != "worker" else None
        deed, words = undo or self._an_import()
        process = self.instance.command(*words)
        time.sleep(self.rng.uniform(0.0, 3.0))
        self._kill(victim)
        out = self._said(process)
        if process.returncode == 0:
            self._promise(deed)
        elif victim not in ("postgres", "supervisor"):
            raise Wrong(f"{' '.join(words)} failed though only {victim} was killed:\n{out}")
        return f"{words[0]} {words[1]} ended with {process.returncode}"

    def _importer_at(self, point: str, comes_next: str) -> str:
        """A command that does the work itself dies at it; the worker that then comes must take it up."""
        deed, words = self._an_undo(point) or self._an_import()
        # where a worker lives, the command only looks on: alone it does the work itself
        self.instance.stop()
        process = self.instance.command(*words, fault=point)
        if not point:
            time.sleep(self.rng.uniform(0.0, 3.0))
            process.kill()
        out = self._said(process)
        if comes_next == "importer":
            # it is stopped again at once
            self.instance.work_alone()
        else:
            self.instance.stand()
        if process.returncode == 0:
            self._promise(deed)
        # later files may have replaced all that an undone one held: then no sum is another
        has_nothing_to_sum = point == "rollup-half" and words[0] == "imports" and NOTHING_MOVED.search(out)
        if point and process.returncode != -signal.SIGKILL and not has_nothing_to_sum:
            raise Wrong(f"{words} did not die at {point} but ended with {process.returncode}:\n{out}")
        return f"{words[0]} {words[1]} ended with {process.returncode}"

    def _said(self, process: subprocess.Popen[str]) -> str:
        try:
            return process.communicate(timeout=PATIENCE_SECONDS)[0]
        except subprocess.TimeoutExpired:
            process.kill()
            out = process.communicate()[0]
            raise Wrong(f"{process.args} had not ended after {PATIENCE_SECONDS:.0f} s:\n{out}") from None

    def _an_undo(self, point: str = "") -> Deed | None:
        """Now and then an undo or redo of an earlier import but the first, where it comes to ``point``."""
        known = [(pk, *row) for pk, row in sorted(self.instance.imports().items())]
        done = [row for row in known[1:] if row[2] in ("in_force", "undone")]
        if not done or self.rng.random() < 0.6 or point not in ("", *SWITCH_POINTS):
            return None
        pk, _, state, number = self.rng.choice(done)
        verb, becomes = ("undo", "undone") if state == "in_force" else ("redo", "in_force")
        return (pk, becomes), ["imports", verb, str(number)]

    def _an_import(self) -> Deed:
        file = self.new_file()
        return (file.path.name, "in_force"), ["import", "orders", str(file.path)]

    def new_file(self) -> File:
        file = make_file(self.rng, self.instance.folder, len(self.files))
        self.files[file.path.name] = file
        return file

    def _promise(self, deed: tuple[str | int, str]) -> None:
        what, becomes = deed
        for pk, (name, _, _) in self.instance.imports().items():
            if what in (pk, name):
                self.promised[pk] = becomes

    def _kill(self, victim: str) -> None:
        # one that died a moment ago may be on its way back
        wait_for(lambda: victim in self.instance.pids(), f"there is a {victim}")
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.instance.pids()[victim], signal.SIGKILL)
        if victim == "supervisor" and self.instance.up:
            self.instance.up.wait()
            # what a service manager does: the command again
            self.instance.start()

    def _worker_at(self, point: str) -> str:
        """A worker that dies at ``point`` whenever it comes there: the import must not stay half done."""
        self.instance.stand(fault=point)
        self.instance.hand_in(self.new_file().path)
        self.settle(patience=LOOP_SECONDS)
        return "again and again"

    def _from_the_browser(self, point: str) -> str:
        """A file is tried and then written from a page; something dies during either, or every trial does."""
        self.instance.stand(fault=point)
        file = self.new_file()
        pk = self.instance.hand_over(file.path)
        dead = [] if point else [self._kill_soon()]
        patience = LOOP_SECONDS if point else SETTLE_SECONDS
        began = time.monotonic()
        wait_for(lambda: self.instance.draft(pk) in ("tried", "failed"), "the file is tried", patience)
        settled = f"after {time.monotonic() - began:.1f} s"
        if self.instance.draft(pk) == "failed":
            if not point:
                raise Wrong(f"draft {pk} failed though {dead[0]} died only once")
            return f"a trial given up {settled}"
        self.instance.stand()
        self.instance.start_draft(pk)
        dead.append(self._kill_soon())
        self._promise((file.path.name, "in_force"))
        if list(self.promised.values()) != ["in_force"]:
            raise Wrong(f"two clicks on write began {len(self.promised)} imports")
        return f"tried {settled} and written, dead: {', '.join(dead)}"

    def _into_the_folder(self, point: str) -> str:
        """A file is dropped into the watched folder: it is in the book once, and put away, whoever dies."""
        self.instance.stand(fault=point)
        file = self.new_file()
        shutil.copyfile(file.path, self.instance.inbox / file.path.name)
        if point:
            first = self.instance.pids()["worker"]
            wait_for(lambda: self.instance.pids().get("worker") not in (None, first), f"it dies at {point}")
            dead = "the worker, again and again"
            self.instance.stand()
        else:
            time.sleep(LIES_SECONDS)
            dead = self._kill_soon(5.0)
        wait_for(lambda: self.instance.is_put_away(file.path.name), "the file is put away")
        self._promise((file.path.name, "in_force"))
        if list(self.promised.values()) != ["in_force"]:
            raise Wrong(f"one file in the folder began {len(self.promised)} imports")
        return f"taken and put away, dead: {dead}"

    def _kill_soon(self, most: float = 1.5) -> str:
        """Any of the product's processes, the worker most often; which one."""
        time.sleep(self.rng.uniform(0.0, most))
        victim = self.rng.choice(("worker", "worker", "worker", "web", "postgres", "supervisor"))
        self._kill(victim)
        return victim

    def settle(self, patience: float = SETTLE_SECONDS) -> dict[int, tuple[str, str, int | None]]:
        """Wait until nothing is under way and everything answers; the imports as they then are."""

        def nothing_under_way() -> bool:
            with contextlib.suppress(psycopg.Error, OSError):
                return all(
                    state not in ("waiting", "running") for _, state, _ in self.instance.imports().values()
                )
            return False

        wait_for(nothing_under_way, "no import is waiting or running", patience)
        if self.instance.is_up:
            wait_for(self.instance.answers, "the web server answers")
        return self.instance.imports()

    def look(self) -> str:
        """Check the book; Wrong where it is not what the imports in force say."""
        began = time.monotonic()
        rows = self.settle()
        self.settled_after = time.monotonic() - began
        for pk, state in self.promised.items():
            if rows[pk][1] != state:
                raise Wrong(f"import {rows[pk]} was said to be {state}")
        by_number = sorted(
            (number or 0, name) for name, state, number in rows.values() if state == "in_force"
        )
        expected = figures([self.files[name] for _, name in by_number])
        code, out = self.instance.ask(COMMAND, "check")
        if code:
            raise Wrong(f"changqing check ended with {code}:\n{out}")
        said = json.loads(self.instance.run(COMMAND, "portfolio", "--json", "--period", "all"))
        found = {name: Decimal(str(said[name])) if name == "revenue" else said[name] for name in expected}
        if found != expected:
            raise Wrong(f"the book says {found}, its imports say {expected}")
        return " ".join(
            f"{state}:{count}" for state, count in Counter(row[1] for row in rows.values()).items()
        )


def plan(rng: random.Random, rounds: int, only: str) -> Iterator[tuple[str, str]]:
    """(victim, point): each named point and each process in an order of chance, then deaths at every try;
    of ``only`` one victim where it is named."""
    at_every_try = {"worker": POINTS, "browser": TRIAL_POINTS, "inbox": INBOX_POINTS}
    every = [("importer", point) for point in POINTS]
    every += [(victim, "") for victim in ("importer", "browser", "inbox", "worker", "postgres") * 2]
    every += [("web", ""), ("supervisor", "")]
    drawn: list[tuple[str, str]] = []
    while len(drawn) < rounds:
        last = [(victim, rng.choice(points)) for victim, points in at_every_try.items()]
        one_turn = [*side_by_side(rng.sample(every, len(every))), *rng.sample(last, len(last))]
        drawn += [deed for deed in one_turn if not only or deed[0] == only]
    yield from drawn[:rounds]


def side_by_side(deeds: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The importer's deaths one after another, where the first fell: the product need not stand between."""
    first = next(place for place, (victim, _) in enumerate(deeds) if victim == "importer")
    importers = [deed for deed in deeds if deed[0] == "importer"]
    return deeds[:first] + importers + [deed for deed in deeds[first:] if deed[0] != "importer"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--n", "--rounds", dest="rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 10**6)
    parser.add_argument("--only", default="", choices=["", *VICTIMS], help=", ".join(VICTIMS))
    asked = parser.parse_args()
    rng = random.Random(asked.seed)  # noqa: S311
    folder = Path(tempfile.mkdtemp(prefix="changqing-kill-"))
    instance = Instance(folder, free_port())
    print(f"seed {asked.seed}", flush=True)
    # who ends it politely finds nothing left behind
    signal.signal(signal.SIGTERM, lambda *_told: sys.exit(1))
    try:
        instance.start()
        return rounds(instance, rng, asked.rounds, asked.only)
    finally:
        instance.leave()
        shutil.rmtree(folder, ignore_errors=True)


def rounds(instance: Instance, rng: random.Random, count: int, only: str) -> int:
    files: dict[str, File] = {}
    first = Round(instance, rng, files)
    command = instance.command("import", "orders", str(first.new_file().path))
    out, _ = command.communicate(timeout=PATIENCE_SECONDS)
    if command.returncode:
        raise Wrong(f"the first import failed:\n{out}")
    deeds = list(plan(rng, count, only))
    after = [victim for victim, _ in deeds[1:]] + [""]
    for number, ((victim, point), comes_next) in enumerate(zip(deeds, after, strict=True), start=1):
        one = Round(instance, rng, files)
        began = time.monotonic()
        place = point or "at a random moment"
        try:
            deed = one.run(victim, point, comes_next)
            states = one.look()
        except Wrong as wrong:
            raise Wrong(f"round {number}, {victim} {place}: {wrong}\n{instance.told()}") from wrong
        took = time.monotonic() - began
        told = f"{deed}; settled after {one.settled_after:.1f} s, round of {took:.1f} s; {states}"
        print(f"{number:3d} {victim} {place}: {told}", flush=True)
    print("every book was whole after every death")
    return 0


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except Wrong as wrong:
        print(f"WRONG: {wrong}", file=sys.stderr)
        raise SystemExit(1) from None
