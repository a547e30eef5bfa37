"""What is done to second factors, sessions, links and settings, each with its audit line."""
