"""What runs on this machine: the data folder and its secrets, the embedded PostgreSQL, the processes."""
