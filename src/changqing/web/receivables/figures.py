"""The figures of receivables; every one carries its arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from changqing.ledger.rules.receivables import NOT_DUE
from changqing.reports.receivables import Owed, Receivables
from changqing.web.accounts.amounts import in_units, in_words, to_the_cent
from changqing.web.components.figures import Arithmetic
from changqing.web.components.tags import share


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One figure of the strip."""

    label: str
    value: str
    unit: str = ""
    note: str = ""
    tone: str = "ink"
    arithmetic: Arithmetic | None = None


@dataclass(frozen=True, kw_only=True)
class Aged:
    """One bucket of the ageing bar."""

    name: str
    amount: str
    arithmetic: Arithmetic
    share: float
    is_late: bool
    url: str


def version_of(found: Receivables) -> str:
    return f"receivables v{found.pack.version}"


def title(found: Receivables) -> str:
    """逾期 ¥95 万，占应收 58%，2 家."""
    main = found.main
    if main is None or not main.open:
        return _("没有一笔应收在外") if found.owed else _("账本里还没有发票和回款")
    money = in_words(main.open, found.currency)
    if not main.overdue:
        return _("应收 %(money)s，没有一笔逾期") % {"money": money}
    return ngettext(
        "应收 %(money)s，其中 %(late)s（%(share)s）已逾期，欠在 %(count)s 家",
        "应收 %(money)s，其中 %(late)s（%(share)s）已逾期，欠在 %(count)s 家",
        main.late_accounts,
    ) % {
        "money": money,
        "late": in_words(main.overdue, found.currency),
        "share": share(float(main.overdue / main.open), 0),
        "count": f"{main.late_accounts:,}",
    }


def account_title(found: Receivables) -> str:
    """The same of one account, which is not counted."""
    main = found.main
    if main is None or not main.open:
        return _("不欠款") if found.owed else _("账本里没有它的发票和回款")
    money = in_words(main.open, found.currency)
    if not main.overdue:
        return _("应收 %(money)s，没有一笔逾期") % {"money": money}
    return _("应收 %(money)s，其中 %(late)s（%(share)s）已逾期") % {
        "money": money,
        "late": in_words(main.overdue, found.currency),
        "share": share(float(main.overdue / main.open), 0),
    }


def strip(found: Receivables, rows_url: str) -> list[Shown]:
    main = found.main
    if main is None:
        return []
    return [
        _open(found, main, rows_url),
        _late(found, main, rows_url),
        _held(found, main),
        _left_over(found, main, rows_url),
    ]


def _opened(
    found: Receivables, formula: str, *inputs: tuple[str, str], note: str = "", rows_url: str = ""
) -> Arithmetic:
    return Arithmetic(
        formula=formula,
        inputs=list(inputs),
        as_of=found.day,
        method=version_of(found),
        note=note,
        rows_url=rows_url,
    )


def _open(found: Receivables, main: Owed, rows_url: str) -> Shown:
    number, unit = in_units(main.open, found.currency)
    note = ngettext("%(count)s 笔未清", "%(count)s 笔未清", main.items) % {"count": f"{main.items:,}"}
    return Shown(
        label=_("应收合计"),
        value=number,
        unit=unit,
        note=note,
        arithmetic=_opened(
            found,
            _("发票、期初余额和退款减去核销在它们上面的钱；先核销写明的发票，再核销最早的"),
            (_("未清金额"), to_the_cent(main.open, found.currency)),
            (_("笔数"), f"{main.items:,}"),
            (_("其中已有未到期承兑"), to_the_cent(main.pending, found.currency)),
            (_("没写到期日、按方法定账期的发票"), f"{main.without_due:,}"),
            rows_url=f"{rows_url}&bucket=",
        ),
    )


