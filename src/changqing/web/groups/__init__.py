"""Groups of companies: their ranking, and the tree of one as a fragment of an account's page."""
