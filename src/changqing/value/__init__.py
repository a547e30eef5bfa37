"""What accounts are worth to us: rankings, classes and bands, each with its inputs and method version."""