def _late(found: Receivables, main: Owed, rows_url: str) -> Shown:
    number, unit = in_units(main.overdue, found.currency)
    part = share(float(main.overdue / main.open), 0) if main.open else "–"
    return Shown(
        label=_("其中逾期"),
        value=number,
        unit=unit,
        note=_("占应收 %(share)s · %(count)s 笔") % {"share": part, "count": f"{main.late_items:,}"},
        tone="red" if main.overdue else "ink",
        arithmetic=_opened(
            found,
            _("到期日早于截至日的未清金额"),
            (_("逾期金额"), to_the_cent(main.overdue, found.currency)),
            (_("应收合计"), to_the_cent(main.open, found.currency)),
            (_("逾期笔数"), f"{main.late_items:,}"),
            (_("没写到期日的按几天"), f"{found.method.terms.days.value}"),
            rows_url=f"{rows_url}&bucket=late",
        ),
    )


def _held(found: Receivables, main: Owed) -> Shown:
    number, unit = in_units(found.held, found.currency)
    count = sum(bill.bills for bill in found.bills if bill.currency == found.currency)
    counts_at_due = found.method.acceptance.counts.value == "due"
    return Shown(
        label=_("手里未到期的承兑"),
        value=number,
        unit=unit,
        note=_("%(count)s 张") % {"count": f"{count:,}"},
        arithmetic=_opened(
            found,
            _("收到而到期日在截至日之后的承兑汇票"),
            (_("票面合计"), to_the_cent(found.held, found.currency)),
            (_("张数"), f"{count:,}"),
            (_("其中将核销现有应收"), to_the_cent(main.pending, found.currency)),
            note=_("承兑到期才算回款，在那以前应收仍然在外") if counts_at_due else _("承兑收到就算回款"),
            rows_url="#bills",
        ),
    )


def _left_over(found: Receivables, main: Owed, rows_url: str) -> Shown:
    number, unit = in_units(main.left_over, found.currency)
    return Shown(
        label=_("收了还没核销的钱"),
        value=number,
        unit=unit,
        note=_("预收、重付或发票没导进来") if main.left_over else _("每一笔都核销了"),
        tone="amber" if main.left_over else "ink",
        arithmetic=_opened(
            found,
            _("回款、红字发票和期初预收里，没有可核销的应收的部分；不与别家的应收相抵"),
            (_("未核销"), to_the_cent(main.left_over, found.currency)),
            rows_url=f"{rows_url}&left=1",
        ),
    )


def ageing(found: Receivables, rows_url: str) -> list[Aged]:
    """The buckets as bars, what is not due first."""
    main = found.main
    if main is None:
        return []
    return [
        Aged(
            name=found.bucket_name(code) or _("未到期"),
            amount=in_words(amount, found.currency),
            arithmetic=_opened(
                found,
                _("未清金额，按到期日到截至日的天数分档"),
                (found.bucket_name(code) or _("未到期"), to_the_cent(amount, found.currency)),
                (_("应收合计"), to_the_cent(main.open, found.currency)),
                note=found.method.ageing.source,
                rows_url=f"{rows_url}&bucket={code}",
            ),
            share=float(amount / main.open) if main.open else 0.0,
            is_late=code != NOT_DUE,
            url=f"{rows_url}&bucket={code}",
        )
        for code, amount in main.buckets.items()
    ]


def ageing_title(found: Receivables) -> str:
    main = found.main
    if main is None or not main.overdue:
        return _("没有一笔逾期")
    code, amount = list(main.buckets.items())[-1]
    if not amount:
        return _("没有一笔拖到“%(bucket)s”") % {"bucket": found.bucket_name(code)}
    return _("%(money)s 拖了“%(bucket)s”，占应收 %(share)s") % {
        "money": in_words(amount, found.currency),
        "bucket": found.bucket_name(code),
        "share": share(float(amount / main.open), 0),
    }


