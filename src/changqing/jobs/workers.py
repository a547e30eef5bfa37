"""Whether somebody works, and what nobody is at."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob, ProcrastinateWorker

# A worker silent for so long is dead and its work is handed on.
DEAD_AFTER_SECONDS = 6.0


def a_worker_lives() -> bool:
    """Whether a worker has told lately that it lives."""
    since = timezone.now() - timedelta(seconds=DEAD_AFTER_SECONDS)
    return ProcrastinateWorker.objects.filter(last_heartbeat__gte=since).exists()


def without_a_job(task: str, name: str, pks: Collection[int]) -> list[int]:
    """Of ``pks`` those for which no job of ``task`` waits or runs; its argument ``name`` bears them."""
    if not pks:
        return []
    jobs = ProcrastinateJob.objects.filter(task_name=task, status__in=("todo", "doing"))
    known = set(jobs.values_list(f"args__{name}", flat=True))
    return sorted(set(pks) - known)
