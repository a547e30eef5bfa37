"""See to it that the browser tests can run: a Chromium on PATH and a Chinese font.

Installs Debian's where we are root and have apt; otherwise says in one sentence what to install. Never fails:
without them the browser tests skip themselves, with the reason, and are counted.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts")
CHINESE = ("notosanscjk", "notosanssc", "notoserifcjk", "sourcehan", "wqy", "wenquanyi", "droidsansfallback")
APT_SECONDS = 600


def missing() -> list[str]:
    """The Debian packages that would bring what is not here."""
    wanted = []
    if not any(map(shutil.which, BROWSERS)):
        wanted.append("chromium")
    if not has_chinese_font():
        wanted.append("fonts-noto-cjk")
    return wanted


def has_chinese_font() -> bool:
    files = (path for folder in FONT_FOLDERS for path in Path(folder).expanduser().rglob("*.[to]t[cf]"))
    names = (path.name.lower().replace("-", "").replace("_", "") for path in files)
    return any(known in name for name in names for known in CHINESE)


def install(packages: list[str]) -> None:
    """Ask apt, which may have no network or no such package: then the sentence follows."""
    print(f"安装 {' '.join(packages)}（apt）/ installing {' '.join(packages)} with apt", flush=True)
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
        command = ["apt-get", "--quiet=2", *words]
        try:
            subprocess.run(
                command, env=quiet, stdout=subprocess.DEVNULL, timeout=APT_SECONDS, check=True
            )  # fmt: skip
        except (subprocess.SubprocessError, OSError) as error:
            print(f"apt: {error}")
            return


def main() -> None:
    wanted = missing()
    if wanted and os.geteuid() == 0 and shutil.which("apt-get"):
        install(wanted)
        wanted = missing()
    if wanted:
        names = " ".join(wanted)
        print(f"没有 {names}，浏览器测试会被跳过；请安装：apt-get install {names}")
        print(f"Without {names} the browser tests are skipped; install them: apt-get install {names}")


if __name__ == "__main__":
    main()