def others(found: Receivables) -> str:
    """What is owed in other currencies, side by side and never added."""
    told = [f"{one.currency} {one.open:,.2f}" for one in found.others if one.open]
    return _("另有别的币种，不相加：%(money)s") % {"money": _("、").join(told)} if told else ""


def days_figure(found: Receivables) -> Shown:
    label = _("周转天数（DSO）")
    last = found.trend[-1] if found.trend else None
    months = found.method.dso.months.value
    if last is None or last.dso is None:
        return Shown(
            label=label,
            value=_("未知"),
            note=_("账本里的发票不满 %(months)s 个月") % {"months": months},
            tone="unknown",
        )
    return Shown(
        label=label,
        value=f"{last.dso:.0f}",
        unit=_("天"),
        note=_("一年周转 %(times)s 次") % {"times": f"{365 / last.dso:.1f}"} if last.dso else "",
        arithmetic=_opened(
            found,
            _("应收合计 ÷ 近 %(months)s 个月开票（含税，减红字）× 365 × %(months)s/12") % {"months": months},
            (_("应收合计"), to_the_cent(last.open, found.currency)),
            (_("近 %(months)s 个月开票") % {"months": months}, to_the_cent(last.billed, found.currency)),
            note=found.method.dso.months.source,
        ),
    )


def cost_figure(found: Receivables) -> Shown:
    label = _("一年的资金成本")
    if found.cost is None or found.mean_open is None:
        return Shown(label=label, value=_("未知"), note=_("没有发票和回款"), tone="unknown")
    number, unit = in_units(found.cost, found.currency)
    return Shown(
        label=label,
        value=number,
        unit=unit,
        note=_("平均占用 %(money)s，按年 %(rate)s")
        % {"money": in_words(found.mean_open, found.currency), "rate": share(found.rate)},
        arithmetic=_opened(
            found,
            _("近 12 个月末应收的平均 × 资金成本率"),
            (_("平均应收"), to_the_cent(found.mean_open, found.currency)),
            (_("资金成本率（方法“%(name)s”）") % {"name": found.worth_version}, share(found.rate)),
            (_("资金成本"), to_the_cent(found.cost, found.currency)),
        ),
    )


def paid_figure(found: Receivables) -> Shown:
    label = _("付款天数")
    known = [one for one in found.trend if one.paid_after is not None]
    if not known:
        return Shown(label=label, value=_("未知"), note=_("近 12 个月没有核销"), tone="unknown")
    last = known[-1]
    first = known[0]
    return Shown(
        label=label,
        value=f"{last.paid_after:.0f}",
        unit=_("天"),
        note=f"{last.month:%Y-%m}"
        if last is first
        else _("%(month)s；%(before)s 是 %(days)s 天")
        % {
            "month": f"{last.month:%Y-%m}",
            "before": f"{first.month:%Y-%m}",
            "days": f"{first.paid_after:.0f}",
        },
        arithmetic=_opened(
            found,
            _("当月核销的每笔金额 × 开票到核销的天数之和 ÷ 当月核销的金额"),
            (_("月份"), f"{last.month:%Y-%m}"),
            (_("付款天数"), f"{last.paid_after}"),
        ),
    )


def trend_title(found: Receivables) -> str:
    known = [one for one in found.trend if one.dso is not None]
    if len(known) < 2:
        return _("周转天数还看不出走向")
    now, then = known[-1].dso or 0.0, known[0].dso or 0.0
    words = {"days": f"{now:.0f}", "month": f"{known[0].month:%Y-%m}", "change": f"{abs(now - then):.0f}"}
    if round(now) > round(then):
        return _("周转天数 %(days)s 天，比 %(month)s 多 %(change)s 天") % words
    if round(now) < round(then):
        return _("周转天数 %(days)s 天，比 %(month)s 少 %(change)s 天") % words
    return _("周转天数 %(days)s 天，和 %(month)s 一样") % words


def money_of(amount: Decimal, currency: str) -> str:
    return to_the_cent(amount, currency)
