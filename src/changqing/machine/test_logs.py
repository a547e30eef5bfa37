from __future__ import annotations

from pathlib import Path

from changqing.machine.logs import last_lines, rotate


def test_logs_end_at_their_bound(tmp_path: Path) -> None:
    path = tmp_path / "web.log"
    with path.open("ab", buffering=0) as writer:
        for number in range(9):
            writer.write(bytes([ord("0") + number]) * 10)
            rotate(path, limit=9, kept=3)
        writer.write(b"now")
    held = {found.name: found.read_bytes() for found in sorted(tmp_path.iterdir())}
    assert held == {
        "web.log": b"now",
        "web.log.1": b"8" * 10,
        "web.log.2": b"7" * 10,
        "web.log.3": b"6" * 10,
    }


def test_a_small_log_stays(tmp_path: Path) -> None:
    path = tmp_path / "web.log"
    path.write_text("a\nb\n")
    rotate(path, limit=4)
    rotate(tmp_path / "none.log")
    assert [found.name for found in tmp_path.iterdir()] == ["web.log"]


def test_the_end_of_a_log(tmp_path: Path) -> None:
    path = tmp_path / "web.log"
    path.write_bytes(b"x" * 30_000 + b"\n\xff broken\nlast\n\n")
    assert last_lines(path, 2) == "\ufffd broken\nlast"
    assert last_lines(tmp_path / "none.log") == ""
