"""Receivables: what is owed, how old it is, which bills are held, what the waiting costs."""
