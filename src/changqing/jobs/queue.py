"""The queue's tasks; journeys enqueue them by name."""

from __future__ import annotations

import procrastinate


def on_app_ready(app: procrastinate.App) -> None:
    """Django's application registry is ready: tasks may be defined."""
