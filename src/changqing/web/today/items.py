"""One warning as a row that opens to its evidence and its keys, on Today and on the account's page."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.urls import reverse

from changqing.retention.queries import AccountWarning
from changqing.web.today import words


def item(
    row: AccountWarning, *, today: date, currency: str, rank: int, is_open: bool, answer_url: str = ""
) -> dict[str, Any]:
    due, is_due = words.due(row, today)
    stake = getattr(row, "stake", None)
    evidence = {}
    if is_open:
        evidence = {"unusual": words.how_unusual(row), "chance_arithmetic": words.chance_arithmetic(row)}
    return evidence | {
        "row": row,
        "do_id": f"do-{row.pk}",
        "unreal_id": f"unreal-{row.pk}",
        "answer_url": answer_url or reverse("answer_warning", args=[row.pk]),
        "rank": rank,
        "cause": row.get_cause_display(),
        "icon": words.ICONS[row.cause],
        "sentence": words.sentence(row),
        "move": words.next_move(row),
        "stake": words.money(stake, currency),
        "stake_arithmetic": words.stake_arithmetic(row, currency) if stake is not None else None,
        "due": due,
        "is_due": is_due,
        "is_open": is_open,
        "is_promise": row.state == "answered",
        "is_unreal": row.state == "unreal",
    }
