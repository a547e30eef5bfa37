"""The sentences of this package: why a row or a file is refused, what was decided, what was counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from changqing.ledger.rules.choices import Told
from changqing.ledger.rules.kinds import KINDS, Field, Kind, Need
from changqing.ledger.rules.names import NAMES

#: code → sentence about one cell; column is the header, value what stood there
_REASONS: dict[str, str | Promise] = {
    "missing": gettext_lazy("“%(column)s”是空的，而每一行都必须有"),
    "day": gettext_lazy("“%(column)s”里的“%(value)s”不是能看懂的日期"),
    "day_order": gettext_lazy("“%(column)s”里的“%(value)s”分不清日和月；请在导入时说明先写日还是先写月"),
    "day_two": gettext_lazy("“%(column)s”里的“%(value)s”只有两位年份；请写成四位"),
    "day_serial": gettext_lazy(
        "“%(column)s”里的“%(value)s”像是表格软件的日期序号，但这一列大多是日期文字；请写成日期"
    ),
    "day_range": gettext_lazy("“%(column)s”里的“%(value)s”不在 1970 年到 2099 年之间"),
    "number": gettext_lazy("“%(column)s”里的“%(value)s”不是数字"),
    "number_style": gettext_lazy("“%(column)s”里的“%(value)s”分不清千位和小数：这一列两种写法都有"),
    "not_finite": gettext_lazy("“%(column)s”里的“%(value)s”不是有限的数"),
    "excel_error": gettext_lazy("“%(column)s”里是表格软件的错误值“%(value)s”"),
    "range": gettext_lazy("“%(column)s”里的“%(value)s”太大，存不下"),
    "digits_lost": gettext_lazy(
        "“%(column)s”里的“%(value)s”是科学记数法，末尾几位已丢；请把该列设为文本后重新导出"
    ),
    "currency": gettext_lazy("“%(column)s”里的“%(value)s”不是认识的币种"),
    "tax_unknown": gettext_lazy("“%(column)s”是含税的，但这一行没有税额，也没有税率"),
    "tax_mismatch": gettext_lazy("“%(column)s”加税额不等于价税合计：%(value)s"),
    "above_price": gettext_lazy("“%(column)s”里的 %(value)s 高于数量 × 单价 = %(detail)s，折扣也解释不了"),
    "sign_differs": gettext_lazy("“%(column)s”里的 %(value)s 与数量 × 单价 = %(detail)s 正负相反"),
    "not_positive": gettext_lazy("“%(column)s”里的 %(value)s 必须大于零"),
    "double": gettext_lazy("“%(column)s”里的“%(value)s”在第 %(other)s 行又出现，内容不同；以后一行为准"),
}

#: code → what was decided or counted about the file
_TOLD: dict[str, str | Promise] = {
    "filled_down": gettext_lazy("%(count)s 行没有写单头（订单号、日期、客户），取自上面最近的一行"),
    "totals": gettext_lazy("%(count)s 行是合计或小计，已跳过"),
    "blanks": gettext_lazy("%(count)s 行是空行，已跳过"),
    "style": gettext_lazy("“%(column)s”的小数写法：%(style)s"),
    "style_assumed": gettext_lazy(
        "“%(column)s”里有 %(count)s 个像 1,234 的数，整列看不出小数点，按 %(style)s 读"
    ),
    "day_order": gettext_lazy("“%(column)s”里有 %(count)s 个日期把日和月放在前面：%(first)s"),
    "day_writings": gettext_lazy("“%(column)s”里有几种日期写法：%(writings)s"),
    "rounded": gettext_lazy("%(count)s 行的数字小数位太多，已按四舍六入五成双取舍"),
    "discounted": gettext_lazy("%(count)s 行的金额低于数量 × 单价，按折扣接受"),
    "turned": gettext_lazy("%(count)s 行是红字、退货或返利，写成了正数，已改为负数"),
    "net_computed": gettext_lazy("%(count)s 行的金额是算出来的（由含税金额与税，或数量 × 单价）"),
    "cost_computed": gettext_lazy("%(count)s 行的成本按单位成本 × 数量算出"),
    "no_cost": gettext_lazy("%(count)s 行没有成本，毛利未知"),
    "no_order": gettext_lazy("%(count)s 行没有订单号"),
    "repeated": gettext_lazy("%(count)s 行的键与前面的行相同，按出现次序区分"),
    "currency_marked": gettext_lazy("%(count)s 行的币种取自金额里的符号"),
    "same": gettext_lazy("%(count)s 行与后面的行完全相同，只取后一行"),
}
_STYLES: dict[str, str | Promise] = {
    "us": "1,234.56",
    "eu": "1.234,56",
    "mixed": gettext_lazy("两种都有，分不清的不收"),
}
_FIRSTS: dict[str, str | Promise] = {
    "day": gettext_lazy("先日后月"),
    "month": gettext_lazy("先月后日"),
    "": gettext_lazy("看不出来，分不清的不收"),
}
_WRITINGS: dict[str, str | Promise] = {
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
    "other": gettext_lazy("看不懂的"),
}


def kind_title(kind: str) -> str:
    """The name of a kind in the reader's language."""
    return _named(KINDS[kind])


