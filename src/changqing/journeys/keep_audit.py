"""The audit is verified and anchored; both are in the audit themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from changqing.base.refused import Refused
from changqing.people.permissions import Principal, check_may
from changqing.records.actions import seal_audit, write_audit
from changqing.records.queries import AuditReport, anchor_of_the_chain, audit_report


def verify_audit(*, by: Principal, anchor: Mapping[str, Any] | None = None) -> AuditReport:
    """Chain what is not chained yet, then walk the whole chain; ``anchor`` also shows what was cut off."""
    check_may(by, "read the audit")
    _seal_the_rest()
    report = audit_report(anchor=anchor)
    write_audit(by=by, verb="verify the audit", subject=("audit", report.sealed), faults=len(report.faults))
    return report


def anchor_audit(*, by: Principal) -> dict[str, Any]:
    """Where the chain stands now; Refused when it is broken already."""
    check_may(by, "read the audit")
    _seal_the_rest()
    report = audit_report()
    if not report.is_whole:
        raise Refused(_("审计链已经断裂，没有写锚点：%(fault)s") % {"fault": report.faults[0]})
    with transaction.atomic():
        anchor = anchor_of_the_chain()
        write_audit(by=by, verb="anchor the audit", subject=("audit", anchor["sequence"]))
    return anchor


def _seal_the_rest() -> None:
    while seal_audit(all_of_them=True):
        pass
