"""Against a real server: initdb, kills, leases between processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from changqing.machine import cluster
from changqing.machine.error import MachineError
from changqing.machine.folder import DataFolder
from changqing.machine.postgres import Postgres, database, wait_until

SRC = Path(__file__).parents[2]
# the disk is not what is tested here, and it may be busy; what matters is proved with the usual settings
QUICK = {"fsync": "off"}
# what a lease is for a single command: hold it, say so, leave when told
HOLDER = """
import sys
from pathlib import Path
from changqing.machine.folder import DataFolder
from changqing.machine.postgres import Postgres
with Postgres(DataFolder(Path(sys.argv[1])), settings={"fsync": "off"}).lease() as url:
    print(url, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[DataFolder]:
    folder = DataFolder(tmp_path / "数据 folder's")
    yield folder
    Postgres(folder).stop()
    assert _processes(folder) == []


@pytest.fixture
def used(folder: DataFolder, lay_cluster: Callable[[DataFolder], None]) -> DataFolder:
    """The same, of somebody who has been here before."""
    lay_cluster(folder)
    return folder


def _processes(folder: DataFolder) -> list[str]:
    titles = (" ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"]))
    named = (str(folder.pg), f"changqing-{cluster.mark(folder)}:")
    return [
        title for title in titles if title.startswith("postgres") and any(name in title for name in named)
    ]


def _ask(postgres: Postgres, sql: str) -> object:
    with psycopg.connect(postgres.url) as connection:
        row = connection.execute(sql).fetchone()
    return row[0] if row else None


def _holder(folder: DataFolder) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", HOLDER, str(folder.path)]
    environment = os.environ | {"PYTHONPATH": str(SRC)}
    holder = subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline().startswith("postgresql://")
    return holder


def _leave(holder: subprocess.Popen[str]) -> None:
    holder.communicate("", timeout=30)
    assert holder.returncode == 0


def test_a_fresh_folder_gets_a_server_and_keeps_what_was_written(folder: DataFolder) -> None:
    postgres = Postgres(folder)
    with postgres.lease() as url, psycopg.connect(url) as connection:
        connection.execute("CREATE EXTENSION pg_trgm")
        connection.execute("CREATE TABLE kept AS SELECT '常青' AS name")
        row = connection.execute(
            "SELECT current_user, datlocprovider, datlocale, pg_encoding_to_char(encoding),"
            " 'x常青' ~ '常', similarity('常青集团', '常青') > 0,"
            " (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)"
            " FROM pg_database WHERE datname = current_database()"
        ).fetchone()
    assert row == ("changqing", "b", "C.UTF-8", "UTF8", True, True, False)
    assert not postgres.is_running()
    with postgres.lease():
        assert _ask(postgres, "SELECT name FROM kept") == "常青"
    assert sorted(found.name for found in folder.path.iterdir()) == ["logs", "pg", "run", "secrets"]


def test_settings_that_durability_rests_on(folder: DataFolder) -> None:
    postgres = Postgres(folder)
    with postgres.lease():
        names = ("listen_addresses", "fsync", "synchronous_commit", "jit", "max_wal_size")
        assert [_ask(postgres, f"SHOW {name}") for name in names] == ["", "on", "on", "off", "2GB"]
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(postgres.url.replace(folder.pg_password, "wrong"))


def test_own_settings_survive_a_start(used: DataFolder) -> None:
    postgres = Postgres(used, settings=QUICK)
    postgres.ensure_running()
    postgres.stop()
    (used.pg / "local.conf").write_text("work_mem = '7MB'\n")
    with postgres.lease():
        assert _ask(postgres, "SHOW work_mem") == "7MB"


def test_a_killed_server_comes_back_with_all_it_acknowledged(used: DataFolder) -> None:
    postgres = Postgres(used)
    postgres.ensure_running()
    connection = psycopg.connect(postgres.url, autocommit=True)
    connection.execute("CREATE TABLE kept AS SELECT 1 AS n")
    pid = postgres.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: not postgres.is_running(), 5)
    connection.close()
    postgres.ensure_running()
    assert _ask(postgres, "SELECT n FROM kept") == 1


def test_a_used_process_number_does_not_keep_the_server_down(used: DataFolder) -> None:
    postgres = Postgres(used, settings=QUICK)
    postgres.ensure_running()
    assert postgres.pid is not None
    os.kill(postgres.pid, signal.SIGKILL)
    assert wait_until(lambda: not postgres.is_running(), 5)
    stale = used.pg / "postmaster.pid"
    stale.write_text("\n".join([str(os.getpid()), *stale.read_text().splitlines()[1:]]) + "\n")
    postgres.ensure_running()
    assert _ask(postgres, "SELECT 1") == 1


def test_a_half_made_cluster_is_swept(folder: DataFolder) -> None:
    draft = folder.path / "pg-draft-1"
    folder.create()
    (draft / "base").mkdir(parents=True)
    (draft / "PG_VERSION").write_text("18\n")
    with Postgres(folder, settings=QUICK).lease():
        assert not draft.exists()


