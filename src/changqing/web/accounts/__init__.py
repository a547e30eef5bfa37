"""The list of accounts: search, filters in the address, sorting, pages, export."""
