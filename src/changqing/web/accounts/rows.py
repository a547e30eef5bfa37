"""The rows of a list of accounts as markup, all at once: a template would say each cell fifty times."""

from __future__ import annotations

from decimal import Decimal

from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from changqing.accounts.queries import Part
from changqing.reports.accounts import PER_PAGE, AccountList, ListedAccount
from changqing.web.accounts.amounts import signed_share
from changqing.web.accounts.asking import FromList
from changqing.web.components.figures import money
from changqing.web.components.markup import escaped
from changqing.web.components.tags import whole
from changqing.web.components.words import Chip

SPARK_WIDTH, SPARK_HEIGHT = 72, 20


class Cells:
    """Cells that lists of accounts share, and the words in them, found once for all rows of a page."""

    def __init__(self, currency: str) -> None:
        self.currency, self.language = currency, get_language() or "zh-hans"
        self.barred, self.unknown = _told("unknown", _("无权查看")), _told("unknown", _("成本未知"))

    def money(self, amount: Decimal | None) -> str:
        return money(amount, self.currency, self.language)

    def margin(self, row: ListedAccount) -> str:
        """What is left of an account's revenue, red below zero; or why it is not said."""
        if Part.MARGIN in row.hidden:
            return self.barred
        if row.rank and row.margin is None:
            return self.unknown
        if row.margin is not None and row.margin < 0:
            return money(row.margin, self.currency, self.language, tone="red")
        return self.money(row.margin)

    def field(self, row: ListedAccount) -> str:
        """Industry and region."""
        industry, region = escaped(row.industry) or "–", escaped(row.region)
        return f'<td class="wide">{industry}<span class="sub">{region}</span></td>'


class ListRows(Cells):
    """The rows of the list of accounts; ``asked`` is its address, by which an account leads back."""

    def __init__(self, found: AccountList, asked: str) -> None:
        super().__init__(found.currency)
        self.found, self.page_of = found, FromList(asked).url
        self.pick, self.new = _("选中 %(name)s"), _("新")
        self.idle, self.never = _told("sub", _("本期未下单")), _told("sub", _("从未下单"))
        # in both languages a count has one form, or one for 1 and one for the others
        self.ago = [ngettext("%(shown)s 天前", "%(shown)s 天前", days) for days in (2, 1)]
        self.nobody = _told("unknown", _("无人负责"))
        self.archived = Chip(text=_("已归档")).__html__()
        self.chips: dict[tuple[str, str], str] = {}

    def written(self) -> SafeString:
        first = (self.found.asked.page - 1) * PER_PAGE
        return SafeString("".join(self._row(row, first + at) for at, row in enumerate(self.found.rows)))

    def _row(self, row: ListedAccount, place: int) -> str:
        sees = Part.REVENUE not in row.hidden
        key, url = escaped(row.key), escaped(self.page_of(row.key, place))
        pick = escaped(self.pick % {"name": row.name})
        tags = "".join(Chip(text=tag, icon="tag").__html__() for tag in row.tags)
        idle = "" if row.abc or not sees else self.idle
        return (
            f'<tr> <td class="rank wide"> <label class="pick"> <input type="checkbox" name="key" '
            f'value="{key}" form="chosen" aria-label="{pick}"> </label><span>{whole(row.rank)}</span> </td> '
            f'<td class="name"> <a href="{url}">{escaped(row.name)}</a><span class="sub">{key}</span> '
            f"{self.archived if row.is_archived else ''} {tags} </td> "
            f'<td class="wide"> {self._classes(row.abc, row.band)} {idle} </td> '
            f'<td class="num"> {self.money(row.revenue) if sees else self.barred} </td> '
            f'<td class="num"> {self.margin(row)} </td> '
            f'<td class="wide trend"> {self._trend(row)} </td> '
            f'<td class="num wide"> {self._last(row)} </td> '
            f"{self.field(row)} "
            f'<td class="wide"> {escaped(row.owner) or self.nobody} '
            f'<span class="sub">{escaped(row.department)}</span> </td> </tr> '
        )

    def _classes(self, abc: str, band: str) -> str:
        """The chips of class and band, written once for all rows that have the same."""
        if (abc, band) not in self.chips:
            chips = [Chip(text=abc, tone="green" if abc == "A" else "grey")] if abc else []
            if name := self.found.band_names.get(band, ""):
                chips.append(Chip(text=name))
            self.chips[abc, band] = " ".join(chip.__html__() for chip in chips)
        return self.chips[abc, band]

    def _trend(self, row: ListedAccount) -> str:
        points, change = spark(row.months), row.change or 0
        is_falling = row.change is not None and row.change <= -0.2
        line = (
            f'<svg class="spark{" spark-falling" if is_falling else ""}" width="{SPARK_WIDTH}" '
            f'height="{SPARK_HEIGHT}" viewBox="0 0 {SPARK_WIDTH} {SPARK_HEIGHT}" aria-hidden="true"> '
            f'<polyline points="{points}"/> </svg>'
            if points
            else ""
        )
        way = f'<span class="way">{"▼" if change < 0 else "▲"}</span>' if change else ""
        told = (self.new if points else "") if row.change is None else signed_share(row.change)
        return f'{line}<span class="change{" falling" if is_falling else ""}"> {way} {told} </span>'

    def _last(self, row: ListedAccount) -> str:
        if row.last_day:
            return f'{row.last_day.isoformat()} <span class="sub">{self._ago(row.days_silent or 0)}</span>'
        return self.barred if Part.REVENUE in row.hidden else self.never

    def _ago(self, days: int) -> str:
        return self.ago[days == 1] % {"shown": whole(days)}


def _told(kind: str, words: str) -> str:
    return f'<span class="{kind}">{words}</span>'


def spark(months: tuple[Decimal, ...]) -> str:
    """The points of an SVG polyline over ``months``, three months a point; empty without revenue."""
    quarters = [float(sum(months[at : at + 3])) for at in range(0, len(months), 3)]
    if not quarters or not any(quarters):
        return ""
    low, high = min(0.0, *quarters), max(quarters)
    if high <= low:
        return ""
    step = SPARK_WIDTH / (len(quarters) - 1)
    return " ".join(
        f"{at * step:.1f},{1 + (SPARK_HEIGHT - 2) * (1 - (value - low) / (high - low)):.1f}"
        for at, value in enumerate(quarters)
    )
