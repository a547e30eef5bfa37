"""The answers of Portfolio as sentences: each is the title of what shows its evidence."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from changqing.people.permissions import FEWEST_HIDDEN
from changqing.reports.portfolio import Portfolio
from changqing.web.accounts.amounts import currency_name, in_words
from changqing.web.components.tags import share


def page_title(found: Portfolio) -> str:
    """前 20%（126 家）贡献 67% 收入，低于 80/20."""
    said = found.verdict("revenue_pareto")
    numbers = said["numbers"]
    if said["code"] == "unknown":
        return _("收入合计不大于零，谈不上集中")
    if not numbers["head_accounts"]:
        return ngettext(
            "只有 %(count)s 家下过单，还分不出前 20%%",
            "只有 %(count)s 家下过单，还分不出前 20%%",
            numbers["accounts"],
        ) % {"count": numbers["accounts"]}
    words = {
        "head": share(float(numbers["head"]), 0),
        "count": f"{numbers['head_accounts']:,}",
        "share": share(numbers["share"], 0),
    }
    told = {
        "below": _("前 %(head)s（%(count)s 家）贡献 %(share)s 收入，低于 80/20"),
        "at": _("前 %(head)s（%(count)s 家）贡献 %(share)s 收入，正合 80/20"),
        "above": _("前 %(head)s（%(count)s 家）贡献 %(share)s 收入，高于 80/20"),
    }
    answer = told[said["code"]] % words
    return answer if found.is_whole_book else _("您可见的客户中，%(answer)s") % {"answer": answer}


def pareto_title(found: Portfolio) -> str:
    reached = found.results["accounts_to_80"]
    if reached is None:
        return _("收入合计不大于零，画不出曲线")
    return _("%(reached)s 家到 80%% 收入，占下单客户的 %(share)s") % {
        "reached": f"{reached:,}",
        "share": share(reached / found.results["buying_accounts"], 0),
    }


def whale_title(found: Portfolio) -> str:
    loss = found.results["loss_making"]
    eaten = found.money("whale_eaten")
    if found.money("margin") is None:
        return _("这些客户的毛利不对您开放")
    if loss is None or eaten is None:
        return _("没有一家的成本已知，利润不猜")
    if not loss:
        return _("没有一家亏损")
    words = {"count": f"{loss:,}", "eaten": in_words(eaten, found.currency)}
    peak = found.money("whale_peak")
    if not peak:
        return _("%(count)s 家全部亏损，共 %(eaten)s") % words
    if eaten > peak:
        return _("末尾 %(count)s 家吃掉 %(eaten)s，比挣到的还多") % words
    return _("末尾 %(count)s 家吃掉 %(eaten)s，占挣到的 %(share)s") % {
        **words,
        "share": share(float(eaten / peak), 0),
    }


def concentration_title(found: Portfolio) -> str:
    """The first limit that is passed, or how far the nearest is."""
    names = {
        "single_account": _("最大一家客户"),
        "top_five": _("前五大客户"),
        "single_industry": _("最大的行业"),
    }
    known = [
        (question, found.verdict(question)["numbers"])
        for question in names
        if found.verdict(question)["code"] != "unknown"
    ]
    if not known:
        return _("收入合计不大于零，谈不上集中")
    question, numbers = max(known, key=lambda each: each[1]["share"] - float(each[1]["limit"]))
    points = round((numbers["share"] - float(numbers["limit"])) * 100)
    name = names[question]
    if question == "single_industry":
        name = str(numbers["name"])
    words = {"name": name, "share": share(numbers["share"], 0), "points": abs(points)}
    if numbers["share"] > float(numbers["limit"]):
        return _("集中度：%(name)s %(share)s，越过红线 %(points)s 个点") % words
    return _("集中度：%(name)s %(share)s，离红线 %(points)s 个点") % words


def abc_title(found: Portfolio) -> str:
    abc = found.results["abc"]
    first = next(iter(abc), "")
    if not first or abc[first]["share"] is None:
        return _("ABC 分类")
    words = {
        "letter": first,
        "count": f"{abc[first]['accounts']:,}",
        "share": share(abc[first]["share"], 0),
        "expected": share(float(abc[first]["expected"]), 0),
    }
    if not found.is_whole_book:
        return _("您可见的 %(letter)s 类 %(count)s 家，占其中收入 %(share)s") % words
    return _("%(letter)s 类 %(count)s 家占收入 %(share)s，书上说 %(expected)s") % words


def bands_title(found: Portfolio) -> str:
    bands = found.results["bands"]
    if bands["because"]:
        return _("金额级别未知")
    counts = bands["accounts"]
    in_bands = sum(count for code, count in counts.items() if code != "below")
    lowest = found.method.bands.levels[-1]
    if not in_bands:
        return _("没有一家年收入到 %(lowest)s") % {
            "lowest": in_words(lowest.lower, found.method.bands.currency)
        }
    parts = [
        _("%(band)s %(count)s 家") % {"band": str(band.name), "count": f"{counts.get(band.code, 0):,}"}
        for band in found.method.bands.levels
    ]
    return "，".join(parts) if _("，") == "，" else ", ".join(parts)


def bands_because(found: Portfolio) -> str:
    """Why the bands are unknown; empty when they are known."""
    because = found.results["bands"]["because"]
    words = {"book": currency_name(found.currency), "bands": currency_name(found.method.bands.currency)}
    told = {
        "no_rate": _("账本是%(book)s，级别用%(bands)s写；没有带日期的汇率，所以不分级，也不猜。"),
        "no_annual_revenue": _("不知道最近十二个月的收入，所以不分级。"),
        "no_accounts": _("这段时间没有一家下过单。"),
    }
    return told[because] % words if because else ""


def rows_title(found: Portfolio) -> str:
    count = len(found.rows)
    if count == found.results["buying_accounts"]:
        return _("下过单的 %(count)s 家，按收入从高到低") % {"count": f"{count:,}"}
    return _("收入最高的 %(count)s 家") % {"count": count}


def stale_sentence(found: Portfolio) -> str:
    """A warning when the book is older than the method allows."""
    if not found.is_stale or found.as_of is None:
        return ""
    return _(
        "账本截至 %(day)s，已经 %(days)s 天没有新的订单（超过 %(limit)s 天）；下面的“近”都以那天为准。"
    ) % {
        "day": found.as_of.isoformat(),
        "days": f"{found.days_old:,}",
        "limit": found.method.freshness.stale_after_days.value,
    }


def in_view_sentence(found: Portfolio) -> str:
    """What the figures are over, for a reader of less than the whole book."""
    if found.is_whole_book:
        return ""
    if found.book_accounts - found.results["buying_accounts"] < FEWEST_HIDDEN:
        # how many there are beside would give the few away
        return _("合计、曲线和集中度只含您可见的客户；名次和类别按整本账排定。")
    return _("合计、曲线和集中度只含您可见的 %(seen)s 家；名次和类别按整本账的 %(whole)s 家排定。") % {
        "seen": f"{found.results['buying_accounts']:,}",
        "whole": f"{found.book_accounts:,}",
    }


def history_title(found: Portfolio) -> str:
    """How often this period was ranked, and whether any ranking stands on what was undone."""
    marked = sum(bool(past.undone) for past in found.history)
    if marked:
        return _("最近 %(count)s 次排名，其中 %(marked)s 次用到了后来撤销的导入") % {
            "count": len(found.history),
            "marked": marked,
        }
    return _("最近 %(count)s 次排名，都立得住") % {"count": len(found.history)}
