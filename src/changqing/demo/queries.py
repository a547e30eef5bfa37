"""What has been told of the demo into this book, read from its audit."""

from __future__ import annotations

from typing import Any

from changqing.ledger.models import Import
from changqing.people.models import User
from changqing.records.models import AuditLine

SUBJECT = "demo"


def steps_told() -> dict[str, dict[str, Any]]:
    """The steps of the story already told, with what was noted of each."""
    lines = AuditLine.objects.filter(subject_kind=SUBJECT, verb="tell")
    return dict(lines.values_list("subject_key", "details"))


def is_told() -> bool:
    """Whether nothing is to be told: all of it was, or somebody has begun to work here."""
    steps = steps_told()
    return "end" in steps or (not steps and is_in_use())


def is_in_use() -> bool:
    """Whether somebody has begun to work in this book: it has users or files."""
    return User.objects.exists() or Import.objects.exists()
