"""Persons are told what is held about them, and are forgotten when they ask."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.db import transaction

from changqing.base.refused import Refused
from changqing.contacts.actions import erase_person
from changqing.contacts.queries import all_about, erased_persons, person_or_refused
from changqing.machine.folder import DataFolder, replace_text
from changqing.people.permissions import Principal, operator
from changqing.records.actions import log_read

# Beside the secrets, so that it outlives the database: a backup from before remembers who has been forgotten.
ERASURES = "erasures.json"


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
