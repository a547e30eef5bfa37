"""The sentences of a file on trial."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from changqing.ledger.rules.wording import kind_title, told_sentence
from changqing.reports.drafts import DraftColumn, DraftGroup, DraftView

MEGABYTE, KILOBYTE = 1_000_000, 1_000


def title(view: DraftView) -> str:
    """The answer of the page: how much of the file can be written."""
    draft = view.draft
    if draft.state == "failed":
        return _("这份文件读不了，账本没有变化")
    if draft.state == "asking":
        return _("认出是%(kind)s，还要您补一句") % {"kind": kind_title(draft.kind)}
    if not view.is_tried:
        return _("正在读 %(file)s") % {"file": draft.file_name}
    if not view.refused:
        return _("每一行都可以写入；预演没有退回")
    share = 100 * (view.rows - view.refused) / view.rows if view.rows else 0.0
    # never round what is refused away
    told = f"{min(share, 99.9):.1f}%" if share < 100 else "99.9%"
    reasons = len(view.groups) + bool(view.bad_rows)
    return ngettext(
        "%(share)s 的行可以写入；退回 %(refused)s 行，原因只有 %(reasons)s 种",
        "%(share)s 的行可以写入；退回 %(refused)s 行，原因只有 %(reasons)s 种",
        view.refused,
    ) % {"share": told, "refused": f"{view.refused:,}", "reasons": reasons}


def caption(view: DraftView) -> str:
    draft, survey = view.draft, view.draft.survey
    parts = [draft.file_name]
    if survey:
        parts.append(
            _("%(rows)s 行 × %(columns)s 列") % {"rows": f"{view.rows:,}", "columns": len(survey["header"])}
        )
    parts.append(size_words(draft.size))
    if survey.get("encoding"):
        parts.append(_("文字编码 %(encoding)s（自动识别）") % {"encoding": survey["encoding"]})
    if survey.get("sheet"):
        parts.append(_("工作表“%(sheet)s”") % {"sheet": survey["sheet"]})
    return " · ".join(parts)


def size_words(size: int) -> str:
    return f"{size / MEGABYTE:.1f} MB" if size >= MEGABYTE else f"{max(size // KILOBYTE, 1)} kB"


def step_words(view: DraftView) -> str:
    draft = view.draft
    if draft.step == "checking":
        return _("核对每一行，与账本比较")
    if draft.tries:
        return _("读文件")
    return _("排队中")


def mapping_title(view: DraftView) -> str:
    mapped = sum(1 for column in view.columns if column.field)
    odd = sum(1 for column in view.columns if verdict(column, view)[0] == "look")
    told = _("%(all)s 列对上 %(mapped)s 列") % {"all": len(view.columns), "mapped": mapped}
    if odd:
        told += _("，%(odd)s 列请您看一眼") % {"odd": odd}
    return told


def verdict(column: DraftColumn, view: DraftView) -> tuple[str, str]:
    """('fine' | 'look' | 'out', words) on one column."""
    if not column.field:
        return "out", _("不写入")
    if not view.is_tried:
        return "fine", ""
    looks = [fault_words(fault["code"], fault["rows"]) for fault in column.faults]
    fine: list[str] = []
    if column.field in _own_key(view):
        known, made = view.told["known_customers"], view.told["accounts_made"]
        if view.draft.kind not in ("products", "rates") and made:
            looks.append(
                _("%(known)s 家对上，%(made)s 家没见过") % {"known": f"{known:,}", "made": f"{made:,}"}
                if known
                else _("%(made)s 家都没见过") % {"made": f"{made:,}"}
            )
        elif view.draft.kind not in ("products", "rates"):
            fine.append(_("%(known)s 家全部对上") % {"known": f"{known:,}"})
    for told in column.told:
        sentence = told_sentence(told, lambda name: column.header)
        is_open = told.code in ("style_assumed",) or (told.code == "day_order" and not told.data["first"])
        (looks if is_open or told.code == "day_writings" else fine).append(sentence)
    if column.field == "currency":
        kinds = [code for code in view.told.get("currencies", {}) if code]
        fine.append(
            ngettext("%(count)s 种，各记各的", "%(count)s 种，各记各的", len(kinds)) % {"count": len(kinds)}
        )
    if not column.samples and not looks:
        return "fine", _("前几行是空的")
    if looks:
        return "look", _("；").join(looks)
    return "fine", _("；").join(fine) or _("全部看懂")


def _own_key(view: DraftView) -> tuple[str, ...]:
    """The one column that tells whose rows they are."""
    fields = {column.field for column in view.columns}
    wanted = ("key", "name") if view.draft.kind == "accounts" else ("customer", "customer_name")
    return next(((name,) for name in wanted if name in fields), ())


def fault_words(code: str, rows: int) -> str:
    """What is wrong with some cells of a column, in few words."""
    count = {"count": f"{rows:,}"}
    words = {
        "missing": _("%(count)s 行是空的"),
        "day": _("%(count)s 行不是日期"),
        "day_order": _("%(count)s 行分不清日和月"),
        "day_two": _("%(count)s 行只有两位年份"),
        "day_serial": _("%(count)s 行像日期序号"),
        "day_range": _("%(count)s 行的年份离谱"),
        "number": _("%(count)s 行不是数"),
        "number_style": _("%(count)s 行分不清小数点"),
        "not_finite": _("%(count)s 行不是有限的数"),
        "excel_error": _("%(count)s 行是表格软件的错误值"),
        "range": _("%(count)s 行太大，存不下"),
        "digits_lost": _("%(count)s 行丢了末几位"),
        "currency": _("%(count)s 行的币种不认识"),
        "tax_unknown": _("%(count)s 行没有税额也没有税率"),
        "tax_mismatch": _("%(count)s 行加税额不等于价税合计"),
        "above_price": _("%(count)s 行高于数量 × 单价"),
        "sign_differs": _("%(count)s 行正负与数量 × 单价相反"),
        "double": _("%(count)s 行的键重复且内容不同"),
        "outside_period": _("%(count)s 行不在这段账期"),
        "unknown_customer": _("%(count)s 行的客户没见过"),
    }
    return words.get(code, _("%(count)s 行看不懂")) % count


def group_title(group: DraftGroup) -> str:
    words = {
        "missing": _("“%(column)s”是空的"),
        "day": _("“%(column)s”不是日期"),
        "day_order": _("“%(column)s”分不清日和月"),
        "day_two": _("“%(column)s”只有两位年份"),
        "day_serial": _("“%(column)s”像日期序号"),
        "day_range": _("“%(column)s”的年份离谱"),
        "number": _("“%(column)s”不是数"),
        "number_style": _("“%(column)s”分不清小数点"),
        "not_finite": _("“%(column)s”不是有限的数"),
        "excel_error": _("“%(column)s”是错误值"),
        "range": _("“%(column)s”太大，存不下"),
        "digits_lost": _("“%(column)s”丢了末几位"),
        "currency": _("“%(column)s”不是认识的币种"),
        "tax_unknown": _("“%(column)s”含税，却没有税率"),
        "tax_mismatch": _("“%(column)s”加税额不等于价税合计"),
        "above_price": _("“%(column)s”高于数量 × 单价"),
        "sign_differs": _("“%(column)s”正负相反"),
        "double": _("“%(column)s”重复且内容不同"),
        "outside_period": _("“%(column)s”不在这段账期"),
        "unknown_customer": _("客户对不上"),
    }
    return words.get(group.code, _("“%(column)s”看不懂")) % {"column": group.column}


def remedy(group: DraftGroup) -> str:
    """What to do about a group of refused rows."""
    words = {
        "day_order": _("上面选一下先写日还是先写月"),
        "number_style": _("上面选一下小数点的写法"),
        "tax_unknown": _("上面填一个税率"),
        "digits_lost": _("请把该列设为文本后重新导出"),
        "day_serial": _("请把该列改成日期格式后重新导出，或在右边逐行改"),
        "double": _("不用改：以后一行为准"),
        "outside_period": _("改日期，或把账期放宽"),
        "unknown_customer": _("改成已有客户，或选“新建客户”"),
        "tax_mismatch": _("看看三列里哪一列对错了"),
    }
    return words.get(group.code, _("在右边改，或下载后改好再传"))


def meaning_words(view: DraftView) -> dict[str, str]:
    """What each meaning would do, as a sentence."""
    went = view.told.get("went", 0) if view.is_tried else 0
    gone = _("现在选的这样会移去 %(count)s 行。") % {"count": f"{went:,}"} if went else ""
    return {
        "lines": _("文件里的行新增或更新；没提到的行不动。"),
        "orders": _("提到的订单以文件为准：订单里少掉的行会移去；没提到的订单不动。") + gone,
        "period": _("这段日期以文件为准：日期在内而文件里没有的行会移去；日期在外的行退回。") + gone,
    }


def money_signed(amount: Decimal, written: str) -> str:
    return f"+{written}" if amount > 0 else written


def changed_words(kind: str, changed: str, titles: dict[str, str]) -> str:
    """A changed field, old and new set apart by tabs, as words."""
    name, old, new = [*changed.split("\t"), "", ""][:3]
    return _("%(field)s：%(old)s → %(new)s") % {"field": titles.get(name, name), "old": old, "new": new}
