"""Settings: one's own account, and for administrators users, departments, security and the organisation."""
