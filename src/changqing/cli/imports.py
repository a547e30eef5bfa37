"""Bringing files in, and the catalogue of what was brought in."""

from __future__ import annotations

import json
import sys
import time
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from changqing.base.refused import Refused
from changqing.cli.book import opened, principal
from changqing.cli.words import gettext as _

if TYPE_CHECKING:
    from changqing.ledger.models import Import

LOOK_EVERY_SECONDS = 0.3


def bring_in(words: Namespace) -> int:
    """Hand the file in; a running worker brings it in while we look on, else we do it ourselves."""
    with opened():
        from changqing.jobs.workers import a_worker_lives
        from changqing.journeys import import_ledger
        from changqing.ledger.queries import import_by_id

        if not words.file.is_file():
            raise Refused(_("找不到文件 %(file)s。") % {"file": words.file})
        entry = import_ledger.hand_in(
            by=principal(words), kind=words.kind, path=words.file, source=words.source, wanted=_wanted(words)
        )
        if a_worker_lives():
            _look_on(entry, is_quiet=words.json)
        else:
            import_ledger.run_or_wait(entry.pk)
        done = import_by_id(entry.pk)
        assert done is not None
        _tell(done, is_json=words.json)
        return 0 if done.state == done.State.IN_FORCE else 1


def _wanted(words: Namespace) -> Any:
    from changqing.ledger.actions import Wanted
    from changqing.people.queries import department_named

    given = dict(pair.split("=", 1) for pair in words.map if "=" in pair)
    if len(given) != len(words.map):
        raise Refused(_("--map 要写成 字段=列名，例如 --map amount=未税金额。"))
    asked = {
        "tax_rate": str(words.tax_rate) if words.tax_rate is not None else None,
        "first": words.first,
        "decimal_comma": {"comma": True, "point": False}.get(words.decimal),
    }
    wishes = {name: value for name, value in asked.items() if value is not None}
    return Wanted(
        meaning=words.meaning,
        from_day=words.from_day,
        to_day=words.to_day,
        unknown=words.unknown,
        department=department_named(words.department) if words.department else None,
        mapping={**({"given": given} if given else {}), **({"wishes": wishes} if wishes else {})},
    )


def _look_on(entry: Import, *, is_quiet: bool) -> None:
    """Until the worker is done; leaving changes nothing, the worker goes on."""
    told = ""
    while entry.state in (entry.State.WAITING, entry.State.RUNNING):
        time.sleep(LOOK_EVERY_SECONDS)
        entry.refresh_from_db()
        now = f"{entry.get_state_display()} {entry.step} {entry.rows_done:,}/{entry.rows_total:,}"
        if now != told and not is_quiet and sys.stderr.isatty():
            print(f"\r{now:<70}", end="", file=sys.stderr)
            told = now
    if told:
        print(file=sys.stderr)


def as_json(entry: Import) -> dict[str, Any]:
    """One import as machines read it."""
    return {
        "id": entry.pk,
        "number": entry.number,
        "state": entry.state,
        "kind": entry.kind,
        "source": entry.source.code,
        "file": entry.file_name,
        "meaning": entry.meaning,
        "asked_at": entry.asked_at.isoformat(),
        "error": entry.error,
        "report": entry.report,
    }


def _tell(entry: Import, *, is_json: bool) -> None:
    if is_json:
        print(json.dumps(as_json(entry), ensure_ascii=False, indent=2))
        return
    if entry.error:
        print(entry.error, file=sys.stderr)
        return
    for line in _sentences(entry):
        print(line)


def _sentences(entry: Import) -> list[str]:
    from changqing.ledger.intake import notes_of

    told = entry.report
    lines = [
        _("导入 %(number)s：%(file)s") % {"number": entry.number, "file": entry.file_name},
        _(
            "新增 %(came)s 行（%(money)s），更改 %(changed)s 行，移去 %(went)s 行，"
            "相同 %(same)s 行，退回 %(refused)s 行"
        )
        % {
            "came": f"{told.get('came', 0):,}",
            "money": f"{float(told.get('money_came', 0)):,.2f}",
            "changed": f"{told.get('changed', 0):,}",
            "went": f"{told.get('went', 0):,}",
            "same": f"{told.get('same', 0):,}",
            "refused": f"{told.get('refused', 0):,}",
        },
    ]
    lines += notes_of(entry)
    if told.get("refused"):
        lines.append(
            _("取回退回行：changqing imports refused %(id)s 文件，改好后再导入。") % {"id": entry.pk}
        )
    return lines


