"""Where sessions are kept: a table that also knows whose they are, so that they can be listed and ended."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.apps import apps
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

# What the door notes in a session: began, seen and ends as seconds, address, agent.
ENTRY = "entry"


class SessionStore(DatabaseStore):
    @classmethod
    def get_model_class(cls) -> Any:
        return apps.get_model("changqing", "SignedInSession")

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        row: Any = super().create_model_instance(data)
        user, entry = data.get(SESSION_KEY), data.get(ENTRY) or {}
        row.user_id = int(user) if user else None
        row.address = str(entry.get("address", ""))[:60]
        row.agent = str(entry.get("agent", ""))[:300]
        row.began_at = _instant(entry.get("began"))
        row.seen_at = _instant(entry.get("seen"))
        return row


def _instant(seconds: float | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
