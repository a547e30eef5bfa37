"""After an update of a checkout the next start serves the new files; an installed package is left alone."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from changqing.web.collecting import MANIFEST, collect_if_stale

KEPT = "whitenoise.storage.CompressedManifestStaticFilesStorage"


@pytest.fixture
def checkout(tmp_path: Path, settings: Any) -> Path:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "app.css").write_text("a{color:red}")
    settings.STATICFILES_DIRS = [("", tmp_path / "static")]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATIC_ROOT = tmp_path / "built"
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": KEPT}}
    return tmp_path


def served(checkout: Path) -> str:
    name = json.loads((checkout / "built" / MANIFEST).read_text("utf-8"))["paths"]["app.css"]
    return (checkout / "built" / name).read_text("utf-8")


def test_a_checkout_collects_what_is_newer_and_nothing_otherwise(checkout: Path) -> None:
    assert collect_if_stale(checkout) is True
    assert served(checkout) == "a{color:red}"
    assert collect_if_stale(checkout) is False
    later = time.time() + 5
    (checkout / "static" / "app.css").write_text("a{color:blue}")
    os.utime(checkout / "static" / "app.css", (later, later))
    assert collect_if_stale(checkout) is True
    assert served(checkout) == "a{color:blue}"


def test_an_installed_package_brings_what_was_collected(checkout: Path) -> None:
    (checkout / "pyproject.toml").unlink()
    assert collect_if_stale(checkout) is False
    assert not Path(settings.STATIC_ROOT).exists()
