"""Our own organisation: what it decided about itself, and how its people come in and go out again."""
