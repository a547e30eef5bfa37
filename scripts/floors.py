"""Check the contracts of .importlinter on the house as it ships, that is without its tests."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from house import copy_of_the_house, lint


def main() -> int:
    with tempfile.TemporaryDirectory() as root:
        told = lint(copy_of_the_house(Path(root)))
    print(told.stdout + told.stderr)
    return told.returncode


if __name__ == "__main__":
    raise SystemExit(main())
