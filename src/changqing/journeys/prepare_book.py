"""A book is made ready: its tables as this version wants them, the shipped methods in force."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.utils.translation import gettext as _

from changqing.base.packs import Method, digest_of, parse, shipped
from changqing.base.refused import Refused
from changqing.contacts.rules import ContactMethod
from changqing.dossier.rules.facts import ArchiveMethod
from changqing.journeys.rank_book import rank_book
from changqing.ledger.dues import PACKS as OF_LEDGER
from changqing.ledger.receivables import refresh_missing_receivables
from changqing.ledger.rollups import refresh_flows_before_openings
from changqing.ledger.self_told import PACKS as OF_BOOK
from changqing.people.permissions import operator
from changqing.records.actions import ship_method
from changqing.records.queries import methods_known
from changqing.retention.queries import PACKS as OF_WARNINGS
from changqing.value.queries import ranked_in
from changqing.value.queries.methods import PACKS as OF_VALUE
from changqing.value.queries.places import ranks_are_missing

SHIPPED: dict[str, type[Method]] = {
    **OF_VALUE,
    **OF_WARNINGS,
    **OF_LEDGER,
    **OF_BOOK,
    "contacts": ContactMethod,
    "archive": ArchiveMethod,
}
# Several processes of one start may find the same empty database.
PREPARE_LOCK = 0x0C4A_9002


def is_prepared() -> bool:
    """Whether ``prepare_book`` would find nothing to do nor to refuse, in a handful of queries."""
    return (
        _tables_are_current()
        and ranked_in() in (None, "", settings.BOOK_CURRENCY)
        and methods_known() >= set(_digests().items())
        and not ranks_are_missing()
    )


def prepare_book() -> bool:
    """Migrate and ship what is missing; whether anything was. Refused of a book in another currency."""
    is_new = not _tables_are_current()
    if is_new:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [PREPARE_LOCK])
            try:
                call_command("migrate", verbosity=0, interactive=False)
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [PREPARE_LOCK])
    _same_currency()
    known = methods_known()
    for name, digest in _digests().items():
        if (name, digest) not in known:
            text = shipped(name)
            ship_method(pack=name, text=text, digest=parse(name, text, SHIPPED[name]).digest)
            is_new = True
    if is_new:
        refresh_missing_receivables()
        refresh_flows_before_openings()
    if ranks_are_missing():
        rank_book(by=operator(because="a book of an older version"))
    return is_new


def _same_currency() -> None:
    """A line without a currency is in the book's own: under another name every sum would be another."""
    was, now = ranked_in(), settings.BOOK_CURRENCY
    if was and was != now:
        raise Refused(
            _(
                "账本按 %(was)s 记了账，启动时却说 CHANGQING_CURRENCY=%(now)s。什么都没有改动。"
                "请把它改回 %(was)s 再启动；要用 %(now)s 记账，请用新的数据目录。"
            )
            % {"was": was, "now": now}
        )


@cache
def _digests() -> dict[str, str]:
    """The digest of what each shipped pack says, read once in a process."""
    return {name: digest_of(name, shipped(name)) for name in SHIPPED}


def _tables_are_current() -> bool:
    """Whether every migration on disk is applied, in two queries and without reading one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('django_migrations') IS NOT NULL")
        if not cursor.fetchone()[0]:
            return False
        cursor.execute("SELECT app, name FROM django_migrations")
        applied = set(cursor.fetchall())
    return set(_migrations_on_disk()) <= applied


def _migrations_on_disk() -> Iterator[tuple[str, str]]:
    """App and name of each migration; Django knows them by the same rule, and reads all to know them."""
    for app in apps.get_app_configs():
        folder, _is_named = MigrationLoader.migrations_module(app.label)
        found = find_spec(folder) if folder else None
        # a single module of that name has none, and ``iter_modules(None)`` would be all there is
        for module in pkgutil.iter_modules((found and found.submodule_search_locations) or []):
            if not module.ispkg and module.name[0] not in "_~":
                yield app.label, module.name
