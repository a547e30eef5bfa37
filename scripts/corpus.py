"""Hands odd, damaged and hostile files to the running product and looks at it meanwhile.

``python scripts/corpus.py --files 20000 --each 10`` reads every tenth of 20,000 files in the guarded child
process, some of them by way of the queue, as files that a page handed over. Meanwhile a signed-in person
reads pages. Whether each cell was read exactly, ``ledger/rules/test_corpus.py`` asks of the same files;
``make corpus`` does both.
"""

from __future__ import annotations

import argparse
import resource
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

from browse import Reader, web_server
from own_book import CHANGQING, ROOT, own_book

if TYPE_CHECKING:
    from changqing.people.queries import User

sys.path.insert(0, str(ROOT / "src"))
PASSWORD = secrets.token_urlsafe()
PAGES = ("/accounts/", "/imports/", "/portfolio/")
QUEUED_EACH, PATIENCE_SECONDS, SLOWEST_SECONDS = 20, 600, 1.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--each", type=int, default=10)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="changqing-corpus-") as folder:
        return in_a_book_of_its_own(Path(folder), range(0, asked.files, asked.each))


def in_a_book_of_its_own(folder: Path, files: range) -> int:
    with own_book(folder), web_server() as port, subprocess.Popen([*CHANGQING, "worker"]) as worker:
        try:
            return 0 if handed_in(folder, files, port, worker) else 1
        finally:
            worker.terminate()


def handed_in(folder: Path, files: range, port: int, worker: subprocess.Popen[bytes]) -> bool:
    """Hand all in; whether nothing fell, nothing was misjudged and pages kept answering."""
    from changqing.base.tables.nursery import NURSERY
    from changqing.journeys import try_import
    from changqing.ledger.drafts import State
    from changqing.ledger.models import ImportDraft
    from changqing.people.queries import User

    user = User.objects.create_user("corpus", PASSWORD, full_name="Corpus", role="operator")
    # so that the queue looks at each, as at a large file
    try_import.BYTES_AT_ONCE = try_import.BYTES_OF_A_WORKBOOK_AT_ONCE = -1
    over, took = threading.Event(), list[float]()
    reading = threading.Thread(target=read_pages, args=[port, over, took])
    reading.start()
    try:
        with ThreadPoolExecutor(2) as pool:
            judged = pool.map(partial(judge, folder, user), files)
            fates = Counter(judged)
        waits = ImportDraft.objects.filter(state=State.WAITING)
        until = time.monotonic() + PATIENCE_SECONDS
        while waits.exists() and worker.poll() is None and time.monotonic() < until:
            time.sleep(0.5)
    finally:
        over.set()
        reading.join()
    drafts = Counter(ImportDraft.objects.values_list("state", flat=True))
    silent = ImportDraft.objects.filter(state=State.FAILED, error="").count()
    slow = sorted(took)[int(len(took) * 0.95)]
    # what its children took is told when it ends
    NURSERY.end()
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print("\n".join(f"{count:7,d}  {what}" for what, count in sorted(fates.items())))
    print(f"through the queue: {dict(drafts)}; worker {'lives' if worker.poll() is None else 'DIED'}")
    print(f"pages meanwhile: {len(took):,} answers, p95 {slow * 1000:.0f} ms (goal 1,000 ms)")
    print(f"most memory of a reading process: {most:,.0f} MB")
    wrong = [what for what in fates if what.startswith("WRONG")]
    fell = worker.poll() is not None or silent or drafts.get(State.WAITING)
    return not wrong and not fell and slow <= SLOWEST_SECONDS


def judge(folder: Path, user: User, number: int) -> str:
    """What became of one file, beside what it is."""
    from changqing.base.refused import Refused
    from changqing.base.tables import stage
    from changqing.journeys import try_import
    from odd_files import case

    told = case(number)
    path = folder / f"file{number}{told.suffix}"
    path.write_bytes(told.data)
    try:
        if (number // 10) % QUEUED_EACH == 0 and told.data:
            try_import.hand_over(by=user, path=path, called=path.name)
            return "handed to the queue"
        stage(path, into=folder / f"{number}.parquet")
        fate = "read"
    except Refused as refused:
        # a reader that died has said nothing of the file
        fate = "refused" if "进程意外结束" not in refused.sentence else f"fell: {refused.sentence}"
    finally:
        path.unlink(missing_ok=True)
        (folder / f"{number}.parquet").unlink(missing_ok=True)
    right = {"whole": ["read"], "hostile": ["refused"], "damaged": ["read", "refused"]}[told.fate]
    return f"{told.fate}, {fate}" if fate in right else f"WRONG: file {number}, {told.what}: {fate}"


def read_pages(port: int, over: threading.Event, took: list[float]) -> None:
    """Ask for pages as a signed-in person until ``over``; ``took`` gathers the seconds."""
    reader = Reader(port, PASSWORD).sign_in("corpus")
    for page in cycle(PAGES):
        if over.is_set():
            return
        began = time.monotonic()
        status, _ = reader.get(page)
        took.append(time.monotonic() - began)
        if status != 200:
            raise SystemExit(f"{page} answered {status}")
        time.sleep(0.2)


if __name__ == "__main__":
    raise SystemExit(main())
