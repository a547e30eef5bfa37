"""What is dear to work out over the accounts that a reader may see is kept until any of them, or any
judgement, is another one."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.contrib.postgres.aggregates import BitXor
from django.db import connection
from django.db.models import Aggregate, BigIntegerField, CharField, Count, F, Func, Value
from django.db.models.functions import Cast, Coalesce, Concat
from django.utils import timezone

from changqing.accounts.models import Account, TeamMembership
from changqing.accounts.queries import Part, kept_of, rule_for
from changqing.base.kept import Kept
from changqing.base.once import once
from changqing.ledger.queries import as_of
from changqing.people.permissions import Principal
from changqing.people.queries import User
from changqing.records.models import MethodVersion
from changqing.value.models import JudgementStamp

Found = TypeVar("Found")
PARTS = (Part.REVENUE, Part.MARGIN, Part.SCORE)
# Sums and curves of that many views and questions; of a hundred thousand accounts the largest takes 2 MB.
MOST_VIEWS = 200
VIEWS = Kept[Any](most=MOST_VIEWS, name="views")


@dataclass(frozen=True)
class View:
    """What a reader may see of the judgements of now. Readers of the same accounts share what is kept."""

    key: Hashable | None

    def kept(self, name: str, make: Callable[[], Found], *asked: Hashable) -> Found:
        """``make()``, or what it said before of the same view; ``asked`` is all else that it depends on.

        It may depend on ranks, judgements, methods and months of the ledger, never on words that people edit.
        """
        if self.key is None:
            return make()
        found: Found = VIEWS.get((name, asked, self.key), make)
        return found


class _Hash(Func):
    """64 bits of a text, apart for each number."""

    function = "hashtextextended"
    output_field = BigIntegerField()


def view_of(to: Principal, *, hands: bool = False) -> View:
    """The view of ``to``; with ``hands`` it is another one too when an owner, a backup or a team changes.

    Work without a person keeps nothing.
    """
    if not isinstance(to, User):
        return View(None)
    # another process may have written judgements or handed accounts over meanwhile: ask, do not assume
    return View((judged(), fingerprint(to), _hands(to) if hands else None))


@once
def judged() -> Hashable:
    """Another one after all that judges accounts, and after a method or the book's last day changes."""
    stamps, methods = JudgementStamp._meta.db_table, MethodVersion._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*), max(id), max(at), (SELECT count(*) FROM {methods}), "  # noqa: S608
            f"(SELECT max(id) FROM {methods}) FROM {stamps}"
        )
        return cursor.fetchone(), as_of()


def fingerprint(to: Principal) -> Hashable:
    """``_fingerprint``, which goes through all accounts, once for each change of them."""
    return kept_of(to, "fingerprint", lambda: _fingerprint(to), parts=PARTS)


def _fingerprint(to: Principal) -> Hashable:
    """Whose revenue, margin and judgements ``to`` may see, and in which industries they are: another one with
    any account that is handed over, sealed, merged or moved."""
    rules = [rule_for(to, part) for part in PARTS]
    apart = [rule for at, rule in enumerate(rules) if rule not in rules[:at]]
    seen = apart[0]
    for rule in apart[1:]:
        seen |= rule
    each = _Hash("industry", "pk")
    told: dict[str, Aggregate] = {}
    for at, rule in enumerate(apart):
        only = None if len(apart) == 1 else rule
        told |= {f"n{at}": Count("pk", filter=only), f"each{at}": BitXor(each, filter=only)}
    found = Account.objects.filter(seen).aggregate(**told)
    return tuple(apart.index(rule) for rule in rules), tuple(found.values())


def _hands(to: Principal) -> Hashable:
    """Who works for which of the accounts that ``to`` may see."""
    owners = kept_of(to, "owners", lambda: _owners(to), parts=(Part.SCORE,))
    place = Concat(_text("account_id"), Value("/"), _text("user_id"), Value("/"), _text("until"))
    places = TeamMembership.objects.filter(ended_at=None)
    teams = places.aggregate(n=Count("pk"), each=BitXor(_Hash(place, "pk")))
    return timezone.localdate(), owners, tuple(teams.values())


def _owners(to: Principal) -> Hashable:
    owner = Concat(_text("owner_id"), Value("/"), _text("backup_id"))
    rows = Account.objects.filter(rule_for(to, Part.SCORE))
    return tuple(rows.aggregate(each=BitXor(_Hash(owner, "pk"))).values())


def _text(column: str) -> Coalesce:
    return Coalesce(Cast(F(column), CharField()), Value(""))
