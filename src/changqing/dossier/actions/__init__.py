"""What people do to an account's entry and to what is kept about it."""
