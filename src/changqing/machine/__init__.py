"""What runs on this machine: data folder, secrets, embedded PostgreSQL, processes. No Django."""
