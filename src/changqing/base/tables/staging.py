"""The asking side of reading a table: get a child, listen within bounds, word what it found."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import signal
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from changqing.base.refused import Refused
from changqing.base.tables import kinds
from changqing.base.tables.nursery import NURSERY, Child
from changqing.base.tables.shapes import BadRow, ReadingLimits, Staged, Unreadable

_DEFAULT = ReadingLimits()
_MESSAGE = 4 << 20
_MESSAGES = 64 << 20
_STDERR = 8 << 10
# A workbook's size says little of what it unpacks to; real ones reach 7 to 13 times their size.
_UNPACKS_TO = 20


def stage(
    path: Path,
    *,
    into: Path,
    limits: ReadingLimits = _DEFAULT,
    on_progress: Callable[[int, int], None] | None = None,
    sheet: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    called: str = "",
) -> Staged:
    """Read a CSV or XLSX file, whichever its content is, into the Parquet file ``into`` (or a new one in
    that folder). Raises Refused with a sentence; then nothing is left in ``into``.

    ``on_progress(done, whole)`` hears of bytes about five times a second; what it raises stops the
    child and passes on, so that is how to cancel. ``sheet``, ``encoding``, ``delimiter`` overrule what
    would be found out; ``called`` is the file's name for people. CSV has no row limit; the child's
    memory is bounded either way (``ReadingLimits``).
    """
    target = into / f"{uuid.uuid4().hex}.parquet" if into.is_dir() else into
    asked = {"sheet": sheet, "encoding": encoding, "delimiter": delimiter}
    try:
        request = _request(path, target, asked, limits)
        answer, bad = _Child(request, on_progress or _unheard).run()
    except Unreadable as verdict:
        target.unlink(missing_ok=True)
        # Wording needs Django; the child runs this package and must start without it.
        from changqing.base.tables import wording

        raise Refused(wording.refusal(called or path.name, verdict), field="file") from None
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return _worded(target, answer, bad)


def _request(path: Path, target: Path, asked: dict[str, str | None], limits: ReadingLimits) -> dict[str, Any]:
    if not path.is_file():
        raise Unreadable("no_file")
    mark = asked["delimiter"]
    if mark is not None and not (
        len(mark) == 1 and mark.isascii() and not mark.isalnum() and mark not in '"\r\n\0'
    ):
        raise Unreadable("delimiter", delimiter=mark)
    form = kinds.recognise(path)
    size = path.stat().st_size * (_UNPACKS_TO if form == "xlsx" else 1)
    hundreds = size / 100e6
    target.parent.mkdir(parents=True, exist_ok=True)
    return {
        "path": str(path.absolute()),
        "into": str(target.absolute()),
        "format": form,
        "asked": asked,
        "limits": dataclasses.asdict(limits),
        "memory_mb": limits.memory_mb if form == "xlsx" else limits.csv_memory_mb,
        "cpu": limits.cpu_seconds + int(hundreds * limits.cpu_seconds_per_100mb),
        "wall": limits.wall_seconds + 3 * int(hundreds * limits.cpu_seconds_per_100mb),
        "file_mb": 256 + 2 * int(size / 1e6),
    }


def _unheard(done: int, whole: int) -> None:
    pass


class _Child:
    """One run of the child process. Whatever happens, it has ended when ``run`` returns."""

    def __init__(self, request: dict[str, Any], on_progress: Callable[[int, int], None]) -> None:
        self._request = request
        self._on_progress = on_progress
        self._is_late = False
        self._error = b""

    def run(self) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """The answer and the bad rows; raises Unreadable."""
        process = NURSERY.child()
        watch = threading.Timer(self._request["wall"], self._kill, [process])
        self._listener = threading.Thread(target=self._hear_errors, args=[process], daemon=True)
        watch.start()
        self._listener.start()
        try:
            return self._listened(process)
        finally:
            watch.cancel()
            process.end()
            self._listener.join()
            process.close()

    def _listened(self, process: Child) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        bad: list[dict[str, Any]] = []
        for message in self._messages(process):
            if "progress" in message:
                self._on_progress(*message["progress"])
            elif "bad" in message:
                bad += message["bad"]
            elif "refused" in message:
                raise Unreadable(message["refused"], **message["data"])
            elif "staged" in message:
                return message["staged"], bad
        raise self._ended(process)

    def _messages(self, process: Child) -> Iterator[dict[str, Any]]:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(json.dumps(self._request).encode() + b"\n")
            process.stdin.flush()
        heard = 0
        while line := process.stdout.readline(_MESSAGE):
            heard += len(line)
            if not line.endswith(b"\n") or heard > _MESSAGES:
                return
            yield json.loads(line)

    def _hear_errors(self, process: Child) -> None:
        while data := process.stderr.readline(4096):
            self._error = (self._error + data)[-_STDERR:]

    def _kill(self, process: Child) -> None:
        self._is_late = True
        process.kill()

    def _ended(self, process: Child) -> Unreadable:
        """The child fell silent: why, as far as its end tells."""
        code = process.wait(5)
        if code is None:
            return Unreadable("died", status=0, error="nothing was heard of its end")
        self._listener.join(timeout=5)
        request = self._request
        if self._is_late:
            return Unreadable("wall", limit=request["wall"])
        if code == -signal.SIGXCPU or (code == -signal.SIGKILL and not self._is_late):
            return Unreadable("cpu", limit=request["cpu"])
        if b"MemoryError" in self._error or b"bad_alloc" in self._error or code == -signal.SIGABRT:
            return Unreadable("memory", limit=request["memory_mb"])
        if b"No space left" in self._error:
            return Unreadable("disk")
        last = self._error.decode(errors="replace").strip().rpartition("\n")[2]
        return Unreadable("died", status=code, error=last[:300])


def _worded(target: Path, answer: dict[str, Any], bad: list[dict[str, Any]]) -> Staged:
    from changqing.base.tables import wording

    return Staged(
        path=target,
        header=tuple(answer["header"]),
        rows=answer["rows"],
        samples=tuple(tuple(row) for row in answer["samples"]),
        format=answer["format"],
        encoding=answer["encoding"],
        delimiter=answer["delimiter"],
        sheet=answer["sheet"],
        header_row=answer["header_row"],
        bad_rows=tuple(
            BadRow(row["row"], wording.reason(row["code"], row["data"]), row["text"]) for row in bad
        ),
        bad_row_count=answer["bad_row_count"],
        notes=tuple(wording.note(code, data) for code, data in answer["notes"]),
        is_handed_back=any(code == "handed_back" for code, _data in answer["notes"]),
        sheets=tuple(answer.get("sheets", ())),
    )
