"""A supplier that does not exist, told through the product's own journeys with a seed.

It also makes large books of the same shape for measuring."""
