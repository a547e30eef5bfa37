"""The rows of the largest accounts as markup, all at once, as in the list of accounts."""

from __future__ import annotations

from django.utils.safestring import SafeString

from changqing.reports.accounts import ListedAccount
from changqing.reports.portfolio import Portfolio
from changqing.web.accounts.rows import Cells
from changqing.web.components.markup import escaped
from changqing.web.components.tags import share, whole
from changqing.web.components.words import Chip
from changqing.web.shell import account_address


class LargestRows(Cells):
    """The rows of ``found``; of less than the whole book nothing adds up to a running share."""

    def __init__(self, found: Portfolio) -> None:
        super().__init__(found.currency)
        self.found = found

    def written(self) -> SafeString:
        return SafeString("".join(map(self._row, self.found.rows)))

    def _row(self, row: ListedAccount) -> str:
        chip = Chip(text=row.abc, tone="green" if row.abc == "A" else "grey").__html__()
        running = (
            f'<td class="num wide">{share(row.cumulative_share)}</td>' if self.found.is_whole_book else ""
        )
        return (
            f'<tr> <td class="num-left">{whole(row.rank)}</td> '
            f'<td><a href="{escaped(account_address(row.key))}">{escaped(row.name)}</a></td> '
            f"<td> {chip} </td> "
            f'<td class="num">{self.money(row.revenue)}</td> {running} '
            f'<td class="num"> {self.margin(row)} </td> '
            f'<td class="num wide">{share(row.margin_rate)}</td> '
            f"{self.field(row)} "
            f'<td class="wide">{escaped(row.owner) or "–"}</td> </tr> '
        )
