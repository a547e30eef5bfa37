"""A book in a folder of its own, for measurements that bring files in and read pages."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CHANGQING = [sys.executable, "-m", "changqing"]


@contextmanager
def own_book(folder: Path) -> Iterator[None]:
    """An empty book in ``folder`` with its database running and Django set up, here and for children."""
    from changqing.machine.folder import DataFolder
    from changqing.machine.postgres import database

    data = DataFolder(folder / "data")
    data.create()
    os.environ["CHANGQING_DATA"] = str(data.path)
    with database(data) as url:
        os.environ |= {
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "changqing.settings",
            "CHANGQING_LOG_LEVEL": "ERROR",
            "PYTHONPATH": str(ROOT / "src"),
        }
        subprocess.run([*CHANGQING, "prepare"], check=True, stdout=subprocess.DEVNULL)
        import django

        django.setup()
        yield
