"""The line of each thing worth doing as markup, as in the list of accounts."""

from __future__ import annotations

from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from changqing.web.components.figures import OpenNumber
from changqing.web.components.markup import escaped
from changqing.web.components.words import Chip


class WorkLines:
    """The lines of one list, and the words in them, found once for all; ``sees_money`` as its reader does."""

    def __init__(self, *, sees_money: bool) -> None:
        self.sees_money = sees_money
        self.at_stake, self.unknown, self.promised = _("在险毛利"), _("金额未知"), _("说好要做")

    def line(self, it: dict[str, Any]) -> SafeString:
        """Who, what was seen, the next step, the money and by when."""
        row = it["row"]
        chip = Chip(text=it["cause"], tone="red" if row.is_red else "grey", icon=it["icon"]).__html__()
        promise = Chip(text=self.promised, tone="amber").__html__() if it["is_promise"] else ""
        current = 'aria-current="true"' if it["is_open"] else ""
        return SafeString(
            f'<div class="work-line"> <span class="work-rank">{it["rank"]}</span> <div class="work-who"> <p> '
            f'<a class="name" href="?open={row.pk}" hx-get="?part=list&amp;open={row.pk}" hx-target="#today" '
            f"{current}>{escaped(row.account.name)}</a> {chip} {promise} </p> "
            f'<p class="dense">{escaped(it["sentence"])}</p> </div> '
            f'<p class="work-move"><span aria-hidden="true">→</span> {escaped(it["move"])}</p> '
            f'<div class="work-money"> {self._money(it)} </div> '
            f'<p class="work-due{" falling" if it["is_due"] else ""}">{escaped(it["due"])}</p> </div>'
        )

    def _money(self, it: dict[str, Any]) -> str:
        if how := it["stake_arithmetic"]:
            opened = OpenNumber(value=it["stake"], arithmetic=how).__html__()
            return f'{opened} <span class="caption">{escaped(self.at_stake)}</span>'
        if self.sees_money:
            return f'<span class="unknown">?</span> <span class="caption">{escaped(self.unknown)}</span>'
        return ""
