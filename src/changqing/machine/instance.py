"""One book while it runs: server, steps, web server and worker, each brought back when it dies."""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from asyncio.subprocess import Process
from collections.abc import Callable
from datetime import datetime

from changqing.machine import logs
from changqing.machine.books import HOST, Command, ServedBook
from changqing.machine.error import MachineError
from changqing.machine.postgres import Lease, Postgres
from changqing.machine.process import NOT_PREPARED, end, kill_group, spawn
from changqing.machine.speech import gettext as _

FIRST_DELAY, LONGEST_DELAY = 0.2, 10.0
# a child that lived this long was well: its next death is a new story
STEADY_SECONDS = 30.0
READY_SECONDS = 90.0
WATCH_SECONDS = 0.5
PATIENCE = 5.0


class Instance:
    """Brings a book up, keeps it up, shuts it down. ``changed`` is called when a process came or went."""

    def __init__(self, book: ServedBook, *, changed: Callable[[], None] = lambda: None) -> None:
        self.book = book
        self.processes: dict[str, Process] = {}
        self.is_ready = False
        self._changed = changed
        self._lease = Lease(Postgres(book.folder)) if book.has_server else None
        self._joining: asyncio.Task[None] | None = None
        self._keepers: list[asyncio.Task[None]] = []
        self._deaths_of_web = 0
        self._web_began = math.inf

    async def bring_up(self) -> None:
        """Server, steps unless the web server knows better, web until it answers, then the others."""
        if self._lease is not None:
            self._joining = asyncio.create_task(asyncio.to_thread(self._lease.acquire))
            await asyncio.shield(self._joining)
            self._keepers.append(asyncio.create_task(self._keep_server(self._lease)))
        if not self.book.was_served:
            await self._take_steps()
        web = asyncio.create_task(self._keep(self.book.web))
        self._keepers.append(web)
        await self._until_it_answers(web)
        self.is_ready = True
        for command in self.book.others:
            self._keepers.append(asyncio.create_task(self._keep(command)))

    async def shut_down(self) -> None:
        """End every child, then the server, unless somebody else uses it."""
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        await asyncio.gather(*(end(process, patience=PATIENCE) for process in self.processes.values()))
        self.processes.clear()
        if self._lease is not None and self._joining is not None:
            # a thread cannot be cancelled: what it was starting is waited for, then stopped
            await asyncio.gather(self._joining, return_exceptions=True)
            await asyncio.to_thread(self._lease.release)

    def kill(self) -> None:
        """End the children without asking, when a person asks twice."""
        for process in self.processes.values():
            kill_group(process.pid)

    def pids(self) -> dict[str, int]:
        """Process numbers by name, the server's among them."""
        found = {name: process.pid for name, process in self.processes.items()}
        server = self._lease.postgres.pid if self._lease else None
        return found | ({f"{self.book.name}-postgres": server} if server else {})

    def rotate_logs(self) -> None:
        for path in self.book.folder.logs.glob("*.log"):
            logs.rotate(path)
        if self._lease is not None:
            self._lease.postgres.prune_logs()

    async def _spawn(self, command: Command) -> Process:
        log = self.book.folder.logs / f"{command.name}.log"
        process = await spawn(command.words, log=log, environment=self.book.environment, nice=self.book.nice)
        self.processes[command.name] = process
        self._changed()
        return process

    async def _take_steps(self) -> None:
        self._web_began = math.inf
        for step in self.book.steps:
            await self._step(step)

    async def _step(self, command: Command) -> None:
        """Run a command to its end; once more where the database died under it."""
        for is_last in (False, True):
            process = await self._spawn(command)
            failed = await process.wait()
            kill_group(process.pid)
            self.processes.pop(command.name, None)
            if not failed:
                return
            if is_last or not await self._server_had_died():
                raise self._failure(command)

    async def _server_had_died(self) -> bool:
        if self._lease is None or self._lease.postgres.is_running():
            return False
        await asyncio.to_thread(self._lease.renew)
        return True

    async def _keep(self, command: Command) -> None:
        """Start a command and start it again whenever it ends, waiting longer the more often it does."""
        delay, is_prepared = FIRST_DELAY, False
        while True:
            begun = time.monotonic()
            process = await self._spawn(command)
            if command is self.book.web:
                self._web_began = begun
            code = await process.wait()
            kill_group(process.pid)
            if code == NOT_PREPARED and not is_prepared:
                is_prepared = await self._is_prepared_now()
                continue
            if time.monotonic() - begun > STEADY_SECONDS:
                delay, is_prepared = FIRST_DELAY, False
            self._note(
                f"{command.name} ({process.pid}) ended with {code}; starting it again in {delay:.1f} s"
            )
            self._deaths_of_web += command is self.book.web
            await asyncio.sleep(delay)
            delay = min(delay * 2, LONGEST_DELAY)

    async def _is_prepared_now(self) -> bool:
        """Take the steps that the web server found due; their fault stops a start, later it is only noted."""
        try:
            await self._take_steps()
        except MachineError as error:
            if not self.is_ready:
                raise
            self._note(error.sentence)
        return True

    async def _keep_server(self, lease: Lease) -> None:
        """Start the database again when it was killed; what it had acknowledged is there."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            if not lease.postgres.is_running():
                self._note("PostgreSQL is gone; starting it again")
                try:
                    await asyncio.to_thread(lease.renew)
                except MachineError as error:
                    self._note(error.sentence)
                self._changed()

    async def _until_it_answers(self, web: asyncio.Task[None]) -> None:
        while not await answers(self.book.port):
            if web.done():
                # it only ends by a step that failed
                await web
            if time.monotonic() > self._web_began + READY_SECONDS or self._deaths_of_web > 3:
                raise self._failure(self.book.web)
            await asyncio.sleep(0.05)

    def _failure(self, command: Command) -> MachineError:
        log = self.book.folder.logs / f"{command.name}.log"
        return MachineError(
            _("%(name)s 没有成功；日志 %(log)s 的末尾是：\n%(reason)s")
            % {"name": command.name, "log": log, "reason": logs.last_lines(log)}
        )

    def _note(self, sentence: str) -> None:
        with (self.book.folder.logs / "supervisor.log").open("a", encoding="utf-8") as log:
            log.write(f"{datetime.now().astimezone().isoformat(timespec='seconds')} {sentence}\n")


async def answers(port: int) -> bool:
    """Whether ``/healthz`` says 200 on this port of this machine."""
    request = f"GET /healthz HTTP/1.1\r\nHost: {HOST}:{port}\r\nConnection: close\r\n\r\n"
    try:
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.write(request.encode())
        line = await asyncio.wait_for(reader.readline(), timeout=5)
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
    except (OSError, TimeoutError):
        return False
    return line.split()[1:2] == [b"200"]
