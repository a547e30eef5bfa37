"""The tables of the books: files and what they brought, and the rollups that pages read."""

from changqing.ledger.models.files import (
    CustomerKey,
    ExchangeRate,
    FileKind,
    Import,
    ImportDraft,
    ImportStop,
    InboxFile,
    Meaning,
    Product,
    Replacement,
    Segment,
    Source,
    SourceFormat,
)
from changqing.ledger.models.receivables import (
    Acceptance,
    AccountPayment,
    OpenItem,
)
from changqing.ledger.models.rollups import (
    AccountDays,
    AccountFlow,
    AccountMonth,
    AccountTotals,
)

__all__ = [
    "Acceptance",
    "AccountDays",
    "AccountFlow",
    "AccountMonth",
    "AccountPayment",
    "AccountTotals",
    "CustomerKey",
    "ExchangeRate",
    "FileKind",
    "Import",
    "ImportDraft",
    "ImportStop",
    "InboxFile",
    "Meaning",
    "OpenItem",
    "Product",
    "Replacement",
    "Segment",
    "Source",
    "SourceFormat",
]
