"""Accounts that may be one company: side by side, merged field by field, and taken apart again."""
