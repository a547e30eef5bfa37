"""Django finds its tables here: one app, one migration history."""

from changqing.accounts.models import Account, Contact, Person
from changqing.contacts.models import Erasure, PersonMerge
from changqing.dossier.models import (
    AccountMerge,
    Attachment,
    Fact,
    Note,
    NotTheSame,
    Revision,
    RevisionLine,
    SavedList,
)
from changqing.ledger.models import (
    AccountDays,
    AccountFlow,
    AccountMonth,
    AccountTotals,
    CustomerKey,
    Import,
    Product,
    Replacement,
    Segment,
    Source,
    SourceFormat,
)
from changqing.organisation.models import OneTimeLink, OrganisationSettings, SignedInSession
from changqing.people.models import Department, User
from changqing.records.models import AuditLine, AuditSeal, Change, MethodVersion
from changqing.retention.models import AccountWarning, WarningAnswer
from changqing.value.models import (
    AccountRank,
    AccountRhythm,
    AccountStanding,
    AccountWorth,
    BookFit,
    FactorRating,
    Nomination,
    Ranking,
    TierDecision,
)

__all__ = [
    "Account",
    "AccountDays",
    "AccountFlow",
    "AccountMerge",
    "AccountMonth",
    "AccountRank",
    "AccountRhythm",
    "AccountStanding",
    "AccountTotals",
    "AccountWarning",
    "AccountWorth",
    "Attachment",
    "AuditLine",
    "AuditSeal",
    "BookFit",
    "Change",
    "Contact",
    "CustomerKey",
    "Department",
    "Erasure",
    "Fact",
    "FactorRating",
    "Import",
    "MethodVersion",
    "Nomination",
    "NotTheSame",
    "Note",
    "OneTimeLink",
    "OrganisationSettings",
    "Person",
    "PersonMerge",
    "Product",
    "Ranking",
    "Replacement",
    "Revision",
    "RevisionLine",
    "SavedList",
    "Segment",
    "SignedInSession",
    "Source",
    "SourceFormat",
    "TierDecision",
    "User",
    "WarningAnswer",
]
