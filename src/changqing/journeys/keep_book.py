"""A book is checked, backed up into one file, and restored into an empty folder."""

from __future__ import annotations

import hashlib
import json
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg.conninfo import make_conninfo

from changqing import __version__
from changqing.accounts.queries import circles
from changqing.base.refused import Refused
from changqing.journeys.prepare_book import prepare_book
from changqing.ledger import checks
from changqing.ledger.actions import lock_the_book
from changqing.ledger.queries import stuck_imports
from changqing.ledger.segments import digest_of, scratch
from changqing.machine.dump import dump_database, load_database
from changqing.people.permissions import Principal, check_may, operator
from changqing.records.actions import write_audit
from changqing.value.queries import ranking_breaches

MANIFEST = "manifest.json"
DATABASE = "database.dump"
STORES = ("ledger", "uploads")


@transaction.atomic
def check_book(*, by: Principal) -> list[str]:
    """Every invariant that does not hold now, as sentences; nothing changes the book meanwhile."""
    check_may(by, "keep the book")
    lock_the_book()
    return [*checks.breaches(), *stuck_imports(), *circles(), *ranking_breaches()]


def back_up(*, by: Principal, to: Path) -> dict[str, Any]:
    """The whole book into the file ``to``: database, segments, uploads, and a manifest with their hashes."""
    check_may(by, "keep the book")
    if to.exists():
        raise Refused(_("%(file)s 已经存在，没有覆盖。请换一个文件名。") % {"file": to})
    half = to.with_name(f"{to.name}.half")
    with tempfile.TemporaryDirectory(prefix="backup-", dir=scratch()) as folder, transaction.atomic():
        lock_the_book()
        dump = Path(folder) / DATABASE
        dump_database(_url(), dump)
        parts = dict(_parts(dump))
        manifest = {
            "version": __version__,
            "made_at": timezone.now().isoformat(),
            "key_fingerprint": _fingerprint(),
            "files": {
                name: {"bytes": path.stat().st_size, "sha256": digest_of(path)}
                for name, path in parts.items()
            },
        }
        (Path(folder) / MANIFEST).write_text(json.dumps(manifest, indent=1))
        with tarfile.open(half, "w") as tar:
            tar.add(Path(folder) / MANIFEST, MANIFEST)
            for name, path in parts.items():
                tar.add(path, name)
        half.replace(to)
        write_audit(by=by, verb="back up", subject=("book", to.name), files=len(parts))
    return manifest


def restore(*, source: Path) -> list[str]:
    """A backup into this folder, which must hold no book; then what ``check_book`` finds."""
    _must_be_empty()
    with tempfile.TemporaryDirectory(prefix="restore-", dir=scratch()) as folder:
        _unpack(source, Path(folder))
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA IF EXISTS public CASCADE")
            cursor.execute("CREATE SCHEMA public")
        connection.close()
        for store in STORES:
            if (Path(folder) / store).is_dir():
                shutil.copytree(Path(folder) / store, Path(settings.FOLDER.path) / store, dirs_exist_ok=True)
        load_database(_url(), Path(folder) / DATABASE)
    prepare_book()
    return check_book(by=operator(because="restore"))


def _must_be_empty() -> None:
    tables = connection.introspection.table_names()
    has_rows = False
    if "changqing_import" in tables:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT EXISTS (SELECT 1 FROM changqing_import) OR EXISTS (SELECT 1 FROM changqing_user) "
                "OR EXISTS (SELECT 1 FROM changqing_account)"
            )
            row = cursor.fetchone()
            has_rows = bool(row and row[0])
    if has_rows:
        raise Refused(_("这个数据目录里已有账本，没有改动。请把 CHANGQING_DATA 指向一个空目录再恢复。"))


def _unpack(source: Path, folder: Path) -> None:
    """The parts of a backup into ``folder``; Refused when a byte differs from its manifest."""
    try:
        with tarfile.open(source) as tar:
            tar.extractall(folder, filter="data")
        manifest = json.loads((folder / MANIFEST).read_text())
    except (OSError, tarfile.TarError, ValueError, KeyError) as error:
        sentence = _("%(file)s 不是完好的备份：%(why)s。什么都没有恢复。")
        raise Refused(sentence % {"file": source, "why": error}) from error
    for name, said in manifest["files"].items():
        path = folder / name
        if not path.is_file() or digest_of(path) != said["sha256"]:
            raise Refused(_("备份里的 %(part)s 缺失或被改动。什么都没有恢复。") % {"part": name})


def _parts(dump: Path) -> Iterator[tuple[str, Path]]:
    yield DATABASE, dump
    root = Path(settings.FOLDER.path)
    for store in STORES:
        for path in sorted((root / store).rglob("*")):
            if path.is_file() and path.suffix != ".half":
                yield path.relative_to(root).as_posix(), path


def _fingerprint() -> str:
    return hashlib.sha256(settings.SECRET_KEY.encode()).hexdigest()[:16]


def _url() -> str:
    at = connection.settings_dict
    named = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    return make_conninfo("", **{word: str(at[name]) for word, name in named.items()})
