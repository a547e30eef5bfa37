"""The sentences of this package: why a row or a file is refused, what was decided, what was counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from changqing.ledger.rules.choices import Told
from changqing.ledger.rules.kinds import KINDS, Need
from changqing.ledger.rules.names import NAMES

#: code → sentence about one cell; {column} is the header, {value} what stood there
_REASONS: dict[str, str] = {
    "missing": noop("“{column}”是空的，而每一行都必须有"),
    "day": noop("“{column}”里的“{value}”不是能看懂的日期"),
    "day_order": noop("“{column}”里的“{value}”分不清日和月；请在导入时说明先写日还是先写月"),
    "day_two": noop("“{column}”里的“{value}”只有两位年份；请写成四位"),
    "day_serial": noop("“{column}”里的“{value}”像是表格软件的日期序号，但这一列大多是日期文字；请写成日期"),
    "day_range": noop("“{column}”里的“{value}”不在 1970 年到 2099 年之间"),
    "number": noop("“{column}”里的“{value}”不是数字"),
    "number_style": noop("“{column}”里的“{value}”分不清千位和小数：这一列两种写法都有"),
    "not_finite": noop("“{column}”里的“{value}”不是有限的数"),
    "excel_error": noop("“{column}”里是表格软件的错误值“{value}”"),
    "range": noop("“{column}”里的“{value}”太大，存不下"),
    "digits_lost": noop(
        "“{column}”里的“{value}”是科学记数法，表格软件已丢掉末尾几位；请把该列设为文本后重新导出"
    ),
    "currency": noop("“{column}”里的“{value}”不是认识的币种"),
    "tax_unknown": noop("“{column}”是含税的，但这一行没有税额，也没有税率"),
    "tax_mismatch": noop("“{column}”加税额不等于价税合计：{value}"),
    "above_price": noop("“{column}”里的 {value} 高于数量 × 单价 = {detail}，折扣也解释不了"),
    "sign_differs": noop("“{column}”里的 {value} 与数量 × 单价 = {detail} 正负相反"),
    "double": noop("“{column}”里的“{value}”在第 {other} 行又出现，内容不同；以后一行为准"),
}

#: code → what was decided or counted about the file
_TOLD: dict[str, str] = {
    "filled_down": noop("{count} 行没有写单头（订单号、日期、客户），取自上面最近的一行"),
    "totals": noop("{count} 行是合计或小计，已跳过"),
    "blanks": noop("{count} 行是空行，已跳过"),
    "style": noop("“{column}”的小数写法：{style}"),
    "style_assumed": noop(
        "“{column}”里有 {count} 个像 1,234 或 1.234 的数，整列看不出逗号是不是小数点，按 {style} 读"
    ),
    "day_order": noop("“{column}”里有 {count} 个日期把日和月放在前面：{first}"),
    "day_writings": noop("“{column}”里有几种日期写法：{writings}"),
    "rounded": noop("{count} 行的数字小数位太多，已按四舍六入五成双取舍"),
    "discounted": noop("{count} 行的金额低于数量 × 单价，按折扣接受"),
    "turned": noop("{count} 行是红字、退货或返利，写成了正数，已改为负数"),
    "net_computed": noop("{count} 行的金额是算出来的（由含税金额与税，或数量 × 单价）"),
    "cost_computed": noop("{count} 行的成本按单位成本 × 数量算出"),
    "no_cost": noop("{count} 行没有成本，毛利未知"),
    "no_order": noop("{count} 行没有订单号"),
    "repeated": noop("{count} 行的键与前面的行相同，按出现次序区分"),
    "currency_marked": noop("{count} 行的币种取自金额里的符号"),
    "same": noop("{count} 行与后面的行完全相同，只取后一行"),
}
_STYLES = {"us": "1,234.56", "eu": "1.234,56", "mixed": noop("两种都有，分不清的不收")}
_FIRSTS = {"day": noop("先日后月"), "month": noop("先月后日"), "": noop("看不出来，分不清的不收")}
_WRITINGS = {
    "iso": "2026-01-05",
    "slash": "2026/1/5",
    "dot": "2026.1.5",
    "cn": "2026年1月5日",
    "compact": "20260105",
    "named": "5-Jan-2026",
    "serial": "46027",
    "dfirst": "31/1/2026",
    "mfirst": "1/31/2026",
    "same": "5/5/2026",
    "points": "05.01.2026",
    "either": "5/1/2026",
    "two": "5/1/26",
    "other": noop("看不懂的"),
}


def kind_title(kind: str) -> str:
    """The name of a kind in the reader's language."""
    return _(KINDS[kind].zh)


def field_title(kind: str, field: str) -> str:
    """The name of a field in the reader's language."""
    return _(KINDS[kind].field(field).zh)


def reason_sentence(code: str, data: Mapping[str, Any]) -> str:
    """Why a row is refused. ``data``: column (header text), value, and detail or other where the code has them."""
    known = {"column": "", "value": "", "detail": "", "other": ""}
    return _(_REASONS[code]).format(
        **{**known, **{key: value for key, value in data.items() if value is not None}}
    )


def told_sentence(told: Told, header: Callable[[str], str]) -> str:
    """What was decided about the file; ``header``: field → header text, such as ``mapping.heading``."""
    data = dict(told.data)
    if told.code == "day_writings":
        data = {
            "writings": "、".join(f"{_(_WRITINGS[shape])} × {count}" for shape, count in told.data.items())
        }
    if "style" in data:
        data["style"] = _(_STYLES[data["style"]])
    if "first" in data:
        data["first"] = _(_FIRSTS[data["first"]])
    column = header(told.about) if told.about else ""
    return _(_TOLD[told.code]).format(column=column, **data)


def note_sentence(note: str, count: int) -> str:
    """How many good rows bear a note (a name of ``notes.NOTES``, 'totals', 'blanks' or 'same')."""
    return _(_TOLD[note]).format(count=count)


def unmet_sentence(kind: str, needs: Sequence[Need], header: Sequence[str]) -> str:
    """The file lacks columns that its kind needs: what was seen, and what would be understood."""
    lacking = "、".join(_(need.zh) for need in needs)
    examples = "；".join(_examples(kind, need) for need in needs)
    seen = "、".join(text for text in header if text) or _("（没有表头）")
    sentence = _(
        "作为{kind}，文件缺少：{lacking}。表头是：{seen}。能认出的列名例如：{examples}。请指定列，或换一种类型。"
    )
    return sentence.format(kind=kind_title(kind), lacking=lacking, seen=seen, examples=examples)


def _examples(kind: str, need: Need) -> str:
    """A Chinese and two Latin names for each way of meeting the need."""
    ways = []
    for way in need.ways:
        parts = []
        for field in way:
            names = NAMES[kind].get(field, ())
            chinese = [name for name in names if not name.isascii()][:1]
            parts.append(" / ".join([*chinese, *[name for name in names if name.isascii()][:2]]))
        ways.append(" + ".join(part for part in parts if part))
    return f"{_(need.zh)}（{_('，或 ').join(way for way in ways if way)}）"


def unknown_column_sentence(field: str, column: str, header: Sequence[str]) -> str:
    seen = "、".join(text for text in header if text) or _("（没有表头）")
    return _("列的对应说“{field}”在“{column}”列，但文件没有这一列。表头是：{seen}。").format(
        field=field, column=column, seen=seen
    )


def unknown_field_sentence(field: str, kind: str) -> str:
    known = "、".join(KINDS[kind].names)
    return _("{kind}没有叫“{field}”的项目；可用的有：{known}。").format(
        kind=kind_title(kind), field=field, known=known
    )
