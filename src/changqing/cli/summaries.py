"""The ledger's summaries, written as CSV or Parquet for whoever computes on them."""

from __future__ import annotations

import sys
from argparse import Namespace

from changqing.cli.book import opened, principal
from changqing.cli.words import gettext as _


def summary(words: Namespace) -> int:
    """One summary of the whole book: CSV on standard output, or a file by its ending."""
    with opened():
        import pyarrow.parquet as pq
        from pyarrow import csv

        from changqing.ledger.engines import summarised

        names = [words.name]
        table = summarised(principal(words), names, as_of=words.as_of, engine=words.engine)[words.name]
        if words.file is None:
            csv.write_csv(table, sys.stdout.buffer)
        elif words.file.suffix == ".parquet":
            pq.write_table(table, words.file)
        else:
            csv.write_csv(table, words.file)
        if words.file is not None:
            print(_("已写出 %(rows)s 行：%(file)s") % {"rows": f"{table.num_rows:,}", "file": words.file})
    return 0