def field_title(kind: str, field: str) -> str:
    """The name of a field in the reader's language."""
    return _named(KINDS[kind].field(field))


def _named(thing: Kind | Field | Need) -> str:
    return thing.zh if (get_language() or "zh").startswith("zh") else thing.en


def reason_sentence(code: str, data: Mapping[str, Any]) -> str:
    """Why a row is refused. ``data``: column (header text); value; detail or other where told."""
    said = {key: "" if value is None else value for key, value in data.items()}
    return str(_REASONS[code]) % {"column": "", "value": "", "detail": "", "other": "", **said}


def told_sentence(told: Told, header: Callable[[str], str]) -> str:
    """What was decided about the file; ``header``: field → header text, such as ``mapping.heading``."""
    data = dict(told.data)
    if told.code == "day_writings":
        data = {
            "writings": _("、").join(f"{_WRITINGS[shape]} × {count}" for shape, count in told.data.items())
        }
    if "style" in data:
        data["style"] = _STYLES[data["style"]]
    if "first" in data:
        data["first"] = _FIRSTS[data["first"]]
    column = header(told.about) if told.about else ""
    return str(_TOLD[told.code]) % {"column": column, **data}


def note_sentence(note: str, count: int) -> str:
    """How many good rows bear a note (a name of ``notes.NOTES``, 'totals', 'blanks' or 'same')."""
    return str(_TOLD[note]) % {"count": count}


def unmet_sentence(kind: str, needs: Sequence[Need], header: Sequence[str]) -> str:
    """The file lacks columns that its kind needs: what was seen, and what would be understood."""
    lacking = _("、").join(_named(need) for need in needs)
    examples = _("；").join(_examples(kind, need) for need in needs)
    seen = _("、").join(text for text in header if text) or _("（没有表头）")
    sentence = _(
        "作为%(kind)s，文件缺少：%(lacking)s。表头是：%(seen)s。能认出的列名例如：%(examples)s。请指定列。"
    )
    return sentence % {"kind": kind_title(kind), "lacking": lacking, "seen": seen, "examples": examples}


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
    known = _("，或 ").join(way for way in ways if way)
    return _("%(need)s（%(known)s）") % {"need": _named(need), "known": known}


def unknown_column_sentence(field: str, column: str, header: Sequence[str]) -> str:
    seen = _("、").join(text for text in header if text) or _("（没有表头）")
    return _("列的对应说“%(field)s”在“%(column)s”列，但文件没有这一列。表头是：%(seen)s。") % {
        "field": field,
        "column": column,
        "seen": seen,
    }


def unknown_field_sentence(field: str, kind: str) -> str:
    known = _("、").join(KINDS[kind].names)
    return _("%(kind)s没有叫“%(field)s”的项目；可用的有：%(known)s。") % {
        "kind": kind_title(kind),
        "field": field,
        "known": known,
    }
