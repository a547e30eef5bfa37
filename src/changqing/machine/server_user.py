"""Whom the embedded server runs as. PostgreSQL refuses uid 0, and initdb a uid without a passwd entry."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from changqing.machine.error import MachineError
from changqing.machine.speech import gettext as _

# accounts that every Debian has and nothing else uses
SERVANTS = ("daemon", "nobody")


@dataclass(frozen=True)
class ServerUser:
    """``prefix`` goes before the server's command; its files belong to ``uid`` and ``gid`` outside."""

    uid: int
    gid: int
    prefix: tuple[str, ...] = ()

    def give(self, *paths: Path) -> None:
        """Hand over these paths and all below them, where they belong to another."""
        for path in paths:
            if path.stat().st_uid != self.uid:
                for found in (path, *path.rglob("*")):
                    os.chown(found, self.uid, self.gid, follow_symlinks=False)

    def can_enter(self, folder: Path) -> bool:
        """Whether the server, so started, can read and write in this folder."""
        if self.prefix and not shutil.which(self.prefix[0]):
            return False
        probe = [*self.prefix, "test", "-r", str(folder), "-a", "-w", str(folder), "-a", "-x", str(folder)]
        return subprocess.run(probe, capture_output=True, check=False).returncode == 0


def server_user(folder: Path) -> ServerUser:
    """Ourselves where PostgreSQL allows it, else the first disguise that works here.

    For root a namespace in which it has another name: files stay root's and a folder closed to others
    stays closed. Where namespaces are forbidden, as in most containers, a system account that keeps
    the right to pass closed folders.
    """
    if os.geteuid() != 0 and _has_name(os.geteuid()):
        return ServerUser(os.geteuid(), os.getegid())
    for candidate in _disguises():
        if candidate.can_enter(folder):
            return candidate
    raise MachineError(
        _(
            "内置的 PostgreSQL 不能以当前用户（uid %(uid)s）运行，而文件夹 %(folder)s 对其他用户是关闭的。"
            "请以普通用户启动，或用 DATABASE_URL 指定一个 PostgreSQL。"
        )
        % {"uid": os.geteuid(), "folder": folder}
    )


def _has_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _disguises() -> list[ServerUser]:
    accounts = [entry for entry in pwd.getpwall() if entry.pw_name in SERVANTS]
    if not accounts:
        return []
    account = min(accounts, key=lambda entry: SERVANTS.index(entry.pw_name))
    namespace = ("unshare", "--user", f"--map-user={account.pw_uid}", "--")
    keep = "+dac_override"
    switch = (
        *("setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"),
        # without the bit, access(2) would ignore the right that was kept
        *(f"--inh-caps={keep}", f"--ambient-caps={keep}", "--securebits=+no_setuid_fixup", "--"),
    )
    return [
        ServerUser(os.geteuid(), os.getegid(), namespace),
        ServerUser(account.pw_uid, account.pw_gid, switch),
    ]
