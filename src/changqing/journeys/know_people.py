"""Persons come in from a file, are told what is held about them, and are forgotten when they ask."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from changqing.base.refused import Refused
from changqing.base.tables import FaultyRow, Staged, stage, write_same_format
from changqing.contacts.actions import DAYS, ContactRow, Entered, enter_contacts, erase_person
from changqing.contacts.queries import all_about, contact_method, erased_persons, person_or_refused
from changqing.contacts.rules import columns_of
from changqing.ledger.segments import scratch
from changqing.machine.folder import DataFolder, replace_text
from changqing.people.permissions import Principal, check_may, operator
from changqing.records.actions import log_read

# Beside the secrets, so that it outlives the database: a backup from before remembers who has been forgotten.
ERASURES = "erasures.json"


def bring_in_contacts(
    *, by: Principal, path: Path, defaults: Mapping[str, str], refused_to: Path | None = None
) -> tuple[Entered, list[str]]:
    """The rows of a CSV or XLSX file; what was done, and which columns were left out for what they hold.

    ``defaults`` are the ground, purpose and source for rows that do not say. Refused rows are written to
    ``refused_to`` with row and reason, in the format they came in.
    """
    check_may(by, "edit accounts")
    if refused_to is not None and refused_to.exists():
        raise Refused(_("%(file)s 已经存在，没有覆盖。请换一个文件名。") % {"file": refused_to})
    with tempfile.TemporaryDirectory(prefix="contacts-", dir=scratch()) as folder:
        staged = stage(path, into=Path(folder), called=path.name)
        columns = columns_of(staged.header)
        if missing := {"account", "name"} - set(columns):
            wanted = {"account": _("客户编码"), "name": _("姓名")}
            raise Refused(
                _("%(file)s 里没有这些列：%(columns)s。没有导入。")
                % {"file": path.name, "columns": "、".join(wanted[name] for name in sorted(missing))}
            )
        table = pq.read_table(staged.path).to_pylist()
        entered = enter_contacts(by=by, rows=_rows(table, columns, defaults), today=timezone.localdate())
        if entered.refused and refused_to is not None:
            _hand_back(staged, table, entered, refused_to)
    method = contact_method()
    left_out = [name for name in staged.header if method.unwanted(name)]
    return entered, left_out


def _rows(
    table: list[dict[str, Any]], columns: Mapping[str, int], defaults: Mapping[str, str]
) -> Iterator[ContactRow]:
    for row in table:
        said = {name: str(row.get(f"c{place}") or "").strip() for name, place in columns.items()}
        account, name = said.pop("account"), said.pop("name")
        fields: dict[str, Any] = {**said}
        for day in DAYS:
            fields[day] = _day(said.get(day, ""))
        for code, default in defaults.items():
            fields[code] = fields.get(code) or default
        yield ContactRow(place=row["file_row"], account=account, name=name, fields=fields)


def _day(text: str) -> date | None:
    """A day as files write it; what cannot be read says nothing."""
    for form in ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y-%m-%d %H:%M:%S"):
        try:
            return datetime.strptime(text, form).date()
        except ValueError:
            continue
    return None


def _hand_back(staged: Staged, table: list[dict[str, Any]], entered: Entered, to: Path) -> None:
    width = len(staged.header)
    rows = (
        FaultyRow(
            row["file_row"], tuple(row.get(f"c{n}") for n in range(width)), entered.refused[row["file_row"]]
        )
        for row in table
        if row["file_row"] in entered.refused
    )
    write_same_format(like=staged, rows=rows, to=to)


@transaction.atomic
def tell_subject(*, by: Principal, pk: int) -> dict[str, Any]:
    """Everything held about person ``pk``, for the person; the asking is logged."""
    told = all_about(by, person_or_refused(pk))
    log_read(by=by, what="all about a person", subject=("person", pk), posts=len(told["posts"]))
    return told


def forget_person(*, by: Principal, pk: int, because: str) -> None:
    """Nothing says any more who it was, here and in whatever older backup is restored here."""
    erase_person(by=by, pk=pk, because=because)
    write_erasures()


def write_erasures() -> None:
    """Who was forgotten, as numbers, beside the secrets."""
    said = [
        {"person": each.person_id, "made": each.person.created_at.isoformat(), "because": each.because}
        for each in erased_persons()
    ]
    folder: DataFolder = settings.FOLDER
    folder.secret("audit_key")
    replace_text(folder.path / "secrets" / ERASURES, json.dumps(said, ensure_ascii=False, indent=1))


def forget_again() -> int:
    """After a restore: those who were forgotten since the backup are forgotten in it too; how many."""
    file = settings.FOLDER.path / "secrets" / ERASURES
    if not file.is_file():
        return 0
    known = {each.person_id for each in erased_persons()}
    by, again = operator(because="restore"), 0
    for said in json.loads(file.read_text(encoding="utf-8")):
        if said["person"] in known:
            continue
        try:
            person = person_or_refused(said["person"])
        except Refused:
            continue
        # another person may bear the number, when the backup is older than the person was
        if person.created_at.isoformat() == said["made"]:
            erase_person(by=by, pk=person.pk, because=said["because"])
            again += 1
    return again
