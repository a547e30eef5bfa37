"""Refused rows go back to the person who sent them, as a file of the format they came in."""

from __future__ import annotations

from pathlib import Path

from django.utils.translation import gettext as _

from changqing.base.refused import Refused
from changqing.base.tables import write_same_format
from changqing.ledger.intake import refused_rows_of, shape_of
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
