"""The way in: first page, sign-in, first user, language and theme."""
