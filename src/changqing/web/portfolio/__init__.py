"""Portfolio: where the money sits, what it hangs on and who eats the profit."""
