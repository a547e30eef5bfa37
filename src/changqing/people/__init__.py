"""Users, departments and roles, and the mechanism that says who may see and do what."""
