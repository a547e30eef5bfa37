"""Charts: ECharts options from Python, a table behind each, one question answered in the card's title."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.utils.safestring import SafeString

from changqing.web.components.markup import escaped
from changqing.web.components.registry import component


@dataclass(frozen=True, kw_only=True)
class Rows:
    """The table behind a chart: headings, rows of written cells, and where each row's mark leads.

    The first column is text, the others are numbers. ``urls`` is empty or as long as ``rows``.
    """

    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    urls: Sequence[str] = ()

    @property
    def body(self) -> SafeString:
        """The rows as markup: a chart of hundred marks has some thousand cells behind it."""
        urls = self.urls or [""] * len(self.rows)
        return SafeString("".join(_row(*each) for each in zip(self.rows, urls, strict=True)))


def _row(cells: Sequence[str], url: str) -> str:
    first, *others = map(escaped, cells)
    head = f'<a href="{escaped(url)}">{first}</a>' if url else first
    numbers = "".join(f'<td class="num"> {cell} </td> ' for cell in others)
    return f"<tr> <td> {head} </td> {numbers}</tr> "


@component("chart")
class Chart:
    """An ECharts ``option`` (floats, not Decimals) drawn as SVG in the house's four inks.

    Colours are tokens of css/tokens.css after an @: "@c1", "@red", "@ink2"; they follow the theme. A data
    item with a ``url`` opens it on click or Enter, and its ``words`` are its tooltip and what arrow keys read
    out; ``name`` and value otherwise. T shows ``table``. ``label`` says in a sentence what is drawn. The page
    never sets fonts, animation or renderer: js/chart.js does.
    """

    id: str
    option: Mapping[str, Any]
    table: Rows
    label: str
    size: Literal["s", "m", "l"] = "m"

    @property
    def option_id(self) -> str:
        return f"{self.id}-option"
