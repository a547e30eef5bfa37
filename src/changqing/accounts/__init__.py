"""The archive: the account tree, who looks after it, persons and the posts they hold."""
