"""A book is checked, backed up into one file, and restored into an empty folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
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
from changqing.base.parcel import Contents, inspect, pack
from changqing.base.refused import Refused
from changqing.journeys.know_people import forget_again
from changqing.journeys.prepare_book import prepare_book
from changqing.ledger import checks
from changqing.ledger.actions import lock_the_book
from changqing.ledger.queries import stuck_imports
from changqing.ledger.segments import scratch
from changqing.machine.dump import dump_database, load_database, passing_database
from changqing.people.permissions import Principal, check_may, operator
from changqing.records.actions import seal_audit, write_audit
from changqing.records.queries import anchor_of_the_chain, audit_key, audit_report
from changqing.records.rules import fingerprint
from changqing.value.queries import ranking_breaches

DATABASE = "database.dump"
STORES = ("ledger", "uploads", "files")


@transaction.atomic
def check_book(*, by: Principal) -> list[str]:
    """Every invariant that does not hold now, as sentences; nothing changes the book meanwhile."""
    check_may(by, "keep the book")
    lock_the_book()
    return [*checks.breaches(), *stuck_imports(), *circles(), *ranking_breaches(), *audit_report().faults]


def back_up(*, by: Principal, to: Path) -> dict[str, Any]:
    """The whole book into the file ``to``: database, segments, uploads, and a signed manifest."""
    check_may(by, "keep the book")
    if to.exists():
        raise Refused(_("%(file)s 已经存在，没有覆盖。请换一个文件名。") % {"file": to})
    while seal_audit(all_of_them=True):
        pass
    half = to.with_name(f"{to.name}.half")
    half.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix="backup-", dir=scratch()) as folder, transaction.atomic():
        lock_the_book()
        dump = Path(folder) / DATABASE
        dump_database(_url(), dump)
        about = {
            "version": __version__,
            "made_at": timezone.now().isoformat(),
            "keys": _fingerprints(),
            "audit": anchor_of_the_chain(),
        }
        manifest = pack(half, parts=dict(_parts(dump)), about=about, key=audit_key())
        half.replace(to)
        write_audit(by=by, verb="back up", subject=("book", to.name), files=len(manifest["files"]))
    return manifest


def verify_backup(*, by: Principal, source: Path) -> list[str]:
    """What is wrong with a backup, as sentences: each byte is read, then it is restored and thrown away."""
    check_may(by, "keep the book")
    faults = _inspected(source).faults or _drill(source)
    write_audit(by=by, verb="verify a backup", subject=("book", source.name), faults=len(faults))
    return faults


def restore(*, source: Path, new_keys: bool = False) -> list[str]:
    """A backup into this folder, which must hold no book; then what ``check_book`` finds.

    ``new_keys`` restores a backup whose keys are lost: what they signed can then no longer be proven.
    """
    _must_be_empty()
    with tempfile.TemporaryDirectory(prefix="restore-", dir=scratch()) as folder:
        told = _inspected(source, into=Path(folder), new_keys=new_keys)
        if told.faults:
            raise Refused(_("%(faults)s 什么都没有恢复。") % {"faults": " ".join(told.faults)})
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA IF EXISTS public CASCADE")
            cursor.execute("CREATE SCHEMA public")
        connection.close()
        for store in STORES:
            if (Path(folder) / store).is_dir():
                shutil.copytree(Path(folder) / store, Path(settings.FOLDER.path) / store, dirs_exist_ok=True)
        load_database(_url(), Path(folder) / DATABASE)
    prepare_book()
    forget_again()
    by = operator(because="restore")
    found = check_book(by=by)
    found += audit_report(anchor=told.manifest["audit"]).faults if not found else []
    write_audit(by=by, verb="restore", subject=("book", source.name), new_keys=new_keys, faults=len(found))
    return found


def _inspected(source: Path, *, into: Path | None = None, new_keys: bool = False) -> Contents:
    """Every byte of a backup against its manifest, and whether our keys are those of its book."""
    try:
        told = inspect(source, key=audit_key(), into=into)
    except OSError as error:
        raise Refused(_("读不了备份 %(file)s：%(why)s。") % {"file": source, "why": error}) from error
    known = told.manifest.get("keys", {})
    if told.is_signed or not told.manifest or known == _fingerprints():
        return told
    # signed by another key: not a fault of the file, unless more is wrong with it
    told.faults = (
        []
        if new_keys and len(told.faults) == 1
        else [
            _(
                "这份备份属于另一套密钥（%(theirs)s，这里是 %(ours)s）。请把原数据目录里的 secrets 整个复制到"
                "这里再试；密钥确已遗失时，可用 --new-keys 恢复，但此前的审计链将无法核对。"
            )
            % {"theirs": known.get("audit_key", "?"), "ours": _fingerprints()["audit_key"]},
            *told.faults[1:],
        ]
    )
    return told


def _drill(source: Path) -> list[str]:
    """Restore into a database and a folder of its own, in a process of its own, and throw both away."""
    with tempfile.TemporaryDirectory(prefix="drill-", dir=scratch()) as folder:
        secrets = Path(settings.FOLDER.path) / "secrets"
        if secrets.is_dir():
            shutil.copytree(secrets, Path(folder) / "secrets")
        with passing_database(_url()) as url:
            done = subprocess.run(
                [sys.executable, "-m", "changqing", "restore", str(source.absolute())],
                env=os.environ
                | {
                    "CHANGQING_DATA": folder,
                    "DATABASE_URL": url,
                    "CHANGQING_SECRET_KEY": settings.SECRET_KEY,
                    "CHANGQING_AUDIT_KEY": audit_key(),
                },
                capture_output=True,
                text=True,
                check=False,
            )
    if done.returncode == 0:
        return []
    return [line for line in (done.stdout + done.stderr).splitlines() if line.strip()][-20:]


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


def _parts(dump: Path) -> Iterator[tuple[str, Path]]:
    yield DATABASE, dump
    root = Path(settings.FOLDER.path)
    for store in STORES:
        for path in sorted((root / store).rglob("*")):
            if path.is_file() and path.suffix != ".half":
                yield path.relative_to(root).as_posix(), path


def _fingerprints() -> dict[str, str]:
    return {"secret_key": fingerprint(settings.SECRET_KEY), "audit_key": fingerprint(audit_key())}


def _url() -> str:
    at = connection.settings_dict
    named = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    return make_conninfo("", **{word: str(at[name]) for word, name in named.items()})
