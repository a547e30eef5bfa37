"""Judgements on what is written about an account; no clock, no query."""
