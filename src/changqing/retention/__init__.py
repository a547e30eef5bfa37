"""Warnings: who drifts, since when, how unusual it is, what it may cost, and what was decided about it."""
