"""The team of an account and why somebody sees it: a card that the account page loads."""
