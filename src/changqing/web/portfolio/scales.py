"""80/20, ABC and amount bands as rows."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from changqing.reports.portfolio import Portfolio
from changqing.web.accounts.amounts import in_words
from changqing.web.components.tags import minus


@dataclass(frozen=True)
class EightyTwenty:
    """Is it really 80/20: asked of revenue and of profit apart. ``share`` None is not computable."""

    name: str
    share: float | None
    expected: float
    reached: int | None
    verdict: str
    tone: str


def eighty_twenty_rows(found: Portfolio) -> list[EightyTwenty]:
    said = found.results
    asked = (
        (_("收入"), "revenue_pareto", said["top20_share"], said["accounts_to_80"]),
        (_("毛利"), "profit_pareto", said["profit_top20_share"], said["profit_accounts_to_80"]),
    )
    # nothing is said of a margin that is not shown
    shown = asked[:1] if said["margin"] is None else asked
    return [_eighty_twenty(found, *each) for each in shown]


def _eighty_twenty(
    found: Portfolio, name: str, question: str, value: float | None, reached: int | None
) -> EightyTwenty:
    said = found.verdict(question)
    words = {
        "below": (_("低于 80/20"), "sage"),
        "at": (_("正合 80/20"), "green"),
        "above": (_("高于 80/20"), "green"),
        "unknown": (_("合计不大于零，算不出"), "stone"),
    }
    verdict, tone = words[said["code"]]
    return EightyTwenty(name, value, float(said["numbers"]["expected"]), reached, verdict, tone)


def whale_rows(found: Portfolio) -> list[tuple[str, str, str, bool]]:
    """(who, how many, how much, whether it is a loss): earned, eaten and what is left."""
    said, eaten = found.results, found.money("whale_eaten")
    if said["loss_making"] is None or eaten is None:
        return []
    return [
        (
            _("挣钱的"),
            _count(said["whale_peak_accounts"]),
            in_words(found.money("whale_peak"), found.currency),
            False,
        ),
        (_("亏损的"), _count(said["loss_making"]), in_words(-eaten, found.currency), bool(eaten)),
        (
            _("剩下"),
            _count(found.margin_known_accounts),
            in_words(found.money("margin"), found.currency),
            False,
        ),
    ]


def _count(accounts: int) -> str:
    return ngettext("%(count)s 家", "%(count)s 家", accounts) % {"count": f"{accounts:,}"}


@dataclass(frozen=True)
class AbcRow:
    letter: str
    accounts: int
    part: float
    share: float | None
    expected: float
    deviation: str
    url: str


def abc_rows(found: Portfolio) -> list[AbcRow]:
    abc, total = found.results["abc"], found.results["buying_accounts"]
    return [
        AbcRow(
            letter=letter,
            accounts=row["accounts"],
            part=row["accounts"] / total if total else 0.0,
            share=row["share"],
            expected=float(row["expected"]),
            deviation=_points(row["share"], float(row["expected"])),
            url=f"/accounts/?period={found.period}&abc={letter}",
        )
        for letter, row in abc.items()
    ]


def _points(share: float | None, expected: float) -> str:
    """How far the share is from what is expected, in percentage points."""
    if share is None:
        return "–"
    points = round((share - expected) * 100, 1) + 0
    return f"+{points:.1f}" if points > 0 else minus(f"{points:.1f}")


@dataclass(frozen=True)
class BandRow:
    name: str
    lower: str
    accounts: int
    staffing: str
    url: str


def band_rows(found: Portfolio) -> list[BandRow]:
    """Accounts by amount band; empty where the bands are unknown."""
    bands, scheme = found.results["bands"], found.method.bands
    if bands["because"]:
        return []
    return [
        BandRow(
            name=str(band.name),
            lower=_("≥ %(money)s") % {"money": in_words(band.lower, scheme.currency)},
            accounts=bands["accounts"].get(band.code, 0),
            staffing=str(band.staffing),
            url=f"/accounts/?period={found.period}&band={band.code}",
        )
        for band in scheme.levels
    ]


def history_rows(found: Portfolio) -> list[dict[str, Any]]:
    """Past rankings, newest first; those that stood on imports undone since are marked."""
    return [
        {
            "made_at": past.made_at,
            "as_of": past.as_of,
            "revenue": Decimal(past.results["revenue"]),
            "top20_share": past.results["top20_share"],
            "accounts_to_80": past.results["accounts_to_80"],
            "method": past.method,
            "mark": _("含已撤销的导入 %(numbers)s") % {"numbers": "、".join(f"#{n}" for n in past.undone)}
            if past.undone
            else "",
        }
        for past in found.history
    ]
