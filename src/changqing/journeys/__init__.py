"""Stories that cross rooms, in order; each file can be read aloud."""
