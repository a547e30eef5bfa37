"""The queue's tasks. Journeys enqueue them by name; a task is one call of a journey and safe to run twice."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Any

import procrastinate
from django.conf import settings
from django.db import close_old_connections
from procrastinate.contrib.django import app as django_queue
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.jobs import Job
from procrastinate.worker import Worker

from changqing.base.history import acting
from changqing.jobs.workers import DEAD_AFTER_SECONDS, without_a_job
from changqing.journeys import back_test, change_method, import_ledger, score_book, try_import
from changqing.journeys.watch_inbox import watch
from changqing.ledger.drafts import drafts_left_waiting
from changqing.ledger.queries import imports_under_way
from changqing.machine.roll import Roll
from changqing.records.actions import seal_audit

# A worker says that it lives this often; one silent three times over is dead.
HEARTBEAT_SECONDS = 2.0
# How often an import may fail is the journey's to say; the queue only comes back until it has said so.
TRIES = procrastinate.RetryStrategy(max_attempts=500, wait=2)

log = logging.getLogger(__name__)
tasks = procrastinate.Blueprint()


def on_app_ready(app: procrastinate.App) -> None:
    """Django's application registry is ready: tell the queue its tasks."""
    app.add_tasks_from(tasks, namespace="book")


@tasks.task(name="bring_in", queue="imports", lock="book", retry=TRIES)
def bring_in(entry: int) -> None:
    """Bring a file that was handed in into the book."""
    _in_its_own_connection(import_ledger.run, entry)


@tasks.task(name="look_at_draft", queue="imports", retry=TRIES)
def look_at_draft(draft: int) -> None:
    """Find out what a file that was handed over holds and would do; it waits for no import."""
    _in_its_own_connection(try_import.look, draft)


@tasks.task(name="switch_import", queue="imports", lock="book", retry=TRIES)
def switch_import(number: int, to: str, by: int | None) -> None:
    """Undo or redo an import that a person asked for in a page."""
    _in_its_own_connection(import_ledger.switch, number, to, by)


@tasks.task(name="follow_method", queue="imports", lock="book", retry=3)
def follow_method(pack: str) -> None:
    """Let every account follow a method that was published in a page."""
    _in_its_own_connection(change_method.follow, pack)


@tasks.task(name="judge", queue="imports", lock="book", retry=3)
def judge() -> None:
    """A large book that an import ranked is fitted and scored, unless whoever brought it in has done so."""
    _in_its_own_connection(score_book.judge_what_is_owed)


@tasks.task(name="back_test", queue="imports", queueing_lock="back_test", retry=3)
def back_test_asked(asked: int) -> None:
    """Ask the book what it would have said on a day; it changes nothing, so it waits for no import."""
    _in_its_own_connection(back_test.run, asked)


@tasks.periodic(cron="* * * * * */5")
@tasks.task(name="watch_inbox", queue="imports", queueing_lock="watch_inbox")
def watch_inbox(timestamp: int) -> None:
    """Look at the watched folder, where one is set."""
    if settings.INBOX is not None:
        _in_its_own_connection(watch)


# seconds stand last
@tasks.periodic(cron="* * * * * */5")
@tasks.task(name="take_over", queue="care", queueing_lock="take_over", pass_context=True)
async def take_over(context: procrastinate.JobContext, timestamp: int) -> None:
    """Hand on the jobs of workers that died, and those whose start or end a lost connection swallowed."""
    manager = context.app.job_manager
    for worker in _roll.dead():
        # a job whose worker is on the queue's list no more is a stalled one
        await manager.unregister_worker(worker)
        _roll.strike(worker)
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=DEAD_AFTER_SECONDS):
        log.warning("job %s (%s) lost its worker; it starts again", job.id, job.task_name)
        await manager.retry_job(job)
    given = await manager.list_jobs_async(status="doing", worker_id=context.job.worker_id)
    for job in _hands.forgotten(given):
        log.warning("job %s (%s) was lost with a connection; it starts again", job.id, job.task_name)
        await manager.retry_job(job)


@tasks.periodic(cron="* * * * * */5")
@tasks.task(name="hand_on", queue="care", queueing_lock="hand_on")
def hand_on(timestamp: int) -> None:
    """Give a job to whatever waits and has none: its own was lost, or the process that was at it died."""
    _in_its_own_connection(_hand_on)


def _hand_on() -> None:
    for task, name, pks in (
        ("book:bring_in", "entry", imports_under_way()),
        ("book:look_at_draft", "draft", drafts_left_waiting()),
    ):
        for pk in without_a_job(task, name, pks):
            log.warning("%s %s had no job; it gets one", name, pk)
            django_queue.configure_task(task).defer(**{name: pk})


class Hands:
    """The jobs this process is at.

    PostgreSQL may die after it gave this worker a job and before the worker hears of it, or before the
    worker can say how the job ended. The queue then believes for good that a living worker is at it, and
    what waits for the same lock waits with it.
    """

    def __init__(self) -> None:
        self._held: set[int | None] = set()
        self._missed: set[int | None] = set()

    async def hold(
        self, call_next: Callable[[], Awaitable[Any]], context: procrastinate.JobContext, worker: Worker
    ) -> Any:
        """Around each job, from its start to its end."""
        if worker.worker_id is not None:
            _roll.enter(worker.worker_id)
        self._held.add(context.job.id)
        try:
            return await call_next()
        finally:
            self._held.discard(context.job.id)

    def forgotten(self, given: Iterable[Job]) -> list[Job]:
        """Of the jobs ``given`` to this worker those it is not at, missed at the last look too: between two
        looks an end that was only late has been said."""
        missed = [job for job in given if job.id not in self._held]
        twice = [job for job in missed if job.id in self._missed]
        self._missed = {job.id for job in missed}
        return twice


_hands = Hands()
_roll = Roll(settings.FOLDER.run / "workers")


@tasks.periodic(cron="0 3 * * *")
@tasks.task(name="score_nightly", queue="imports", lock="book", queueing_lock="score_nightly", retry=3)
def score_nightly(timestamp: int) -> None:
    """Move every account's figures to the book's last day; once a month fit the book anew."""
    _in_its_own_connection(score_book.nightly)


@tasks.periodic(cron="* * * * * */5")
@tasks.task(name="seal_audit", queue="care", queueing_lock="seal_audit")
def seal(timestamp: int) -> None:
    """Chain the audit lines of the last seconds."""
    _in_its_own_connection(seal_audit)


def run_worker() -> None:
    """Work until told to stop; an import, a look at a file, and the care of dead workers side by side."""
    from procrastinate.contrib.django import app

    with suppress(AlreadyEnqueued):
        # what a worker left that died a moment ago does not wait for the next look
        app.configure_task("book:take_over", queueing_lock="take_over").defer(timestamp=int(time.time()))
    connector: Any = app.connector
    with app.replace_connector(connector.get_worker_connector()) as worker_app:
        worker_app.run_worker(
            concurrency=3,
            fetch_job_polling_interval=1.0,
            update_heartbeat_interval=HEARTBEAT_SECONDS,
            stalled_worker_timeout=DEAD_AFTER_SECONDS,
            shutdown_graceful_timeout=3.0,
            delete_jobs="successful",
            worker_middleware=[_hands.hold],
        )


def _in_its_own_connection(journey: Callable[..., object], *values: Any) -> None:
    close_old_connections()
    try:
        with acting(door="queue", principal="operator", because="the queue"):
            journey(*values)
    finally:
        close_old_connections()
