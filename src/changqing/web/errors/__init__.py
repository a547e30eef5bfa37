"""What is said when something does not work, and whether the house stands."""
