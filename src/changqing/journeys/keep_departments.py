"""Our own organisation's tree, changed by whoever keeps it, with an audit line each."""

from __future__ import annotations

from django.db import transaction

from changqing.people import actions
from changqing.people.permissions import Principal
from changqing.people.queries import Department, check_may_keep_users, department_with_id
from changqing.records.actions import write_audit


@transaction.atomic
def add_department(*, by: Principal, name: str, parent: int | None, door: str) -> Department:
    check_may_keep_users(by)
    actions.check_department_name(name=name, parent=parent)
    above = department_with_id(parent) if parent else None
    made = actions.add_department(name=name, parent=above)
    write_audit(
        by=by,
        verb="add department",
        subject=("department", made.pk),
        door=door,
        name=made.name,
        under=str(above or ""),
    )
    return made


@transaction.atomic
def rename_department(*, by: Principal, pk: int, name: str, door: str) -> Department:
    was = department_with_id(pk).name
    made = actions.rename_department(by=by, pk=pk, name=name)
    write_audit(by=by, verb="rename department", subject=("department", pk), door=door, name=[was, made.name])
    return made


@transaction.atomic
def move_department(*, by: Principal, pk: int, to: int | None, door: str) -> tuple[Department, int | None]:
    """The department where it is now, and where it was, so that it can be put back."""
    was = department_with_id(pk).parent
    moved = actions.move_department(by=by, pk=pk, to=to)
    write_audit(
        by=by,
        verb="move department",
        subject=("department", pk),
        door=door,
        name=moved.name,
        under=[str(was or ""), str(moved.parent or "")],
    )
    return moved, was.pk if was else None


@transaction.atomic
def delete_department(*, by: Principal, pk: int, door: str) -> str:
    name = actions.delete_department(by=by, pk=pk)
    write_audit(by=by, verb="delete department", subject=("department", pk), door=door, name=name)
    return name
