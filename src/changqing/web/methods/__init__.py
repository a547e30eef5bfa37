"""Methods: read every pack, change a tier scheme, see who would move, publish a version."""
