"""The embedded PostgreSQL of one data folder: started by who needs it first, stopped by who leaves last."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import psutil

from changqing.machine import cluster
from changqing.machine.environment import env_text
from changqing.machine.error import MachineError
from changqing.machine.folder import DataFolder
from changqing.machine.lock import FileLock
from changqing.machine.server_user import ServerUser, server_user
from changqing.machine.speech import gettext as _

# replaying two gigabytes of log after a kill takes tens of seconds on a slow disk
START_SECONDS = 180.0
STOP_SECONDS = 20.0
KEPT_LOGS = 5
# the lines of postmaster.pid, by PostgreSQL's miscadmin.h
PID_LINE, SOCKET_LINE, STATUS_LINE = 0, 4, 7

# servers that this process started and may outlive, kept so that a killed one is reaped
_started: dict[Path, subprocess.Popen[bytes]] = {}


class Postgres:
    """The server of one data folder. ``settings`` are further lines of postgresql.conf."""

    def __init__(self, folder: DataFolder, *, settings: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.settings = dict(settings or {})
        self._known_user: ServerUser | None = None

    @property
    def url(self) -> str:
        """``postgresql://`` address of the application's role, over the Unix socket; starts nothing."""
        return self._url(cluster.ROLE, self.folder.pg_password, cluster.DATABASE)

    @property
    def admin_url(self) -> str:
        """The same for the superuser, whom only maintenance needs."""
        return self._url(cluster.ADMIN, self.folder.secret("pg_admin_password"), "postgres")

    @property
    def pid(self) -> int | None:
        """The process of a living server of this folder, ready or still recovering."""
        self._has_ended()
        pid = self._written_pid()
        return pid if pid and self._is_ours(pid) else None

    def is_running(self) -> bool:
        return self.pid is not None

    def ensure_running(self) -> None:
        """Start the server unless it runs; returns when it takes connections."""
        with self.turn():
            self.start()

    def stop(self) -> None:
        """Stop the server, whoever uses it; what is not committed is rolled back."""
        with self.turn():
            self.halt()

    @contextmanager
    def lease(self) -> Iterator[str]:
        """Use the server: it runs inside the block, and whoever leaves last stops it. Gives its url."""
        lease = Lease(self)
        lease.acquire()
        try:
            yield self.url
        finally:
            lease.release()

    def turn(self) -> AbstractContextManager[None]:
        """Held while the server is started, stopped, joined or left: one process at a time."""
        return FileLock(self.folder.run / "pg.turn").held()

    def start(self) -> None:
        """``ensure_running`` for who holds the turn."""
        if not self.is_running():
            self._forget_started()
            self._clear_stale()
            files = cluster.Cluster(self.folder, self._user, self.settings)
            files.prepare()
            self.prune_logs()
            self._launch(files.command("postgres", "-D", str(self.folder.pg)))
        self._await_ready()

    def halt(self) -> None:
        """``stop`` for who holds the turn: politely, then at once, then by force."""
        family = _children(self.pid)
        for number, seconds in ((signal.SIGINT, STOP_SECONDS), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
            pid = self.pid
            if pid is None:
                break
            with suppress(ProcessLookupError):
                os.kill(pid, number)
            wait_until(lambda: self.pid is None, seconds)
        self._reap()
        # its logger ends a moment after it
        psutil.wait_procs(family, timeout=2)
        with suppress(OSError):
            cluster.socket_folder(self.folder).rmdir()

    @property
    def _user(self) -> ServerUser:
        if self._known_user is None:
            self.folder.create()
            self._known_user = server_user(self.folder.path)
        return self._known_user

    def _url(self, role: str, password: str, database: str) -> str:
        lines = self._pid_file()
        running = self.is_running() and len(lines) > SOCKET_LINE and lines[SOCKET_LINE]
        sockets = running or str(cluster.socket_folder(self.folder))
        return f"postgresql://{role}:{quote(password, safe='')}@/{database}?host={quote(sockets, safe='')}"

    def _pid_file(self) -> list[str]:
        try:
            return (self.folder.pg / "postmaster.pid").read_text(errors="replace").splitlines()
        except (FileNotFoundError, PermissionError):
            return []

    def _written_pid(self) -> int | None:
        lines = self._pid_file()
        return int(lines[PID_LINE]) if lines and lines[PID_LINE].isdecimal() else None

    def _is_ours(self, pid: int) -> bool:
        """Whether this process is a postmaster on our cluster: numbers are used again after a kill."""
        try:
            process = psutil.Process(pid)
            return process.status() != psutil.STATUS_ZOMBIE and str(self.folder.pg) in process.cmdline()
        except psutil.Error:
            return False

    def _has_ended(self) -> bool:
        """Whether the server that this process started is over; it is reaped by the question."""
        process = _started.get(self.folder.pg)
        return process is not None and process.poll() is not None

    def _forget_started(self) -> None:
        process = _started.pop(self.folder.pg, None)
        if process is not None:
            # over, or without its postmaster.pid and so to nobody's use
            process.kill()
            process.wait()

    def _reap(self) -> None:
        """Its file goes a moment before the process does, which is waited for where it is our child."""
        process = _started.get(self.folder.pg)
        if process is not None:
            with suppress(subprocess.TimeoutExpired):
                process.wait(STOP_SECONDS)
            self._forget_started()

    def _clear_stale(self) -> None:
        """After a kill -9: end orphaned backends, drop what names a process number that is not a server."""
        if not self._pid_file():
            return
        title = f"postgres: changqing-{cluster.mark(self.folder)}: "
        orphans = [process for process in psutil.process_iter() if _title(process).startswith(title)]
        for process in orphans:
            with suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(orphans, timeout=5)
        pid = self._written_pid()
        if pid and psutil.pid_exists(pid):
            (self.folder.pg / "postmaster.pid").unlink(missing_ok=True)
        sockets = cluster.socket_folder(self.folder)
        for name in (cluster.SOCKET, f"{cluster.SOCKET}.lock"):
            (sockets / name).unlink(missing_ok=True)

    def _launch(self, command: list[str]) -> None:
        with self._start_log.open("wb") as log:
            _started[self.folder.pg] = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=cluster.environment(), cwd="/", start_new_session=True, umask=0o077,
            )  # fmt: skip

    @property
    def _start_log(self) -> Path:
        return self.folder.logs / "postgres-start.log"

    def _await_ready(self) -> None:
        """Wait until postmaster.pid says ready, as pg_ctl does; a recovery may take its time."""

        def settled() -> bool:
            if self._has_ended():
                return True
            lines = self._pid_file()
            # the file may still be that of a server killed before this one
            written = len(lines) > STATUS_LINE and self.is_running()
            return written and lines[STATUS_LINE].strip() == "ready"

        wait_until(settled, START_SECONDS)
        if not self.is_running():
            told = last_lines_of(self._start_log, *self._server_logs()[-1:])
            raise MachineError(_("内置的 PostgreSQL 没有启动：%(reason)s") % {"reason": told})

    def _server_logs(self) -> list[Path]:
        return sorted((self.folder.logs / "postgres").glob("postgres-*.log"))

    def prune_logs(self) -> None:
        """Keep the newest of the server's logs; each ends at 10 MB."""
        for path in self._server_logs()[:-KEPT_LOGS]:
            path.unlink(missing_ok=True)


