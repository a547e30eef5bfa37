"""How an export of another system is understood: which column is what, what a cell says, what a row means.

Pure functions: they decide and they write DuckDB SQL as text; whoever calls them runs it.
Order of use: ``columns.guess`` → ``columns.check`` → ``glance.glance_sql`` → ``evidence.evidence_sql`` →
``evidence.complete`` → ``evidence.decide`` → ``meaning.select_rows`` / ``refused_rows`` /
``skipped_rows`` / ``summary_sql``.
"""
