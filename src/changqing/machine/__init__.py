"""What runs on this machine: the data folder, its secrets, the embedded PostgreSQL and the processes. No Django."""
