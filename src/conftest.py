"""What every test stands on: a data folder of its own and a real PostgreSQL."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

# A run never touches the book of whoever runs it.
os.environ["CHANGQING_DATA"] = str(Path(tempfile.mkdtemp(prefix="changqing-test-")) / "data")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "changqing.settings")
