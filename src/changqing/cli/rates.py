"""Exchange rates: brought in like any other file, so that each can be undone and redone."""

from __future__ import annotations

import csv
import json
import tempfile
from argparse import Namespace
from pathlib import Path
from typing import Any

from changqing.cli import imports
from changqing.cli.book import opened, principal
from changqing.cli.words import gettext as _

SOURCE = "rates"
HEADER = ("币种", "日期", "汇率", "来源")


def show(words: Namespace) -> int:
    """The rates in force, by currency and day."""
    with opened():
        from changqing.ledger.queries import exchange_rates

        principal(words)
        rates = list(exchange_rates())
        if words.json:
            told = [
                {"currency": one.currency, "day": str(one.day), "rate": str(one.rate), "source": one.said_by}
                for one in rates
            ]
            print(json.dumps(told, ensure_ascii=False, indent=2))
            return 0
        for one in rates:
            print(f"{one.currency}  {one.day}  {one.rate:>16f}  {one.said_by}")
        if not rates:
            print(_("还没有汇率。例如：changqing rates set USD 2026-01-31 7.1 --said-by 中国外汇交易中心"))
    return 0


def bring_in(words: Namespace) -> int:
    """A file of rates; a rate that was there already is replaced, the others stay."""
    asked: dict[str, Any] = {
        "meaning": "lines",
        "unknown": "create",
        "department": "",
        "source": SOURCE,
        "map": [],
    }
    asked |= dict.fromkeys(("from_day", "to_day", "tax_rate", "first", "decimal"))
    return imports.bring_in(Namespace(**vars(words) | asked | {"kind": "rates", "json": False}))


def set_one(words: Namespace) -> int:
    """One rate, as a file of one row."""
    with tempfile.TemporaryDirectory(prefix="changqing-rate-") as folder:
        file = Path(folder) / f"{words.currency}-{words.day}.csv"
        with file.open("w", encoding="utf-8", newline="") as out:
            csv.writer(out).writerows([HEADER, (words.currency, words.day, f"{words.rate:f}", words.said_by)])
        return bring_in(Namespace(**vars(words) | {"file": file}))