class Lease:
    """A share in the running server; taken and given back from any thread, each once or more."""

    def __init__(self, postgres: Postgres) -> None:
        self.postgres = postgres
        self._share = FileLock(postgres.folder.run / "pg.lock")
        self._mutex = threading.Lock()
        self._is_held = False

    def acquire(self) -> None:
        with self._mutex, self.postgres.turn():
            self._share.acquire(shared=True)
            self._is_held = True
            self.postgres.start()

    def renew(self) -> None:
        """Start the server again where it was killed under the lease."""
        with self._mutex:
            if self._is_held:
                self.postgres.ensure_running()

    def release(self) -> None:
        """Give the share back; the server stops when nobody else holds one."""
        with self._mutex:
            if not self._is_held:
                return
            with self.postgres.turn():
                if self._share.acquire(wait=False):
                    self.postgres.halt()
                self._share.release()
            self._is_held = False


@contextmanager
def database(folder: DataFolder) -> Iterator[str]:
    """The url of the database to work with: ``DATABASE_URL``, else a lease on the embedded server."""
    given = env_text("DATABASE_URL", "")
    if given:
        yield given
    else:
        with Postgres(folder).lease() as url:
            yield url


def wait_until(done: Callable[[], bool], seconds: float) -> bool:
    """Look every 20 ms until it is so or the time is over."""
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def last_lines_of(*paths: Path) -> str:
    texts = [path.read_text(errors="replace") for path in paths if path.is_file()]
    return cluster.last_lines("\n".join(texts))


def _title(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def _children(pid: int | None) -> list[psutil.Process]:
    try:
        return list(psutil.Process(pid).children()) if pid else []
    except psutil.Error:
        return []
