"""Checking, backing up and restoring a book."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path

from changqing.base.refused import Refused
from changqing.cli.book import opened, principal
from changqing.cli.words import gettext as _

BREACH = 3


def check(words: Namespace) -> int:
    """The invariants; exit code 3 when one does not hold."""
    with opened():
        from changqing.journeys.keep_book import check_book

        found = check_book(by=principal(words))
    if words.json:
        print(json.dumps({"breaches": found}, ensure_ascii=False, indent=2))
    else:
        print("\n".join(found) or _("账本完好。"))
    return BREACH if found else 0


def backup(words: Namespace) -> int:
    """``backup FILE`` writes one, ``backup verify FILE`` looks whether it is whole."""
    *verb, file = words.words
    if verb not in ([], ["verify"]):
        raise Refused(_("写 changqing backup 文件，或 changqing backup verify 文件。"))
    words.file = Path(file)
    return _verify_backup(words) if verb else _back_up(words)


def _back_up(words: Namespace) -> int:
    with opened():
        from changqing.journeys.keep_book import back_up

        manifest = back_up(by=principal(words), to=words.file)
        print(
            _("已备份 %(files)s 个文件到 %(file)s。密钥不在其中，请另行保管数据目录里的 secrets。")
            % {"files": len(manifest["files"]), "file": words.file}
        )
    return 0


def _verify_backup(words: Namespace) -> int:
    """Every byte, and a restore that is thrown away; exit code 3 when the backup is not whole."""
    with opened():
        from changqing.journeys.keep_book import verify_backup as verify

        found = verify(by=principal(words), source=words.file)
    print("\n".join(found) or _("备份完好：每个字节都对，恢复演练成功。"))
    return BREACH if found else 0


def restore(words: Namespace) -> int:
    with opened(prepare=False):
        from changqing.journeys.keep_book import restore as restore_book

        found = restore_book(source=words.file, new_keys=words.new_keys)
    print("\n".join(found) or _("已恢复，账本完好。"))
    return BREACH if found else 0
