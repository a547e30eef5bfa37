from __future__ import annotations

import multiprocessing
import stat
from pathlib import Path

import pytest

from changqing.machine.error import MachineError
from changqing.machine.folder import DataFolder


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_everything_is_private(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "deep" / "data folder")
    made = [folder.ledger, folder.uploads, folder.run, folder.logs]
    folder.secret_key, folder.pg_password, folder.setup_code  # noqa: B018
    assert [mode(path) for path in [folder.path, *made, folder.path / "secrets"]] == [0o700] * 6
    secrets = sorted((folder.path / "secrets").iterdir())
    assert [(path.name, mode(path)) for path in secrets] == [
        ("pg_password", 0o600), ("secret_key", 0o600), ("setup_code", 0o600),
    ]  # fmt: skip


def test_the_demo_stands_beside_never_inside(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    assert folder.demo.path == tmp_path / "data-demo"


def test_where_the_folder_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("CHANGQING_DATA", raising=False)
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    assert DataFolder.from_environment().path == tmp_path / ".local/share/changqing"
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "xdg"))
    assert DataFolder.from_environment().path == tmp_path / "xdg/changqing"
    monkeypatch.setenv("CHANGQING_DATA", "~/我的 数据")
    assert DataFolder.from_environment().path == tmp_path / "我的 数据"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CHANGQING_DATA", "here")
    assert DataFolder.from_environment().path == tmp_path / "here"


def test_a_secret_stays_the_same(tmp_path: Path) -> None:
    first = DataFolder(tmp_path / "data").secret_key
    assert DataFolder(tmp_path / "data").secret_key == first
    assert len(first) >= 40
    assert DataFolder(tmp_path / "other").secret_key != first


def test_a_used_code_is_replaced(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    first = folder.setup_code
    folder.use_up_setup_code()
    folder.use_up_setup_code()
    assert folder.setup_code != first


def _read_secret(path: str) -> str:
    return DataFolder(Path(path)).secret_key


def test_of_many_first_users_all_get_one_secret(tmp_path: Path) -> None:
    with multiprocessing.get_context("fork").Pool(8) as pool:
        found = set(pool.map(_read_secret, [str(tmp_path / "data")] * 40, chunksize=1))
    assert len(found) == 1
    assert [path.name for path in (tmp_path / "data" / "secrets").iterdir()] == ["secret_key"]


def test_state_is_merged_and_survives_nonsense(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    assert folder.read_state() == {}
    folder.write_state(users=0, pid=4)
    folder.write_state(pid=None, address="http://127.0.0.1:8000")
    assert folder.read_state() == {"users": 0, "address": "http://127.0.0.1:8000"}
    for nonsense in ("", "[1]", "{", "null"):
        (folder.run / "state.json").write_text(nonsense)
        assert folder.read_state() == {}


def test_a_file_in_the_way_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHANGQING_LANG", "zh")
    (tmp_path / "data").write_text("")
    with pytest.raises(MachineError) as told:
        DataFolder(tmp_path / "data").ledger  # noqa: B018
    assert told.value.sentence == (
        f"数据文件夹 {tmp_path}/data 无法使用：File exists。请用 CHANGQING_DATA 指定一个可写的文件夹。"
    )
