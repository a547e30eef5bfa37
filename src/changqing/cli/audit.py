"""Reading the audit, and whether its chain is whole."""

from __future__ import annotations

import json
from argparse import Namespace
from typing import Any

from changqing.base.refused import Refused
from changqing.cli.book import opened, principal
from changqing.cli.keeping import BREACH
from changqing.cli.words import gettext as _


def verify(words: Namespace) -> int:
    """The whole chain from its first link; exit code 3 when it is broken."""
    with opened():
        from changqing.journeys.keep_audit import verify_audit

        found = verify_audit(by=principal(words), anchor=_anchor(words) if words.anchor else None)
    if words.json:
        print(json.dumps(found.as_json(), ensure_ascii=False, indent=2))
        return 0 if found.is_whole else BREACH
    for fault in found.faults:
        print(fault)
    if found.elsewhere:
        print(_("前 %(n)s 环由另一把密钥封存，只能用那把密钥核对。") % {"n": f"{found.elsewhere:,}"})
    if found.is_whole:
        print(
            _("审计链完好：%(sealed)s 条已入链，%(unsealed)s 条待入链。")
            % {"sealed": f"{found.sealed:,}", "unsealed": f"{found.unsealed:,}"}
        )
    return 0 if found.is_whole else BREACH


def _anchor(words: Namespace) -> dict[str, Any]:
    try:
        said = json.loads(words.anchor.read_text(encoding="utf-8"))
        return {"sequence": int(said["sequence"]), "hash": str(said["hash"]), "key": str(said["key"])}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Refused(_("%(file)s 不是锚点文件：%(why)s") % {"file": words.anchor, "why": error}) from error


def anchor(words: Namespace) -> int:
    """Where the chain stands, as a line of JSON to keep elsewhere."""
    with opened():
        from changqing.journeys.keep_audit import anchor_audit

        said = json.dumps(anchor_audit(by=principal(words)))
    if words.file is None:
        print(said)
        return 0
    if words.file.exists():
        raise Refused(_("%(file)s 已经存在，没有覆盖。请换一个文件名。") % {"file": words.file})
    words.file.write_text(f"{said}\n", encoding="utf-8")
    print(_("锚点已写到 %(file)s。请存放到管理数据库的人改不到的地方。") % {"file": words.file})
    return 0


def show(words: Namespace) -> int:
    """Audit lines, newest first."""
    with opened():
        from changqing.records.queries import audit_lines

        rows = audit_lines(
            principal(words),
            who=words.who,
            verb=words.verb,
            subject=words.subject,
            since=words.since,
            until=words.until,
        )[: words.limit]
        for row in rows:
            if words.json:
                print(json.dumps(as_json(row), ensure_ascii=False))
            else:
                print(
                    f"{row.pk:>8} {row.at:%Y-%m-%d %H:%M:%S} {row.principal:<14} {row.door or '–':<6} "
                    f"{row.verb} {row.subject_kind} {row.subject_key} {row.because}"
                )
    return 0


def as_json(row: Any) -> dict[str, Any]:
    """One line as machines read it."""
    return {
        "id": row.pk,
        "at": row.at.isoformat(),
        "who": row.principal,
        "door": row.door,
        "verb": row.verb,
        "subject": [row.subject_kind, row.subject_key],
        "because": row.because,
        "details": row.details,
    }
