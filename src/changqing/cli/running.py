"""Starting and stopping what runs for a book, and telling the demo."""

from __future__ import annotations

import json
from argparse import Namespace
from dataclasses import asdict

from changqing.cli.book import opened, principal
from changqing.cli.words import gettext as _
from changqing.machine.environment import env_int
from changqing.machine.folder import DataFolder

PORT = 8000


def up(words: Namespace) -> int:
    """Everything a book needs, until told to stop."""
    from changqing.machine import supervisor

    folder = DataFolder.from_environment()
    port = words.port or env_int("PORT", PORT, least=1, most=65_534)
    if words.only_demo:
        return supervisor.up_demo(folder=folder, port=port)
    return supervisor.up(folder=folder, port=port, demo=not words.no_demo)


def stop(words: Namespace) -> int:
    from changqing.machine import supervisor

    was_running = supervisor.stop(DataFolder.from_environment())
    print(_("已停止。") if was_running else _("没有在运行。"))
    return 0


def status(words: Namespace) -> int:
    """What runs; exit code 1 when nothing does."""
    from changqing.machine.status import status as look

    found = look(DataFolder.from_environment())
    if words.json:
        print(json.dumps(asdict(found), ensure_ascii=False, indent=2))
        return 0 if found.running else 1
    print(_("正在运行：%(address)s") % {"address": found.address} if found.running else _("没有在运行。"))
    for told in (found.addresses, found.pids, found.versions):
        for name, value in told.items():
            print(f"{name:>20}  {value}")
    return 0 if found.running else 1


def prepare(words: Namespace) -> int:
    """Tables, methods and the pages' files, and whether the book still needs its first user."""
    with opened():
        from changqing.people.queries import has_users
        from changqing.web.collecting import collect_if_stale

        collect_if_stale()
        folder = DataFolder.from_environment()
        folder.write_state(users=int(has_users()))
    return 0


def is_prepared() -> bool:
    """Whether this book, or this demo, can be served as it is; then the rest of ``prepare`` is done too.

    Asked by the web server, which needs all of this in its memory anyway. Nothing stays connected.
    """
    with opened(prepare=False):
        from django.conf import settings

        from changqing.demo.queries import is_told
        from changqing.journeys.prepare_book import is_prepared
        from changqing.people.queries import has_users
        from changqing.web.collecting import collect_if_stale

        if not is_prepared() or (settings.BOOK == "demo" and not is_told()):
            return False
        collect_if_stale()
        DataFolder.from_environment().write_state(users=int(has_users()))
    return True


def worker(words: Namespace) -> int:
    with opened():
        from changqing.jobs.queue import run_worker

        run_worker()
    return 0


def demo(words: Namespace) -> int:
    """The story, or with ``--accounts`` a large book of the same shape."""
    with opened():
        by = principal(words)
        if words.accounts:
            from changqing.demo.large import tell_large

            tell_large(by=by, accounts=words.accounts, lines=words.lines, seed=words.seed)
        else:
            from changqing.demo.story import tell

            tell(by=by, seed=words.seed, is_quiet_when_told=words.if_empty)
    return 0
