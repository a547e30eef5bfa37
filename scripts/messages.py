"""Bring every room's English catalogue up to date with what the code says, and compile it.

Tells what still lacks its English and ends with 1 while anything does.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from catalogues import english, rooms, update


def main() -> int:
    missing = 0
    for room in rooms():
        catalogue = update(room)
        catalogue.save_as_mofile(str(room.catalogue.with_suffix(".mo")))
        lacking = [entry.msgid for entry in catalogue if entry.fuzzy or not all(english(entry))]
        missing += len(lacking)
        print(f"{room.name}: {len(catalogue)} messages, {len(lacking)} without English")
        for text in lacking:
            print(f"  {text}")
    return 1 if missing else 0


if __name__ == "__main__":
    raise SystemExit(main())
