"""What a start tells the person at the console: where to look, how to sign in, how to stop."""

from __future__ import annotations

from changqing.machine.books import ServedBook
from changqing.machine.speech import gettext as _


def greeting(book: ServedBook) -> str:
    """A few lines for a book that answers."""
    return "\n".join(_demo_lines(book) if book.name == "demo" else _own_lines(book))


def _own_lines(book: ServedBook) -> list[str]:
    lines = ["", _("常青已就绪：%(address)s") % {"address": book.address}]
    # "users" is told by `prepare`; where it is not told we show nothing rather than a dead link
    if book.folder.read_state().get("users") == 0:
        link = f"{book.address}/start?code={book.folder.setup_code}"
        lines.append("  " + _("第一次使用，请打开这个一次性链接：%(link)s") % {"link": link})
    lines.append("  " + _("数据文件夹：%(path)s") % {"path": book.folder.path})
    lines.append("  " + _("停止：Ctrl-C"))
    return lines


def _demo_lines(book: ServedBook) -> list[str]:
    lines = ["", _("演示账簿：%(address)s") % {"address": book.address}]
    path = book.folder.run / "signins.txt"
    if path.is_file():
        lines.append("  " + _("演示用的登录："))
        lines += [f"    {line}" for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return lines


def say(text: str) -> None:
    """Print, also where the terminal is gone."""
    try:
        print(text, flush=True)
    except OSError:
        return