def show(words: Namespace) -> int:
    """The imports, newest first."""
    with opened():
        from changqing.ledger.queries import imports

        entries = list(imports(principal(words))[:200])
        if getattr(words, "json", False):
            print(json.dumps([as_json(entry) for entry in entries], ensure_ascii=False, indent=2))
            return 0
        for entry in entries:
            told = entry.report
            print(
                f"{entry.pk:>6} {'#' + str(entry.number) if entry.number else '–':>6} "
                f"{entry.get_state_display():<6} {entry.get_kind_display():<6} "
                f"{entry.asked_at:%Y-%m-%d %H:%M} "
                f"+{told.get('came', 0):,} ~{told.get('changed', 0):,} −{told.get('went', 0):,} "
                f"✕{told.get('refused', 0):,}  {entry.file_name}"
            )
        if not entries:
            print(_("还没有导入。例如：changqing import orders 订单明细.csv"))
    return 0


def undo(words: Namespace) -> int:
    with opened():
        from changqing.journeys.import_ledger import undo_import

        changes = undo_import(by=principal(words), number=words.number)
        print(
            _("导入 %(number)s 已撤销：移去 %(went)s 行，恢复 %(came)s 行，更改 %(changed)s 行。")
            % {
                "number": words.number,
                "went": f"{changes.went:,}",
                "came": f"{changes.came:,}",
                "changed": f"{changes.changed:,}",
            }
        )
    return 0


def redo(words: Namespace) -> int:
    with opened():
        from changqing.journeys.import_ledger import redo_import

        changes = redo_import(by=principal(words), number=words.number)
        print(
            _("导入 %(number)s 已恢复：新增 %(came)s 行，移去 %(went)s 行，更改 %(changed)s 行。")
            % {
                "number": words.number,
                "went": f"{changes.went:,}",
                "came": f"{changes.came:,}",
                "changed": f"{changes.changed:,}",
            }
        )
    return 0


def refused(words: Namespace) -> int:
    """The refused rows of an import, as a file of the format they came in."""
    with opened():
        from changqing.journeys.hand_back import hand_back

        rows = hand_back(by=principal(words), pk=words.id, to=words.file)
        print(_("%(rows)s 行已写到 %(file)s。") % {"rows": f"{rows:,}", "file": words.file})
    return 0


def export(words: Namespace) -> int:
    """What the book holds of a kind, as CSV or, by the file's name, as XLSX."""
    with opened():
        from changqing.journeys.give_out import CSV, XLSX, write_book

        shape = XLSX if words.file.suffix.lower() == ".xlsx" else CSV
        rows = write_book(
            by=principal(words), kind=words.kind, source=words.source, shape=shape, to=_free(words.file)
        )
        print(_("%(rows)s 行已写到 %(file)s。") % {"rows": f"{rows:,}", "file": words.file})
    return 0


def template(words: Namespace) -> int:
    """A workbook to fill in, in the language of the terminal."""
    with opened():
        from changqing.journeys.give_out import write_template

        write_template(by=principal(words), kind=words.kind, to=_free(words.file))
        print(_("模板已写到 %(file)s。") % {"file": words.file})
    return 0


def _free(path: Path) -> Path:
    if path.exists():
        raise Refused(_("%(file)s 已经存在，没有覆盖。请换一个文件名。") % {"file": path})
    return path


def match(words: Namespace) -> int:
    with opened():
        from changqing.accounts.queries import account_by_key
        from changqing.journeys.import_ledger import rematch

        by = principal(words)
        account = account_by_key(by, words.account)
        if account is None:
            raise Refused(_("没有编号为 %(key)s 的客户，或您看不到它。") % {"key": words.account})
        rematch(by=by, key=words.key, account=account, source=words.source)
        print(_("%(key)s 现在归 %(account)s。") % {"key": words.key, "account": account.name})
    return 0
