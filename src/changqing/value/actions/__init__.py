"""Verbs over what accounts are worth: ranking, scoring, tiers, ratings, methods."""

from changqing.value.actions.rankings import rank_the_book as rank_the_book
from changqing.value.actions.rankings import rank_where_sums_stand as rank_where_sums_stand
