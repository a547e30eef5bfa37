"""The demo is told whole, only into an empty book, and taken up where it was cut off."""

from __future__ import annotations

import stat
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from django.db.models import Count

from changqing.accounts.models import Account, Contact
from changqing.accounts.queries import accounts
from changqing.base.refused import Refused
from changqing.demo import story
from changqing.demo.book import draw
from changqing.demo.customers import CUSTOMERS
from changqing.demo.queries import steps_told
from changqing.demo.signins import signins
from changqing.demo.staff import STAFF
from changqing.demo.story import tell
from changqing.dossier.models import Note
from changqing.ledger.models import AccountTotals, Import
from changqing.ledger.queries import as_of
from changqing.people.models import Department, User
from changqing.people.permissions import operator
from changqing.people.queries import user_named
from changqing.planning.models import ReviewDecision
from changqing.retention.models import AccountWarning
from changqing.value.models import AccountStanding, AccountWorth, BookTest, FactorRating, Nomination

TODAY = date(2026, 11, 21)
OPERATOR = operator(because="a test")


def silent(_: str) -> None:
    pass


@pytest.mark.django_db
def test_the_story_is_told_whole(book: None) -> None:
    told = tell(by=OPERATOR, today=TODAY, say=silent)
    drawn = draw(today=TODAY)
    assert told.anew and [one.username for one in told.signins] == [one.username for one in STAFF]
    assert (Department.objects.count(), User.objects.count()) == (3, len(STAFF))
    assert Account.objects.count() == len(CUSTOMERS)
    assert as_of() == max(line.day for line in drawn.lines)

    sums: dict[str, Decimal] = {}
    for line in drawn.lines:
        if line.currency == "CNY":
            sums[line.customer] = sums.get(line.customer, Decimal(0)) + line.amount
    found = {t.account.key: t.revenue for t in AccountTotals.objects.select_related("account")}
    assert {key: found[key] for key in sums} == sums
    assert sum(t.lines for t in AccountTotals.objects.all()) == len(drawn.lines)

    states = {state: Import.objects.filter(state=state).count() for state in Import.State.values}
    assert states["undone"] == 1 and states["failed"] == states["waiting"] == states["running"] == 0
    slipped = Import.objects.get(file_name="订单明细_2026-09.xlsx")
    mended = Import.objects.get(file_name="订单明细_2026-09_更正.xlsx")
    assert slipped.report["refused"] == 4
    assert (mended.report["refused"], mended.report["came"]) == (0, 4)
    assert 110 <= Contact.objects.count() <= 160
    assert Contact.objects.exclude(until=None).count() >= 8
    seen = {one.username: accounts(user_named(one.username)).count() for one in STAFF}
    assert seen["shenlan"] == len(CUSTOMERS) and seen["weiran"] == 0
    assert seen["lutao"] + seen["gumingyuan"] == len(CUSTOMERS)
    assert all(user_named(one.username).check_password(one.password) for one in told.signins)

    counted = [model.objects.count() for model in (ReviewDecision, FactorRating, BookTest, Note)]
    assert counted == [3, 20, 1, 8]
    assert Nomination.objects.get().account.key == "K1040"
    assert {row.state for row in AccountWarning.objects.all()} >= {"open", "answered"}
    drifting = set(AccountWarning.objects.filter(state="open").values_list("account__key", flat=True))
    assert "K1001" in drifting, "the leading account cools before one's eyes"
    worths = {row.account.key: row for row in AccountWorth.objects.filter(is_current=True)}
    assert (worths["K1010"].contribution or 0) < 0, "large and unprofitable"
    growing = AccountStanding.objects.get(account__key="K1040", is_current=True)
    assert (growing.inputs["growth"] or 0) > 0.2, "growing into a partnership"
    moved = AccountStanding.objects.values("account").annotate(n=Count("pk")).filter(n__gt=1).count()
    assert moved >= 3, "tiers move"

    with pytest.raises(Refused, match="已经在这本账里"):
        tell(by=OPERATOR, today=TODAY, say=silent)
    again = tell(by=OPERATOR, today=TODAY, is_quiet_when_told=True, say=silent)
    assert not again.anew and again.signins == told.signins


@pytest.mark.django_db
def test_a_book_in_use_is_left_alone() -> None:
    User.objects.create_user("li", "x", full_name="李")
    with pytest.raises(Refused, match="没有写入"):
        tell(by=OPERATOR, today=TODAY, say=silent)
    assert not tell(by=OPERATOR, today=TODAY, is_quiet_when_told=True, say=silent).anew
    assert (User.objects.count(), Department.objects.count(), Import.objects.count()) == (1, 0, 0)


@pytest.mark.django_db
def test_a_telling_cut_off_is_taken_up(monkeypatch: pytest.MonkeyPatch) -> None:
    class Cut(Exception):
        pass

    def die(_: object) -> None:
        raise Cut

    monkeypatch.setattr(story, "_bring_in", die)
    with pytest.raises(Cut):
        tell(by=OPERATOR, today=TODAY, seed=3, say=silent)
    first = signins()
    assert list(steps_told()) == ["begin", "staff"]
    assert steps_told()["begin"] == {"today": "2026-11-21", "seed": 3}
    with pytest.raises(Cut):
        tell(by=OPERATOR, today=date(2030, 1, 1), is_quiet_when_told=True, say=silent)
    assert signins() == first and User.objects.count() == len(STAFF)


def test_signins_are_for_their_owner_alone() -> None:
    one = signins()[0]
    path = Path(settings.FOLDER.run) / "signins.txt"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    line = path.read_text(encoding="utf-8").splitlines()[0]
    assert line == f"shenlan\t{one.password}\t沈岚 高管 / executive"
    assert len({each.password for each in signins()}) == len(STAFF)
