"""What accounts are worth, for pages, commands and the API: tiers, matrix, lifetime profit, rhythm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from changqing.accounts.queries import Account
from changqing.people.permissions import Principal
from changqing.retention.queries import counts
from changqing.value.queries.methods import methods_in_force
from changqing.value.queries.worth import (
    AccountRhythm,
    AccountStanding,
    AccountWorth,
    clp_totals,
    model_counts,
    movers,
    proposals,
    rhythm_row,
    standing_of,
    standings_before,
    standings_counted,
    worth_of,
)
from changqing.value.rules.schemes import WORDS


@dataclass(frozen=True)
class Judged:
    """What is said of one account; None where there is nothing, or it is not this reader's to see."""

    standing: AccountStanding | None
    worth: AccountWorth | None
    rhythm: AccountRhythm | None


def judged(to: Principal, account: Account) -> Judged:
    return Judged(standing_of(to, account), worth_of(to, account), rhythm_row(to, account))


def tier_name(scheme_code: str, code: str) -> str:
    """The name of a tier by the scheme in force; its code where a later scheme does not know it."""
    scheme = methods_in_force().tiers.scheme(scheme_code)
    tier = scheme.tier(code) if scheme else None
    return str(tier.name) if tier else code


def account_json(found: Judged) -> dict[str, Any]:
    """What ``changqing account KEY --json`` adds."""
    return {
        "standing": _standing_json(found.standing) if found.standing else None,
        "lifetime_profit": _worth_json(found.worth) if found.worth else None,
        "rhythm": _rhythm_json(found.rhythm) if found.rhythm else None,
    }


def _standing_json(row: AccountStanding) -> dict[str, Any]:
    return {
        "as_of": row.as_of.isoformat(),
        "since": row.since.isoformat(),
        "scheme": row.scheme,
        "tier": row.tier,
        "settled": row.settled,
        "proposed": row.proposed,
        "pending": row.pending,
        "reason": row.reason,
        "matrix": row.matrix,
        "because": row.matrix_reason,
        "value_rank": row.value_rank,
        "potential": row.potential,
        "labels": row.labels,
        "before": row.before,
        "methods": [str(row.tiers_method), str(row.worth_method)],
    }


def _worth_json(row: AccountWorth) -> dict[str, Any]:
    return {
        "as_of": row.as_of.isoformat(),
        "model": row.model,
        "because": row.because,
        "profit": row.profit,
        "low": row.low,
        "high": row.high,
        "at_risk": row.at_risk,
        "contribution": row.contribution,
        "by_year": row.by_year,
        "facts": row.facts,
    }


def _rhythm_json(row: AccountRhythm) -> dict[str, Any]:
    days = ("as_of", "next_low", "next_expected", "next_high")
    numbers = ("purchases", "alive", "every", "variation", "silence", "stretch", "tail")
    said: dict[str, Any] = {name: getattr(row, name) and getattr(row, name).isoformat() for name in days}
    return said | {"model": row.model} | {name: getattr(row, name) for name in numbers}


def portfolio_json(to: Principal) -> dict[str, Any]:
    """What ``changqing portfolio --json`` adds: over the accounts in view, as on the page."""
    totals, counted = clp_totals(to), standings_counted(to)
    return {
        "tiers": counted.tiers,
        "matrix": {
            name: {"accounts": sum(reasons.values()), "because": reasons}
            for name, reasons in _in_order(counted.matrix).items()
        },
        "clp_total": {
            "profit": totals.profit,
            "low": totals.low,
            "high": totals.high,
            "unknown": totals.unknown,
        },
        "at_risk": totals.at_risk,
        "models": model_counts(to),
        "warnings": counts(to),
    }


def _in_order(found: Mapping[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    return {name: found[name] for name in WORDS["matrix"] if name in found}


def tier_report(to: Principal) -> dict[str, Any]:
    """What ``changqing tier list`` prints."""
    found, scheme = standings_counted(to), methods_in_force().tiers.governs
    names = {tier.code: str(tier.name) for tier in scheme.tiers}
    return {
        "scheme": scheme.code,
        "tiers": {
            code: {"name": names.get(code, ""), "accounts": found.tiers.get(code, 0)}
            for code in [*names, *(code for code in found.tiers if code not in names)]
        },
        "moved": found.moved,
        "movers": [
            {"key": one.key, "name": one.name, "before": one.before_tier, "tier": one.tier}
            for one in movers(to)
        ],
        "proposals": [
            {name: said for name, said in asdict(row).items() if name != "account"} for row in proposals(to)
        ],
    }


def tier_history(to: Principal, account: Account) -> list[dict[str, Any]]:
    """Every judgement of an account with the method that made it, newest first."""
    return [
        {
            "since": row.since.isoformat(),
            "until": row.until.isoformat() if row.until else None,
            "tier": row.tier,
            "matrix": row.matrix,
            "because": row.matrix_reason,
            "reason": row.reason,
            "inputs": row.inputs,
            "method": str(row.tiers_method),
        }
        for row in standings_before(to, account)
    ]