def test_commands_share_the_server_and_the_last_stops_it(used: DataFolder) -> None:
    postgres = Postgres(used, settings=QUICK)
    first, second = _holder(used), _holder(used)
    _leave(first)
    assert _ask(postgres, "SELECT 1") == 1
    _leave(second)
    assert not postgres.is_running()


def test_a_killed_command_hurts_nobody(used: DataFolder) -> None:
    postgres = Postgres(used, settings=QUICK)
    first, second = _holder(used), _holder(used)
    first.kill()
    first.communicate()
    assert _ask(postgres, "SELECT 1") == 1
    _leave(second)
    assert not postgres.is_running()


def test_what_a_killed_command_left_is_taken_over(used: DataFolder) -> None:
    postgres = Postgres(used, settings=QUICK)
    alone = _holder(used)
    alone.kill()
    alone.communicate()
    left = postgres.pid
    assert left is not None
    with postgres.lease():
        assert postgres.pid == left
    assert not postgres.is_running()


def test_many_first_commands_make_one_cluster(folder: DataFolder) -> None:
    command = [sys.executable, "-c", HOLDER, str(folder.path)]
    environment = os.environ | {"PYTHONPATH": str(SRC)}
    holders = [
        subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    told = {holder.communicate(timeout=60)[0] for holder in holders}
    assert ([holder.returncode for holder in holders], len(told)) == ([0, 0, 0, 0], 1)
    assert not Postgres(folder).is_running()


def test_a_long_path_gets_a_short_private_socket(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / ("long-" * 20))
    sockets = cluster.socket_folder(folder)
    assert (sockets.parent, len(str(sockets / cluster.SOCKET)) < 60) == (Path("/tmp"), True)
    with Postgres(folder, settings=QUICK).lease():
        assert sockets.stat().st_mode & 0o777 == 0o700
        assert _ask(Postgres(folder, settings=QUICK), "SELECT 1") == 1
    assert not sockets.exists()


def test_a_socket_folder_open_to_others_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHANGQING_LANG", "zh")
    folder = DataFolder(tmp_path / ("long-" * 20))
    sockets = cluster.socket_folder(folder)
    sockets.mkdir(mode=0o755)
    sockets.chmod(0o755)
    try:
        with pytest.raises(MachineError) as told:
            Postgres(folder, settings=QUICK).ensure_running()
    finally:
        sockets.rmdir()
    assert told.value.sentence.startswith(f"{sockets} 不是我们的私有文件夹")


@pytest.mark.parametrize("name", ["pg_password", "pg_admin_password"])
def test_a_lost_password_is_made_anew(used: DataFolder, name: str) -> None:
    postgres = Postgres(used, settings=QUICK)
    postgres.ensure_running()
    postgres.stop()
    (used.path / "secrets" / name).unlink()
    with postgres.lease():
        psycopg.connect(postgres.admin_url).close()
        assert _ask(postgres, "SELECT 1") == 1


def test_a_server_that_cannot_start_says_why(used: DataFolder) -> None:
    with pytest.raises(MachineError, match="no_such_setting"):
        Postgres(used, settings={"no_such_setting": "1"}).ensure_running()
    with Postgres(used).lease():
        assert _ask(Postgres(used), "SELECT 1") == 1


def test_an_own_postgresql_is_used_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere/x")
    with database(DataFolder(tmp_path / "data")) as url:
        assert url == "postgresql://elsewhere/x"
    assert not (tmp_path / "data").exists()


def test_missing_binaries_are_named(folder: DataFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PG_BIN", "/nowhere")
    with pytest.raises(MachineError, match="/nowhere"):
        Postgres(folder, settings=QUICK).ensure_running()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another name for the server")
def test_root_without_namespaces_uses_a_system_account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from changqing.machine import server_user

    tmp_path.chmod(0o700)
    folder = DataFolder(tmp_path / "data")
    with Postgres(folder, settings=QUICK).lease():
        assert folder.pg.stat().st_uid == 0
    both = server_user._disguises()
    monkeypatch.setattr(server_user, "_disguises", lambda: both[1:])
    postgres = Postgres(folder, settings=QUICK)
    with postgres.lease():
        assert _ask(postgres, "SELECT 1") == 1
        assert (folder.pg.stat().st_uid, psutil.Process(postgres.pid).username()) == (1, "daemon")
    monkeypatch.setattr(server_user, "_disguises", lambda: both)
    with Postgres(folder, settings=QUICK).lease():
        assert folder.pg.stat().st_uid == 0


def test_starting_is_quick_enough(used: DataFolder) -> None:
    postgres = Postgres(used)
    postgres.ensure_running()
    postgres.stop()
    begun = time.monotonic()
    postgres.ensure_running()
    assert time.monotonic() - begun < 3
