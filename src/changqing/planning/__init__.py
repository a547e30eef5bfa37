"""Reviews: what was decided about accounts, who does it next, until when, and what came of it."""
