"""What names a person and belongs to no room: the audit and the methods in force."""
