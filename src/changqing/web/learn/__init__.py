"""Learn: how right the forecasts were, how precise the rules are, what the book cannot say."""
