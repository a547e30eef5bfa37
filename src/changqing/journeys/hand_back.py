"""Refused rows go back to the person who sent them, as a file of the format they came in."""

from __future__ import annotations

from pathlib import Path

from django.utils.translation import gettext as _

from changqing.base.refused import Refused
from changqing.base.tables import BadRow, FaultyRow, write_same_format
from changqing.ledger import drafts
from changqing.ledger.intake import refused_rows_of, shape_of, shape_of_survey, worded_rows
from changqing.ledger.queries import import_with_id
from changqing.people.permissions import Principal


def hand_back(*, by: Principal, pk: int, to: Path) -> int:
    """Write the refused rows of import ``pk`` to ``to``; how many. Mended, the file comes in as it is."""
    entry = import_with_id(by, pk)
    if entry is None:
        raise Refused(_("没有标识为 %(id)s 的导入。") % {"id": pk})
    rows = list(refused_rows_of(entry))
    if not rows:
        raise Refused(_("导入 %(id)s 没有退回的行。") % {"id": pk})
    return write_same_format(like=shape_of(entry), rows=rows, to=to)


def hand_back_draft(*, by: Principal, pk: int, to: Path) -> int:
    """Write the rows that the draft ``pk`` would have refused to ``to``; how many."""
    draft = drafts.draft_with_id(by, pk)
    path = drafts.folder_of(draft) / "refused.parquet" if draft else None
    rows: list[FaultyRow | BadRow] = []
    if draft and path and path.is_file():
        rows += worded_rows(str(path))
    if draft and draft.survey:
        rows += [BadRow(*told) for told in draft.survey["bad_rows"]]
    if not draft or not rows:
        raise Refused(_("这份文件没有退回的行。"))
    return write_same_format(like=shape_of_survey(draft.survey), rows=rows, to=to)
