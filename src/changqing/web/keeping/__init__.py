"""What is kept about an account: facts in four tabs, notes and files, as fragments of its page."""
