"""Verbs over what accounts are worth: ranking, scoring, tiers, ratings, methods."""

from changqing.value.actions.rankings import rank_the_book as rank_the_book
