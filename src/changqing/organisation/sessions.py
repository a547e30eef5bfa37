"""Where sessions are kept: a table that also knows whose they are, so that they can be listed and ended."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.apps import apps
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.base_session import BaseSessionManager
from django.db.models import QuerySet
from django.utils.crypto import constant_time_compare

# What the door notes in a session: began, seen and ends as seconds, address, agent.
ENTRY = "entry"


class WithTheirOwners(BaseSessionManager):
    """A session comes with who is signed in and their department: every page asks for all three."""

    def get_queryset(self) -> QuerySet[Any]:
        return super().get_queryset().select_related("user__department")


class SessionStore(DatabaseStore):
    _row: Any = None

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

    def _get_session_from_db(self) -> Any:
        self._row = super()._get_session_from_db()  # type: ignore[misc]
        return self._row

    def owner(self) -> Any:
        """Who is signed in, as read with the session; None where anything about it is to be asked of
        Django: nobody, somebody else by now, deactivated, a password or secret changed since."""
        signed_in, user = self.get(SESSION_KEY), self._row and self._row.user
        if not user or signed_in != str(user.pk) or not user.is_active:
            return None
        is_theirs = constant_time_compare(self.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash())
        return user if is_theirs else None


def _instant(seconds: float | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
