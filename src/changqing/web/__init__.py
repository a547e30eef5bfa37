"""The browser door: one folder per page, and the components they are built of.

Templates declare what they need; nothing here touches a table."""
