"""Red entries: what a document type says about the sign and the kind of a row."""

from __future__ import annotations

import re

from changqing.ledger.rules.headers import squash
from changqing.ledger.rules.mapping import Mapping
from changqing.ledger.rules.sql import literal

_REBATE = "返利|返点|返现|REBATE|BONUS"
_RETURN = r"退货|退回|销退|退换|\bRETURNS?\b|\bRMA\b|^(RE|REK|RK)$"
_CREDIT = (
    r"红字|红票|红冲|冲红|冲销|负数|贷项|折让|^红$"
    r"|\bCREDIT[- _]?(NOTE|MEMO|INVOICE)\b|^CREDIT$|^(G2|GK|CR|CN|CRN)$"
)
_YES = "1|是|Y|YES|TRUE|T|√|红|红字|退|退货|R|RED|X"
_RED = "-1|红|红字|红单|R|RED"


def told_kind(mapping: Mapping, field: str) -> str:
    """'return', 'credit', 'rebate' where the document type says so, else NULL.

    A column of yes and no (是否红字, IsReturn) or of red and blue (红蓝字, FROB) is read as such.
    """
    if field not in mapping:
        return "CAST(NULL AS VARCHAR)"
    text = f"upper(t_{field})"
    name = squash(mapping.heading(field))
    as_return = "退" in name or "return" in name
    if "红蓝" in name or "frob" in name:
        return f"CASE WHEN regexp_full_match({text}, {literal(_RED)}) THEN 'credit' END"
    if re.search(r"是否|标志|^is|flag|^红字$|^bred$", name):
        kind = "return" if as_return else "credit"
        return f"CASE WHEN regexp_full_match({text}, {literal(_YES)}) THEN '{kind}' END"
    return (
        f"CASE WHEN regexp_matches({text}, {literal(_REBATE)}) THEN 'rebate' "
        f"WHEN regexp_matches({text}, {literal(_RETURN)}) THEN 'return' "
        f"WHEN regexp_matches({text}, {literal(_CREDIT)}) THEN 'credit' END"
    )
