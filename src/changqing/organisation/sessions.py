"""Where sessions are kept: a table that also knows whose they are, so that they can be listed and ended."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.apps import apps
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from changqing.base.compiled import WORD, Compiled

# What the door notes in a session: began, seen and ends as seconds, address, agent.
ENTRY = "entry"


def _by_key(key: str) -> QuerySet[Any]:
    """A session comes with who is signed in and their department: every page asks for all three."""
    sessions: Any = apps.get_model("changqing", "SignedInSession")
    found: QuerySet[Any] = sessions.objects.filter(session_key=key).select_related("user__department")
    return found


BY_KEY = Compiled(_by_key, WORD)


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
        found = next(iter(BY_KEY(self.session_key or "")), None)
        self._row = found if found and found.expire_date > timezone.now() else None
        if self._row is None:
            self._session_key = None
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
