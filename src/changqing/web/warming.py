"""What a worker loads beside its first answers, which would wait for it otherwise."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
from django.template.loader import get_template

from changqing.engine.next_gap import SPANS, NextGap
from changqing.ledger.segments import duck

WEB = Path(__file__).resolve().parent


def warm() -> None:
    """Templates, DuckDB, what Arrow loads with its first sums, the compiled law of the next gap."""
    for path in WEB.rglob("*.html"):
        get_template(path.relative_to(WEB).as_posix())
    with duck() as connection:
        connection.execute("SELECT ?", ["warm"]).fetchall()
    pa.table({"word": ["warm"]}).group_by("word", use_threads=False).aggregate([])
    one = np.ones(1)
    law = NextGap(shape=one, strength=3 * one, scale=one, weights=np.eye(1, len(SPANS)))
    law.passed_by(law.longer_than(one))
