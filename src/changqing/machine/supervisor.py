"""``changqing up``, ``stop`` and ``status``: everything a book needs, from one process in one terminal."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack

from changqing.machine.books import HOST, ServedBook, demo_book, own_book
from changqing.machine.cluster import mark
from changqing.machine.error import MachineError
from changqing.machine.folder import DataFolder
from changqing.machine.greeting import greeting, say
from changqing.machine.instance import Instance
from changqing.machine.lock import FileLock
from changqing.machine.postgres import wait_until
from changqing.machine.process import kill_leftovers
from changqing.machine.speech import gettext as _

ROTATE_SECONDS = 5.0
STOP_SECONDS = 40.0


def up(*, folder: DataFolder, port: int, demo: bool) -> int:
    """Run the own book, and with ``demo`` the demo book on the next port, until told to stop."""
    demo_port = port + 1 if demo else None
    books = [own_book(folder, port, demo_port=demo_port)]
    if demo_port is not None:
        books.append(demo_book(folder.demo, demo_port, own_port=port))
    return Supervisor(books).run()


def up_demo(*, folder: DataFolder, port: int) -> int:
    """Run only the demo book that belongs beside ``folder``."""
    return Supervisor([demo_book(folder.demo, port, own_port=None)]).run()


def stop(folder: DataFolder) -> bool:
    """Stop the supervisor of this folder and wait until it is gone; False when none ran."""
    lock = FileLock(folder.run / "supervisor.lock")
    pid = folder.read_state().get("supervisor", {}).get("pid")
    if not lock.is_taken() or not isinstance(pid, int):
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    if not wait_until(lambda: not lock.is_taken(), STOP_SECONDS):
        raise MachineError(
            _("进程 %(pid)s 在 %(seconds)d 秒内没有停下。") % {"pid": pid, "seconds": STOP_SECONDS}
        )
    return True


class Supervisor:
    """Holds the books' folders, starts them side by side, and ends all of it on a signal.

    The first book is the one that counts: where it cannot start, nothing stays.
    """

    def __init__(self, books: Sequence[ServedBook]) -> None:
        self.books = list(books)
        self._instances = [Instance(book, changed=self._write_state) for book in books]
        self._failure: MachineError | None = None
        self._stopping = asyncio.Event()
        self._begun = time.time()

    def run(self) -> int:
        """Blocks until SIGINT, SIGTERM or SIGHUP; raises MachineError where the first book cannot start."""
        with ExitStack() as held:
            for book in self.books:
                held.enter_context(_sole_supervisor(book.folder))
            for book in self.books:
                _check_port(book.port, self.books[0].port)
                _end_leftovers(book.folder)
            self._begun = time.time()
            try:
                asyncio.run(self._main())
            finally:
                self._forget_state()
        if self._failure is not None:
            raise self._failure
        return 0

    async def _main(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # nohup has SIGHUP ignored, and then it stays so
            if signal.getsignal(number) != signal.SIG_IGN:
                loop.add_signal_handler(number, self._stop)
        self._write_state()
        tasks = [asyncio.create_task(self._start(instance)) for instance in self._instances]
        tasks.append(asyncio.create_task(self._rotate()))
        await self._stopping.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*(instance.shut_down() for instance in self._instances))

    def _stop(self) -> None:
        if self._stopping.is_set():
            for instance in self._instances:
                instance.kill()
        else:
            say(_("正在停止……（再按一次 Ctrl-C 立即结束）"))
            self._stopping.set()

    async def _start(self, instance: Instance) -> None:
        try:
            await instance.bring_up()
        except MachineError as error:
            if instance is self._instances[0]:
                self._failure = error
                self._stopping.set()
            else:
                say(_("演示账簿没有启动，您的账簿不受影响。") + "\n" + error.sentence)
        else:
            self._write_state()
            say(greeting(instance.book))

    async def _rotate(self) -> None:
        while True:
            await asyncio.sleep(ROTATE_SECONDS)
            for instance in self._instances:
                await asyncio.to_thread(instance.rotate_logs)

    def _write_state(self) -> None:
        processes = {name: pid for instance in self._instances for name, pid in instance.pids().items()}
        told = {
            "pid": os.getpid(),
            "begun": self._begun,
            "addresses": {book.name: book.address for book in self.books},
            # what answers already: a first filling of the demo takes a while
            "ready": [instance.book.name for instance in self._instances if instance.is_ready],
            "processes": processes,
        }
        for book in self.books:
            book.folder.write_state(supervisor=told)

    def _forget_state(self) -> None:
        for book in self.books:
            book.folder.write_state(supervisor=None)


@contextlib.contextmanager
def _sole_supervisor(folder: DataFolder) -> Iterator[None]:
    """Hold the folder against a second supervisor."""
    lock = FileLock(folder.run / "supervisor.lock")
    if not lock.acquire(wait=False):
        told = folder.read_state().get("supervisor", {})
        raise MachineError(
            _("常青已在这个数据文件夹上运行（%(path)s，进程 %(pid)s，%(address)s）。停止它：changqing stop。")
            % {
                "path": folder.path,
                "pid": told.get("pid", "?"),
                "address": " ".join(told.get("addresses", {}).values()) or "?",
            }
        )
    try:
        yield
    finally:
        lock.release()


def _check_port(port: int, first: int) -> None:
    """Refuse a taken port before anything starts."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise MachineError(
                _("端口 %(port)d 已被占用（%(reason)s）。换一个端口，例如：PORT=%(other)d make run")
                % {"port": port, "reason": os.strerror(error.errno or 0), "other": first + 10}
            ) from error


def _end_leftovers(folder: DataFolder) -> None:
    """Where the last supervisor was killed, end what outlived it."""
    if folder.read_state().get("supervisor"):
        kill_leftovers(mark(folder))
