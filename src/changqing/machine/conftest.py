"""A cluster that is made once in a run and laid into the folders of tests that do not ask how one is made."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from changqing.machine.cluster import Cluster
from changqing.machine.folder import DataFolder
from changqing.machine.lock import FileLock
from changqing.machine.server_user import server_user

CARELESS = {"fsync": "off"}


@pytest.fixture(scope="session")
def model() -> DataFolder:
    """A cluster that no server has run on yet, with the secrets that it knows; one for all workers."""
    run = Path(os.environ["CHANGQING_TEST_RUN"])
    folder = DataFolder(run / "model")
    with FileLock(run / "model.turn").held():
        if not folder.pg.exists():
            folder.create()
            Cluster(folder, server_user(folder.path), CARELESS).prepare()
    return folder


@pytest.fixture
def lay_cluster(model: DataFolder) -> Callable[[DataFolder], None]:
    """``lay_cluster(folder)``: as if it had been started and stopped before; a tenth of making one."""

    def lay(folder: DataFolder) -> None:
        folder.create()
        for part in (model.pg, model.path / "secrets"):
            # as they are, whomever they belong to
            subprocess.run(["cp", "-a", str(part), str(folder.path)], check=True)

    return lay
