"""The order lines of an account, page by page; a fragment of its page."""

from __future__ import annotations

import re
from datetime import date

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from changqing.ledger.lines import OrderLine
from changqing.reports.account import LinesPage, lines_page
from changqing.web.components.lists import Column
from changqing.web.components.markup import escaped
from changqing.web.components.tags import minus
from changqing.web.components.words import Chip
from changqing.web.reader import reader


class LineRows:
    """The rows of a page of lines as markup, and the words in them, found once for all of them."""

    def __init__(self, found: LinesPage) -> None:
        self.found = found
        self.barred, self.unknown = _told("unknown", _("无权查看")), _told("unknown", _("未知"))
        self.origin = _("导入 %(number)s 第 %(row)s 行")
        self.kinds = {kind: Chip(text=text, tone="amber").__html__() for kind, text in _kinds().items()}

    def written(self) -> SafeString:
        return SafeString("".join(map(self._row, self.found.lines)))

    def _row(self, line: OrderLine) -> str:
        product = escaped(line.product_name or line.product or "–")
        origin = self.origin % {"number": line.import_number, "row": line.file_row}
        return (
            f"<tr> <td>{line.day.isoformat()}</td> <td>{escaped(line.order_no or '–')}</td> "
            f"<td> {product}{self._kind(line)} </td> "
            f'<td class="wide">{escaped(line.family or "–")}</td> '
            f'<td class="num wide">{_quantity(line)}</td> '
            f'<td class="num"> {minus(f"{line.amount:,.2f}")}{self._currency(line)} </td> '
            f'<td class="num wide"> {self._cost(line)} </td> '
            f'<td class="wide"> <span class="caption"> {origin} </span> </td> </tr> '
        )

    def _kind(self, line: OrderLine) -> str:
        """What is no sale says what it is."""
        return "" if line.line_kind == "sale" else f" {self.kinds.get(line.line_kind, self.kinds[''])} "

    def _currency(self, line: OrderLine) -> str:
        is_ours = not line.currency or line.currency == self.found.currency
        return "" if is_ours else f" {_told('sub', escaped(line.currency))} "

    def _cost(self, line: OrderLine) -> str:
        if self.found.hides_margin:
            return self.barred
        return self.unknown if line.cost is None else minus(f"{line.cost:,.2f}")


def _kinds() -> dict[str, str]:
    """What a line is called that is no sale; "" is any other kind."""
    return {"return": _("退货"), "rebate": _("返利"), "": _("红字")}


def _quantity(line: OrderLine) -> str:
    return "–" if line.quantity is None else minus(f"{line.quantity.normalize():,f}")


def _told(kind: str, words: str) -> str:
    return f'<span class="{kind}">{words}</span>'


def lines_part(request: HttpRequest, key: str) -> HttpResponse:
    asked = request.GET.get("page", "1")
    page = int(asked) if re.fullmatch(r"[0-9]{1,6}", asked, re.ASCII) else 1
    day = day_asked(request)
    found = lines_page(reader(request), key, day=day, page=page)
    if found is None:
        raise Http404
    return render(
        request,
        "account/lines.html",
        {
            "found": found,
            "rows": LineRows(found).written(),
            "columns": _columns(),
            "title": _title(day, found.total),
        },
    )


def _title(day: date | None, total: int) -> str:
    if day:
        return _("%(day)s 的 %(count)s 行订单") % {"day": day.isoformat(), "count": f"{total:,}"}
    return _("%(count)s 行订单，最新的在前") % {"count": f"{total:,}"}


def day_asked(request: HttpRequest) -> date | None:
    try:
        return date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        return None


def _columns() -> list[Column]:
    return [
        Column(label=_("日期")),
        Column(label=_("订单号")),
        Column(label=_("产品名称")),
        Column(label=_("品类"), wide=True),
        Column(label=_("数量"), number=True, wide=True),
        Column(label=_("金额"), number=True),
        Column(label=_("成本"), number=True, wide=True),
        Column(label=_("出自"), wide=True),
    ]
