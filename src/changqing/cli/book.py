"""The book a command works on: its server leased, its tables ready, its principal named."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from changqing.cli.words import gettext as _
from changqing.machine.folder import DataFolder
from changqing.machine.postgres import Postgres
from changqing.machine.speech import console_language

if TYPE_CHECKING:
    from changqing.people.permissions import Principal


@contextmanager
def opened(*, prepare: bool = True) -> Iterator[None]:
    """Django on the book of this environment; its embedded server runs for as long as somebody needs it."""
    folder = DataFolder.from_environment()
    folder.create()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "changqing.settings")
    with nullcontext() if os.environ.get("DATABASE_URL") else Postgres(folder).lease():
        import django
        from django.apps import apps
        from django.db import connections
        from django.utils import translation

        is_guest = apps.ready
        if not is_guest:
            django.setup()
        language = "zh-hans" if console_language() == "zh" else "en"
        with translation.override(language):
            try:
                if prepare:
                    from changqing.journeys.prepare_book import prepare_book

                    prepare_book()
                from changqing.base.history import acting

                with acting(door="cli", principal="operator", because="the command line"):
                    yield
            finally:
                if not is_guest:
                    for connection in connections.all(initialized_only=True):
                        connection.close()
                        connection.close_pool()  # type: ignore[attr-defined]


def principal(words: Namespace) -> Principal:
    """Who acts: the operator of the machine, or with ``--as`` that user."""
    from changqing.base.refused import Refused
    from changqing.people.permissions import operator
    from changqing.people.queries import user_named
    from changqing.records.actions import acts_as

    who = user_named(words.user) if words.user else operator(because="the command line")
    if not getattr(who, "is_active", True):
        raise Refused(_("用户 %(name)s 已停用，不能以其身份执行。") % {"name": words.user})
    acts_as(by=who)
    return who
