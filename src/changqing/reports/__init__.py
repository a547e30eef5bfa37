"""Read models across rooms: what one page or one answer needs, in a constant number of queries."""
