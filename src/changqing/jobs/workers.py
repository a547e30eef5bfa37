"""Whether somebody works."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateWorker

from changqing.jobs.queue import DEAD_AFTER_SECONDS


def a_worker_lives() -> bool:
    """Whether a worker has told lately that it lives."""
    since = timezone.now() - timedelta(seconds=DEAD_AFTER_SECONDS)
    return ProcrastinateWorker.objects.filter(last_heartbeat__gte=since).exists()
