"""What the book says of itself: counts that open to the lines behind them."""
