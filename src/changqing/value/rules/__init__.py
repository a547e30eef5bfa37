"""Judgements over the whole book as pure functions of arrays: concentration, schemes of tiers, worth."""

from changqing.value.rules.concentration import BookFacts as BookFacts
from changqing.value.rules.concentration import ConcentrationMethod as ConcentrationMethod
from changqing.value.rules.concentration import RankingResult as RankingResult
from changqing.value.rules.concentration import margin_rate as margin_rate
from changqing.value.rules.concentration import rank_book as rank_book
