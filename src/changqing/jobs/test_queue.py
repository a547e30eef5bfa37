"""No job stays with a worker that does not know of it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.jobs import Job
from procrastinate.worker import Worker

from changqing.jobs import queue
from changqing.jobs.queue import Hands
from changqing.journeys.import_ledger import hand_in, run
from changqing.journeys.try_import import hand_over, look
from changqing.ledger.actions import MOST_DEATHS
from changqing.ledger.models import Import, ImportDraft
from changqing.machine.roll import Roll
from changqing.people.models import User
from changqing.people.permissions import Operator


def job(pk: int) -> Job:
    return Job(id=pk, queue="imports", lock="book", queueing_lock=None, task_name="book:bring_in")


def waited(promised: Coroutine[Any, Any, Any]) -> Any:
    """In a thread of its own: a browser test before may have left a loop running in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, promised).result()


def test_a_job_at_hand_is_never_forgotten_and_one_that_is_not_only_when_missed_twice() -> None:
    hands = Hands()
    seen: list[list[int | None]] = []

    async def at_work() -> str:
        for _ in range(3):
            seen.append([found.id for found in hands.forgotten([job(1), job(2)])])
        return "done"

    context = JobContext(app=app, start_timestamp=0.0, abort_reason=lambda: None, job=job(1))
    assert waited(hands.hold(at_work, context, Worker(app=app))) == "done"
    assert seen == [[], [2], [2]]
    assert hands.forgotten([job(1)]) == []
    assert [found.id for found in hands.forgotten([job(1)])] == [1]


async def _states_at_each_look(roll: Path, *, is_killed: bool) -> list[list[str]]:
    """Of two workers with a job each the first, which is at none, looks twice; the second may be killed."""
    states: list[list[str]] = []
    connector: Any = app.connector
    with app.replace_connector(connector.get_worker_connector()) as worker_app:
        async with worker_app.open_async():
            manager = worker_app.job_manager
            ours, theirs = await manager.register_worker(), await manager.register_worker()
            if is_killed:
                roll.mkdir()
                (roll / str(theirs)).touch()
            pks = [await worker_app.configure_task("book:bring_in").defer_async(entry=n) for n in (1, 2)]
            for worker, pk in zip((ours, theirs), pks, strict=True):
                # of two with the same lock only one may be done at a time
                await worker_app.connector.execute_query_async(
                    "UPDATE procrastinate_jobs SET status = 'doing', worker_id = %(worker)s, lock = NULL"
                    " WHERE id = %(pk)s", worker=worker, pk=pk,
                )  # fmt: skip
            me = Job(id=0, queue="care", lock=None, queueing_lock=None, task_name="take_over", worker_id=ours)
            context = JobContext(app=worker_app, start_timestamp=0.0, abort_reason=lambda: None, job=me)
            for _ in range(2):
                await queue.take_over(context, 0)
                jobs = [list(await manager.list_jobs_async(id=pk)) for pk in pks]
                states.append([str(found.status) for rows in jobs for found in rows])
    return states


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("is_killed", "states"),
    [(False, [["doing", "doing"], ["todo", "doing"]]), (True, [["doing", "todo"], ["todo", "todo"]])],
)
def test_what_a_lost_connection_or_a_killed_worker_left_is_done_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, is_killed: bool, states: list[list[str]]
) -> None:
    """PostgreSQL died when the worker was to say how an import ended: another worker's job stays, unless that
    one was killed, however lately it said that it lives."""
    monkeypatch.setattr(queue, "_hands", Hands())
    monkeypatch.setattr(queue, "_roll", Roll(tmp_path / "workers"))
    before = ProcrastinateJob.objects.count()
    assert waited(_states_at_each_look(tmp_path / "workers", is_killed=is_killed)) == states
    assert ProcrastinateJob.objects.count() == before + 2
    assert Roll(tmp_path / "workers").dead() == []


@pytest.mark.django_db(transaction=True)
def test_whatever_waits_without_a_job_gets_one(book: None, by: Operator, tmp_path: Path) -> None:
    """A job is gone, or the page that looked at a small draft itself was killed: each gets one job, once."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    file = tmp_path / "x.csv"
    file.write_text("订单号,日期,客户,金额\nX1,2024-05-30,金陵,100\n", "utf-8")
    entry = hand_in(by=by, kind="orders", path=file)
    yun = User.objects.create_user("yun", None, full_name="韩云", role="operator")
    draft = hand_over(by=yun, path=file, called="x.csv")
    ImportDraft.objects.filter(pk=draft.pk).update(
        state="waiting", handed_at=timezone.now() - timedelta(minutes=1)
    )

    def told() -> list[tuple[str, Any]]:
        jobs = ProcrastinateJob.objects.filter(status="todo").order_by("task_name")
        return list(jobs.values_list("task_name", "args"))

    queue._hand_on()
    both = [("book:bring_in", {"entry": entry.pk}), ("book:look_at_draft", {"draft": draft.pk})]
    assert told() == both
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    for _ in range(2):
        queue._hand_on()
    assert told() == both
    run(entry.pk)
    look(draft.pk)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    queue._hand_on()
    assert told() == []


@pytest.mark.django_db(transaction=True)
def test_a_file_that_ends_the_process_each_time_is_given_up_in_a_sentence(
    book: None, by: Operator, tmp_path: Path
) -> None:
    file = tmp_path / "x.csv"
    file.write_text("订单号,日期,客户,金额\nX1,2024-05-30,金陵,100\n", "utf-8")
    yun = User.objects.create_user("yun", None, full_name="韩云", role="operator")
    entry, draft = hand_in(by=by, kind="orders", path=file), hand_over(by=yun, path=file, called="x.csv")
    for tries, fates in ((MOST_DEATHS, ("failed", "failed")), (MOST_DEATHS - 1, ("in_force", "tried"))):
        Import.objects.filter(pk=entry.pk).update(tries=tries, state="running", error="")
        ImportDraft.objects.filter(pk=draft.pk).update(tries=tries, state="waiting", error="")
        run(entry.pk)
        look(draft.pk)
        entry.refresh_from_db()
        draft.refresh_from_db()
        assert (entry.state, draft.state) == fates
        gave_up = "这个文件几次使程序中断，已停止再试。账本没有改动，原文件已保留。"
        assert {entry.error, draft.error} == {gave_up if fates[0] == "failed" else ""}
