"""Today: what needs me now, why, what it may cost; answered with one key."""
