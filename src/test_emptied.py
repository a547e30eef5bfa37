"""After a test that committed nothing is left but what migrating wrote, not even in append-only tables."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.db import connection

import emptied
from changqing.accounts.models import Account
from changqing.base.history import acting
from changqing.people.models import Department
from changqing.people.permissions import operator
from changqing.records.actions import write_audit
from changqing.records.models import AuditLine, Change
from told_once import full_tables, may_write_past_triggers


@pytest.mark.django_db(transaction=True)
def test_rows_their_history_and_audit_lines_are_gone_and_permissions_stay() -> None:
    if not may_write_past_triggers():
        pytest.skip("this server lets nobody delete past triggers")
    known = set(Permission.objects.values_list("pk", flat=True))
    with acting(door="test"):
        department = Department.objects.create(name="华东区")
        Account.objects.create(key="A1", name="金陵特钢", department=department)
    write_audit(by=operator(because="a test"), verb="test.wrote", subject=("department", department.pk))
    assert Change.objects.exists() and AuditLine.objects.exists()
    emptied.empty(None)  # type: ignore[arg-type]
    assert full_tables() == []
    assert known and set(Permission.objects.values_list("pk", flat=True)) == known
    with connection.cursor() as cursor:
        cursor.execute("SHOW session_replication_role")
        assert cursor.fetchone() == ("origin",)
