"""Amounts, days and periods as these pages write them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from changqing.base.money import Written, exact, written
from changqing.web.components.lists import Choice
from changqing.web.components.tags import minus, share


def in_units(amount: Decimal, currency: str) -> Written:
    """``amount`` in the reader's units: number and unit apart."""
    return written(amount, currency, get_language() or "zh-hans")


def in_words(amount: Decimal | None, currency: str) -> str:
    """``amount`` in a sentence: ¥7,755 万; 未知 when there is none."""
    if amount is None:
        return _("未知")
    number, unit = in_units(amount, currency)
    is_chinese = (get_language() or "zh").startswith("zh")
    return f"{number} {unit}".strip() if is_chinese else f"{number}{unit}"


def to_the_cent(amount: Decimal | None, currency: str) -> str:
    return _("未知") if amount is None else exact(amount, currency)


def signed_share(ratio: float | None, digits: int = 0) -> str:
    """A change as people write it: +12%, −38%; – when there is none."""
    return (
        f"+{share(ratio, digits)}"
        if ratio is not None and round(ratio, digits + 2) > 0
        else share(ratio, digits)
    )


def days(count: int) -> str:
    return minus(f"{count:,}")


def currency_name(currency: str) -> str:
    names = {"CNY": _("人民币"), "USD": _("美元"), "EUR": _("欧元"), "HKD": _("港元")}
    return names.get(currency, currency)


def period_name(period: str) -> str:
    return {"36m": _("近 36 个月"), "12m": _("近 12 个月"), "all": _("整本账")}[period]


def period_words(period: str, from_day: date | None, as_of: date | None) -> str:
    """近 36 个月（2017-06-01 至 2020-05-31）."""
    if as_of is None:
        return period_name(period)
    if from_day is None:
        return _("%(period)s（至 %(to)s）") % {"period": period_name(period), "to": as_of.isoformat()}
    return _("%(period)s（%(from)s 至 %(to)s）") % {
        "period": period_name(period),
        "from": from_day.isoformat(),
        "to": as_of.isoformat(),
    }


def period_choices(current: str, address: str) -> list[Choice]:
    """The periods as links; ``address`` ends where the period is to be written."""
    names = (("36m", _("36 个月")), ("12m", _("12 个月")), ("all", _("全部")))
    return [Choice(label=label, url=address + period, current=period == current) for period, label in names]
