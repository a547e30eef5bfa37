"""The page of one account: one scroll, its sections reached by 1-9."""
