"""What the book hangs on: bars with the limit dashed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from changqing.reports.portfolio import Portfolio, Portion

MOST_BARS = 5


@dataclass(frozen=True)
class HeldBar:
    """One account, group of accounts, industry or family: its share of the revenue in view."""

    name: str
    share: float
    limit: float | None
    url: str = ""

    @property
    def is_over(self) -> bool:
        return self.limit is not None and self.share > self.limit


def concentration(found: Portfolio) -> list[tuple[str, list[HeldBar]]]:
    """Bars by account and by industry, each group with its heading."""
    limits = found.method.limits
    single, five = found.verdict("single_account"), found.verdict("top_five")
    by_account = []
    if single["code"] != "unknown" and found.largest:
        by_account = [
            HeldBar(
                _("最大 1 家 · %(name)s") % {"name": found.largest},
                single["numbers"]["share"],
                float(limits.single_account.value),
            ),
            HeldBar(_("前 5 家"), five["numbers"]["share"], float(limits.top_five.value)),
        ]
    limit = float(limits.single_industry.value)
    by_industry = [
        HeldBar(
            part.name or _("未填行业"),
            part.share,
            limit if part.name else None,
            f"/accounts/?{urlencode({'period': found.period, 'industry': part.name})}" if part.name else "",
        )
        for part in found.industries[:MOST_BARS]
    ]
    groups = [(_("按客户"), by_account), (_("按行业"), by_industry)]
    return [(heading, bars) for heading, bars in groups if bars]


def family_bars(families: Sequence[Portion]) -> list[HeldBar]:
    return [HeldBar(part.name or _("未分品类"), part.share, None) for part in families[:MOST_BARS]]
