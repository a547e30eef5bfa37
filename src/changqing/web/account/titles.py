"""The answers of the account page, as sentences."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from changqing.accounts.queries import Part
from changqing.reports.account import AccountPage, PurchaseTrack
from changqing.web.accounts.amounts import in_words, signed_share
from changqing.web.components.tags import share


def months_title(found: AccountPage) -> str:
    """近 12 个整月收入 ¥4.1 万，同比 −38%."""
    money = in_words(found.year_revenue, found.currency)
    if found.year_change is not None:
        return _("近 12 个整月收入 %(money)s，同比 %(change)s") % {
            "money": money,
            "change": signed_share(found.year_change),
        }
    if found.year_revenue > 0:
        return _("近 12 个整月收入 %(money)s，此前 12 个月没有收入可比") % {"money": money}
    return _("近 12 个整月没有收入")


def families_title(found: AccountPage) -> str:
    bought = [row for row in found.families if row.revenue > 0]
    if not bought:
        return _("近 12 个整月没有买任何品类")
    gone = [row for row in found.families if row.revenue <= 0 < row.year_before]
    name = bought[0].family or _("未分品类")
    told = _("%(family)s 占 %(share)s") % {"family": name, "share": share(bought[0].share, 0)}
    if gone:
        told += _("；%(family)s 停了") % {
            "family": "、".join(row.family or _("未分品类") for row in gone[:2])
        }
    return told


def track_title(track: PurchaseTrack) -> str:
    """每 91 天一单（35 个间隔）；最近一单在 17 天前."""
    rhythm = track.rhythm
    if not rhythm.purchases:
        return _("还没有下过单")
    last = ngettext("最近一单在 %(days)s 天前", "最近一单在 %(days)s 天前", rhythm.since or 0) % {
        "days": f"{rhythm.since or 0:,}"
    }
    if rhythm.every is None:
        return _("下单 %(count)s 天，间隔太少，看不出节奏；%(last)s") % {
            "count": rhythm.purchases,
            "last": last,
        }
    return _("每 %(every)s 天一单（%(gaps)s 个间隔）；%(last)s") % {
        "every": f"{rhythm.every:,}",
        "gaps": f"{rhythm.gaps:,}",
        "last": last,
    }


def people_title(found: AccountPage) -> str:
    if Part.NAMES in found.hidden:
        return _("联系人不对您开放")
    present = sum(
        1 for each in found.contacts if not each.until or not found.as_of or each.until >= found.as_of
    )
    if not found.contacts:
        return _("还没有联系人")
    return _("%(present)s 人在任，%(gone)s 人已离任") % {
        "present": present,
        "gone": len(found.contacts) - present,
    }
