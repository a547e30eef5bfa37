"""Pure arithmetic on arrays, each formula with its source. Knows no framework and does no input or output."""
