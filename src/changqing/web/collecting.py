"""The pages' files under the names they are served by, collected anew where their sources have moved on."""

from __future__ import annotations

import os
from pathlib import Path

from django.conf import settings
from django.core.management import call_command

from changqing.machine.lock import FileLock

MANIFEST = "staticfiles.json"
PROJECT = Path(__file__).resolve().parents[3]


def collect_if_stale(project: Path = PROJECT) -> bool:
    """In a checkout, collect where a source is newer than what was collected; whether that was so.

    An installed package brings what was collected and is left as it is. Of two books that start side by side
    one waits for the other and then finds nothing to do.
    """
    is_checkout = (project / "pyproject.toml").is_file() and os.access(project, os.W_OK)
    if not is_checkout or not _is_stale():
        return False
    build = project / "build"
    build.mkdir(exist_ok=True)
    with FileLock(build / "collecting.lock").held():
        if not _is_stale():
            return False
        call_command("collectstatic", interactive=False, verbosity=0)
    return True


def _is_stale() -> bool:
    manifest = Path(settings.STATIC_ROOT) / MANIFEST
    if not manifest.is_file():
        return True
    collected = manifest.stat().st_mtime
    sources = (path for _, folder in settings.STATICFILES_DIRS for path in Path(folder).rglob("*"))
    return any(path.stat().st_mtime > collected for path in sources if path.is_file())
