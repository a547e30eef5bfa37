"""A list of contacts comes in: tried, entered, and what is refused handed back, or mended row by row.

Nothing of the file is kept beside the posts it makes: what stands in a refused row is somebody's data too.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from changqing.base.refused import Refused
from changqing.base.tables import BadRow, FaultyRow, Staged, stage, write_same_format
from changqing.contacts.actions import DAYS, ContactRow, Entered, enter_contacts
from changqing.contacts.queries import contact_method
from changqing.contacts.rules import columns_of
from changqing.ledger.segments import scratch
from changqing.people.permissions import Principal, check_may

Said = Mapping[str, str]
# Rows that are in memory at a time, and refused rows that are told one by one; all of them are handed back.
READ_AT_ONCE, MOST_SENT_BACK = 5_000, 1_000


@dataclass(frozen=True)
class SentBack:
    """A row that was refused: what it said by field, why, and the field at fault where it is one."""

    place: int
    said: Said
    reason: str
    field: str


@dataclass(frozen=True)
class ContactsTold:
    """What a list did or, on trial, would do. ``sent_back``: the first rows that were refused. ``bad``: the
    first of ``bad_count`` pieces of the file that are no rows."""

    entered: Entered
    sent_back: Sequence[SentBack]
    bad: Sequence[BadRow] = ()
    bad_count: int = 0
    left_out: Sequence[str] = ()

    @property
    def refused(self) -> int:
        return len(self.entered.refused) + self.bad_count


def bring_in_contacts(
    *, by: Principal, path: Path, defaults: Said, refused_to: Path | None = None, is_trial: bool = False
) -> ContactsTold:
    """The rows of a CSV or XLSX file; on trial nothing is written but the file of refused rows.

    ``defaults`` are the ground, purpose and source for rows that do not say. Refused rows are written to
    ``refused_to`` with row and reason, in the format they came in.
    """
    check_may(by, "edit accounts")
    if refused_to is not None and refused_to.exists():
        raise Refused(_("%(file)s 已经存在，没有覆盖。请换一个文件名。") % {"file": refused_to})
    with tempfile.TemporaryDirectory(prefix="contacts-", dir=scratch()) as folder:
        staged = stage(path, into=Path(folder), called=path.name)
        columns = _columns(staged, path.name)
        entered = _enter(by, _all_said(staged, columns), defaults, is_trial=is_trial)
        told = ContactsTold(
            entered,
            _sent_back(_all_said(staged, columns), entered),
            staged.bad_rows,
            staged.bad_row_count,
            _left_out(staged.header),
        )
        if told.refused and refused_to is not None:
            write_same_format(like=staged, rows=_handed_back(staged, told), to=refused_to)
    return told


def bring_in_mended(*, by: Principal, rows: Mapping[int, Said], defaults: Said) -> ContactsTold:
    """Rows that were refused, by their place, as they were mended on the page."""
    check_may(by, "edit accounts")
    entered = _enter(by, rows.items(), defaults, is_trial=False)
    return ContactsTold(entered, _sent_back(rows.items(), entered))


def _columns(staged: Staged, name: str) -> dict[str, int]:
    columns = columns_of(staged.header)
    if missing := {"account", "name"} - set(columns):
        wanted = {"account": _("客户编码"), "name": _("姓名")}
        raise Refused(
            _("%(file)s 里没有这些列：%(columns)s。没有导入。")
            % {"file": name, "columns": "、".join(wanted[name] for name in sorted(missing))}
        )
    return columns


def _left_out(header: Iterable[str]) -> list[str]:
    method = contact_method()
    return [name for name in header if method.unwanted(name)]


def _table(staged: Staged) -> Iterator[dict[str, Any]]:
    """The rows of the file, a part of them in memory at a time."""
    with pq.ParquetFile(staged.path) as file:
        for part in file.iter_batches(batch_size=READ_AT_ONCE):
            yield from part.to_pylist()


def _all_said(staged: Staged, columns: Mapping[str, int]) -> Iterator[tuple[int, Said]]:
    return ((row["file_row"], _said(row, columns)) for row in _table(staged))


def _said(row: Mapping[str, Any], columns: Mapping[str, int]) -> dict[str, str]:
    return {name: str(row.get(f"c{place}") or "").strip() for name, place in columns.items()}


@transaction.atomic
def _enter(by: Principal, said: Iterable[tuple[int, Said]], defaults: Said, *, is_trial: bool) -> Entered:
    entered = enter_contacts(by=by, rows=_rows(said, defaults), today=timezone.localdate())
    if is_trial:
        transaction.set_rollback(True)
        entered.deed = None
    return entered


def _rows(said: Iterable[tuple[int, Said]], defaults: Said) -> Iterator[ContactRow]:
    for place, cells in said:
        fields: dict[str, Any] = {
            name: text for name, text in cells.items() if name not in ("account", "name")
        }
        for name in DAYS:
            fields[name] = _day(cells.get(name, ""))
        for code, default in defaults.items():
            fields[code] = fields.get(code) or default
        yield ContactRow(
            place=place, account=cells.get("account", ""), name=cells.get("name", ""), fields=fields
        )


def _day(text: str) -> date | str | None:
    """A day as files write it; the text itself where it is none, to be refused with its row."""
    for form in ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y-%m-%d %H:%M:%S"):
        try:
            return datetime.strptime(text, form).date()
        except ValueError:
            continue
    return text or None


def _sent_back(said: Iterable[tuple[int, Said]], entered: Entered) -> list[SentBack]:
    """The first rows that were refused, in the order of their places."""
    refused = entered.refused
    if not refused:
        return []
    first = dict(islice(_only(said, refused), MOST_SENT_BACK))
    return [
        SentBack(place, first[place], refused[place].sentence, refused[place].field)
        for place in sorted(first)
    ]


def _only(said: Iterable[tuple[int, Said]], refused: Mapping[int, Refused]) -> Iterator[tuple[int, Said]]:
    return ((place, cells) for place, cells in said if place in refused)


def _handed_back(staged: Staged, told: ContactsTold) -> Iterator[FaultyRow | BadRow]:
    width = len(staged.header)
    for row in _table(staged):
        if refused := told.entered.refused.get(row["file_row"]):
            cells = tuple(row.get(f"c{n}") for n in range(width))
            yield FaultyRow(row["file_row"], cells, refused.sentence)
    yield from told.bad
