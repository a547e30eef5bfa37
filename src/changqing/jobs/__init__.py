"""The door without a person: queue tasks and what runs every minute and every night."""
